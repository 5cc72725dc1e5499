"""How sure the account of a run is: its books with intervals, where the scenario asks for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from transmod.accounts.books import Books
from transmod.columns import Columns
from transmod.intake.driving import Driving
from transmod.model.areas import Areas
from transmod.scenario import Scenario
from transmod.traffic.calendar import Calendar

if TYPE_CHECKING:
    import pandas as pd

    from transmod.inputs.network import Network
    from transmod.model.activity import Activity
    from transmod.model.driven import Driven
    from transmod.model.factors import Factors
    from transmod.model.overlay import Pieces


def with_uncertainty(
    books: Books,
    driven: Activity | Driven,
    road: Columns,
    areas: Areas,
    driving: Driving,
    calendar: Calendar,
    *,
    scenario: Scenario,
    links: Callable[[], pd.DataFrame],
) -> Books:
    """
    Say how sure the figures of an account are; without `[uncertainty]` the books are as they were.

    Parameters
    ----------
    books : Books
        The account.
    driven
        Spectrum of the A areas, with its streams and gradients.
    road : Columns
        `schema.ACTIVITY` of road traffic.
    areas, driving, calendar, scenario
        Of the run.
    links : callable
        Gives the kilometres of links as `inputs.link_use` does; called where an input asks.

    Raises
    ------
    InputError
        With every fault of the uncertain inputs.
    """
    choice = scenario.uncertainty
    if choice is None:
        return books
    from transmod.accounts.uncertain_columns import lay_model
    from transmod.accounts.uncertain_factors import RoadGround
    from transmod.accounts.uncertainty import Question, find_uncertainty, with_intervals
    from transmod.model.error_groups import find_error_groups
    from transmod.model.road import area_shares
    from transmod.model.road_response import RoadResponse
    from transmod.model.spectrum_emissions import driven_shares

    factors = driving.factors
    shares, which = area_shares(driving.fleet, areas.district_ids, areas.zone_names)
    district = {name: d for d, name in enumerate(areas.districts)}
    ground = RoadGround(
        streams=tuple(driven.streams),
        districts=areas.districts,
        types=factors.types,
        quantities=factors.quantities,
        groups=find_error_groups(driving.profiles, factors),
        shares=driven_shares(road.to_frame()),
        response=RoadResponse(
            spectrum=driven.spectrum,
            gradients=driven.gradients,
            factors=factors,
            shares=shares,
            which=which,
            district=np.array([district[name] for name in areas.district_ids], np.int64),
            reload=_reload(driving, calendar, tuple(driven.streams), scenario),
        ),
        links=links,
    )
    model = lay_model(
        books.ledger,
        ground,
        [one.to_input() for one in choice.inputs],
        driving.basis.account.gwp,
        defaults=choice.defaults,
    )
    correlation = choice.correlation
    found = find_uncertainty(
        model,
        Question(
            draws=choice.draws,
            seed=choice.seed,
            method=choice.method,
            interval=choice.interval,
            groups=() if correlation is None else correlation.groups,
            matrix=() if correlation is None else correlation.matrix,
            sensitivity=choice.sensitivity,
        ),
    )
    return replace(
        books,
        inventory=with_intervals(books.inventory, found.lines),
        uncertainty=found,
        notes=(*books.notes, *found.notes),
    )


def to_driven_links(network: Network, pieces: Pieces, activity: Activity) -> pd.DataFrame:
    """
    Return the kilometres of links inside the boundary, as they are driven.

    Returns
    -------
    pandas.DataFrame
        `district_id`, `vehicle_class`, `road_class`, `vkm` [veh km].
    """
    import pandas as pd

    from transmod.inputs.link_use import to_link_use
    from transmod.schema import NO_DISTRICT

    names = np.array([*network.districts["district_id"], NO_DISTRICT], object)
    inside = pieces.district < names.size
    length = network.links["length_m"].to_numpy(np.float64)[pieces.link[inside]] / 1e3
    parts = pd.DataFrame(
        {
            "link": pieces.link[inside],
            "district_id": names[pieces.district[inside]],
            "km": pieces.fraction[inside] * length,
        }
    )
    parts = parts.groupby(["link", "district_id"])["km"].sum().reset_index()
    classes = np.array([name for name, _ in activity.streams])
    link = parts["link"].to_numpy()
    driven = {
        f"vkm_{name}": activity.vehicles[link][:, classes == name].sum(axis=1) * parts["km"]
        for name in np.unique(classes).tolist()
    }
    link_id = network.links["link_id"].to_numpy()[link]
    return to_link_use(
        pd.DataFrame({"link_id": link_id, "district_id": parts["district_id"], **driven}),
        network.links[["link_id", "road_class"]],
    )


def _reload(
    driving: Driving, calendar: Calendar, streams: tuple[tuple[str, str], ...], scenario: Scenario
) -> Callable[[Mapping[str, float]], Factors]:
    """Return what builds the factors of a run with other loads."""
    from transmod.intake.factors import ask_factors, load_factors
    from transmod.intake.processes import choose_processes
    from transmod.intake.stock import use_economy

    asked = ask_factors(
        driving.fleet, calendar, streams, driving.climate,
        choose_processes(driving.profiles, scenario=scenario), driving.factors.gradients,
        scenario=scenario,
    )  # fmt: skip

    def reload(loads: Mapping[str, float]) -> Factors:
        factors = load_factors(driving.profiles, asked, loads)
        return use_economy(driving.fleet, factors, scenario=scenario)

    return reload
