"""Sources beside the road: which a scenario asks for, and their files, read with all faults."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from transmod.errors import Faults
from transmod.inputs.checks import attempt
from transmod.inputs.hashes import hash_tables, sha256_file
from transmod.inputs.movements import (
    read_flights,
    read_movement_fuels,
    read_territories,
    read_voyages,
)
from transmod.intake.source_files import movement_factors
from transmod.memory import remember
from transmod.scenario import Scenario, resolve

if TYPE_CHECKING:  # a run without flights need not load them
    from transmod.inputs.aviation import AirMovements
    from transmod.inputs.aviation_factors import AviationFactors
    from transmod.inputs.network import Network
    from transmod.inputs.profiles import ProfileSet
    from transmod.intake.ground import OffRoad, Rail
    from transmod.intake.ships import Shipping


@dataclass(frozen=True, eq=False)
class FuelMovements:
    """Movements by the fuel they burn, and what their fuels emit."""

    flights: pd.DataFrame | None
    voyages: pd.DataFrame | None
    fuels: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Aviation:
    """Flights by airport and aircraft, and what aircraft burn and emit."""

    movements: AirMovements
    factors: AviationFactors
    minutes: dict[str, float] | None
    apu_share: float


@dataclass(frozen=True, eq=False)
class Sources:
    """Inputs of all sources beside the road; None where a scenario does not ask for one."""

    fuelled: FuelMovements | None
    aviation: Aviation | None
    shipping: Shipping | None
    rail: Rail | None
    off_road: OffRoad | None
    territories: pd.DataFrame


def read_sources(
    profiles: Path,
    network: Network | None,
    *,
    road: ProfileSet | None,
    run: Path,
    scenario: Scenario,
) -> Sources:
    """
    Read and check what a run says of sources beside the road.

    Parameters
    ----------
    profiles : Path
        Folder of the factor set of road vehicles: it holds the fuels of fuelled movements.
    network : Network, optional
        None where it is faulty itself: what hangs on a place is then not checked.
    road : ProfileSet, optional
        That set as read, with factors of grid electricity. None where it is faulty itself.
    run : Path
        Folder of the run.
    scenario : Scenario
        What was asked.

    Raises
    ------
    InputError
        With every fault of every file.
    """
    faults = Faults()
    path = scenario.memo.territories
    territories = attempt(faults, read_territories, path and resolve(run, path))
    fuelled = attempt(faults, _read_fuelled, profiles, run, scenario)
    aviation = attempt(faults, _read_aviation, network, run, scenario)
    shipping = attempt(faults, _read_shipping, network, road, run, scenario)
    rail = attempt(faults, _read_rail, network, road, run, scenario)
    off_road = attempt(faults, _read_off_road, network, road, run, scenario)
    faults.raise_any()
    assert territories is not None  # or there would be a fault
    return Sources(fuelled, aviation, shipping, rail, off_road, territories)


def _read_fuelled(profiles: Path, run: Path, scenario: Scenario) -> FuelMovements | None:
    choice, faults = scenario.memo, Faults()
    if choice.flights is None and choice.voyages is None:
        return None
    fuels = read_movement_fuels(profiles)
    flights = voyages = None
    if choice.flights is not None:
        flights = attempt(faults, read_flights, resolve(run, choice.flights), fuels)
    if choice.voyages is not None:
        voyages = attempt(faults, read_voyages, resolve(run, choice.voyages), fuels)
    faults.raise_any()
    return FuelMovements(flights, voyages, fuels)


def _read_aviation(network: Network | None, run: Path, scenario: Scenario) -> Aviation | None:
    choice, faults = scenario.aviation, Faults()
    folder = movement_factors(run, scenario)
    if choice.movements is None or folder is None:
        return None
    from transmod.inputs.airports import read_airports
    from transmod.inputs.aviation import read_air_movements
    from transmod.inputs.aviation_factors import read_aviation_factors
    from transmod.model.air_traffic import check_given_fuel

    if scenario.calendar.period != "year":
        faults.add(
            f"`aviation.movements` needs calendar.period = 'year': found "
            f"{scenario.calendar.period!r}."
        )
    own = {
        name: path and resolve(run, path)
        for name, path in (("airports", choice.airports), ("aircraft", choice.aircraft))
    }
    airports = attempt(faults, read_airports, own["airports"])
    more = own["aircraft"]
    parts = [hash_tables(folder), more and more.is_file() and sha256_file(more)]
    factors = attempt(
        faults, remember, "aviation", parts,
        lambda: read_aviation_factors(folder, more),
    )  # fmt: skip
    if airports is None or factors is None:
        faults.raise_all()
    movements = attempt(
        faults, read_air_movements, resolve(run, choice.movements), airports, factors, network,
        year=scenario.year, timezone=scenario.timezone,
    )  # fmt: skip
    faults.raise_any()
    if movements is None:  # the network has faults of its own
        return None
    check_given_fuel(movements, factors, minutes=choice.minutes, apu_share=choice.apu_share)
    return Aviation(movements, factors, choice.minutes, choice.apu_share)


def _read_shipping(
    network: Network | None, road: ProfileSet | None, run: Path, scenario: Scenario
) -> Shipping | None:
    folder = movement_factors(run, scenario)
    if folder is None or not scenario.shipping.is_asked:
        return None
    from transmod.intake.ships import read_shipping

    return read_shipping(folder, network, road, run, scenario)


def _read_rail(
    network: Network | None, road: ProfileSet | None, run: Path, scenario: Scenario
) -> Rail | None:
    folder = movement_factors(run, scenario)
    if not scenario.rail.is_asked or folder is None:
        return None
    from transmod.intake.ground import read_rail

    return read_rail(folder, network, road, run, scenario)


def _read_off_road(
    network: Network | None, road: ProfileSet | None, run: Path, scenario: Scenario
) -> OffRoad | None:
    folder = movement_factors(run, scenario)
    if scenario.off_road.machines is None or folder is None:
        return None
    from transmod.intake.ground import read_off_road

    return read_off_road(folder, network, road, run, scenario)
