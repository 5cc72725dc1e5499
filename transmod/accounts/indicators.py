"""
Indicators: emissions and energy over kilometres, loads, people, land and wealth.

Each is one sum over another, and both stand beside it. Scope 1 and grid electricity (scope 2) are
lines of their own and never added up. What was calibrated is not in ratios to kilometres, which it
does not change, but in those to people, land and wealth.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from transmod.accounts.inventory import NO_DISTRICT_NAME
from transmod.accounts.tallies import (
    QUANTITIES,
    SCOPES,
    list_estimates,
    list_kilometres,
    list_loads,
    list_parts,
    tally,
)
from transmod.columns import Booleans, Columns, from_records
from transmod.exchange import from_frame
from transmod.inputs.place_areas import Places
from transmod.inputs.tables import read_shipped_rows
from transmod.schema import INDICATORS, NO_DISTRICT

if TYPE_CHECKING:
    import pandas as pd

_TRUCKS = ("rigid_truck", "articulated_truck")
_OTHERS = ("inbound_outbound", "through")  # not from the city, or not to it
_WHOLE = 1.0 - 1e-9  # sums of other types in another order
# factor from t (of energy tce) to the unit above the line
_PER_DISTANCE = {"co2": "g", "co2e": "g", "nox": "g", "pm2_5": "g", "energy": "gce"}
_PER_PLACE = {"co2": "t", "co2e": "t", "nox": "kg", "pm2_5": "kg", "energy": "tce"}
_EMPTY: dict[str, object] = dict.fromkeys(INDICATORS.names)
_OF_A_TONNE = {"g": 1e6, "gce": 1e6, "kg": 1e3, "t": 1.0, "tce": 1.0}


@dataclass(frozen=True, eq=False)
class Facts:
    """
    What indicators need beside the ledger.

    `gdp` is in `gdp_unit`; `benchmarks` are `schema.BENCHMARKS`, None for the shipped ones.
    """

    places: Places = field(default_factory=Places)
    gdp: float | None = None
    gdp_unit: str | None = None
    benchmarks: pd.DataFrame | None = None


def to_indicators(
    ledger: Columns,
    energy: Columns,
    activity: Columns,
    districts: Columns,
    gwp: Mapping[str, float],
    facts: Facts | None = None,
) -> Columns:
    """
    Divide what a run emits by what it does, and by who lives where.

    Parameters
    ----------
    ledger, energy, activity : Columns
        `schema.LEDGER`, `schema.ENERGY`, `schema.ACTIVITY` of the run.
    districts : Columns
        `district_id` and `name`.
    gwp : mapping of str to float
        Warming potential of each greenhouse gas [t CO2e/t].
    facts : Facts, optional
        Population, areas and the like; what is not known gives an empty value.

    Returns
    -------
    Columns
        Rows in the form of `schema.INDICATORS`.

    Notes
    -----
    Ratios to kilometres and loads are of all road traffic, whoever reports it. Those to people,
    land and wealth are of what the rule counts in its total (scope 1), and of grid electricity that
    is not included elsewhere (scope 2). A load that is known for some types alone is divided by
    nothing but their emissions.
    """
    facts = facts or Facts()
    driven = activity[activity["subsector"] == "road"]
    estimates = list_estimates(ledger, energy)
    parts = list_parts(estimates, gwp)
    of_road = parts["subsector"] == "road"
    kilometres = list_kilometres(driven)
    loads, emitted = list_loads(driven, estimates, gwp)
    ids = districts["district_id"].to_list()
    rows = [
        *_per_distance(parts[of_road & ~parts["calibrated"]], kilometres),
        *_per_load(loads, emitted, facts),
        *_per_place(parts[parts["counts"]], facts, ids),
        *_shares(parts[of_road], kilometres),
    ]
    names = dict(zip(ids, districts["name"].to_list(), strict=True))
    names |= {NO_DISTRICT: NO_DISTRICT_NAME}
    for number, row in enumerate(rows, start=1):
        row |= {"number": number, "district_name": names.get(row["district_id"])}
    return from_records(rows, INDICATORS)


def _row(
    indicator: str, quantity: str, above: float, below: float, **more: object
) -> dict[str, object]:
    """Return a ratio; nothing over something is nothing, anything over nothing is unknown."""
    known = math.isfinite(above) and math.isfinite(below) and below > 0.0
    value = above / below if known else math.nan
    row = _EMPTY | {"indicator": indicator, "quantity": quantity, "subsector": "road"}
    return row | {"value": value, "above": above, "below": below} | more


def _per_distance(parts: Columns, kilometres: Columns) -> Iterator[dict[str, object]]:
    """Divide by vehicle-kilometres: the city, its districts and its classes."""
    for place in ([], ["district_id"], ["vehicle_class"]):
        emitted = tally(parts, [*place, "quantity", "scope"], "value")
        for name, vkm in sorted(tally(kilometres, place, "value").items()):
            for quantity, scope, amount in _amounts(emitted, name):
                unit = _PER_DISTANCE[quantity]
                yield _row(
                    "per_vkm", quantity, amount * _OF_A_TONNE[unit], vkm, scope=scope,
                    unit=f"{unit}/km", **dict(zip(place, name, strict=True)),
                )  # fmt: skip


def _amounts(
    sums: Mapping[tuple[object, ...], float], name: tuple[object, ...]
) -> Iterator[tuple[str, int, float]]:
    """Return each quantity and scope that there is of what bears a name, in their order."""
    for quantity in QUANTITIES:
        for scope in SCOPES:
            if (*name, quantity, scope) in sums:
                yield quantity, scope, sums[*name, quantity, scope]


def _per_load(loads: Columns, emitted: Columns, facts: Facts) -> Iterator[dict[str, object]]:
    """Divide by tonne- and passenger-kilometres, and what freight emits by benchmarks."""
    for indicator, column, unit in (
        ("per_tonne_km", "tonne_km", "t km"),
        ("per_passenger_km", "passenger_km", "pass km"),
    ):
        known = loads[column] > 0.0
        for name in (None, *dict.fromkeys(loads["vehicle_class"][known].to_list())):
            of_class = loads["vehicle_class"] == name
            own = known if name is None else known & of_class
            carried = math.fsum(loads[column][own])
            covered = math.fsum(loads["vkm"][own])
            whole = math.fsum(loads["vkm"][of_class])
            is_part = name is not None and covered < whole * _WHOLE
            why = f"known for {covered / whole:.0%} of its kilometres" if is_part else None
            for quantity, scope, mass in _amounts(_emitted(emitted, own), ()):
                above = _PER_DISTANCE[quantity]
                yield _row(
                    indicator, quantity, mass * _OF_A_TONNE[above], carried, scope=scope,
                    unit=f"{above}/({unit})", vehicle_class=name, explanation=why,
                )  # fmt: skip
        if column == "tonne_km":
            yield from _of_benchmarks(loads, known, emitted, facts)


def _emitted(emitted: Columns, chosen: Booleans) -> dict[tuple[object, ...], float]:
    """Add up what the chosen loads emit, by quantity and scope."""
    return tally(emitted[chosen[emitted["load"]]], ["quantity", "scope"], "value")


def _of_benchmarks(
    loads: Columns, known: Booleans, emitted: Columns, facts: Facts
) -> Iterator[dict[str, object]]:
    """Divide the intensity of freight by published ones, and give it a carbon class."""
    rows: Sequence[Mapping[str, Any]] = (
        read_shipped_rows("accounts", "freight_benchmarks")
        if facts.benchmarks is None
        else from_frame(facts.benchmarks).records()
    )
    steps = [
        (row["carbon_class"], math.inf if row["up_to"] is None else float(row["up_to"]))
        for row in read_shipped_rows("accounts", "freight_classes")
    ]
    for row in rows:
        pattern, of_class = row["vehicle_type"] or "*", row["vehicle_class"]
        types = [name for name in loads["vehicle_type"].names if fnmatchcase(name, pattern)]
        own = known & loads["vehicle_type"].isin(types)
        if of_class is not None:
            own &= loads["vehicle_class"] == of_class
        if not own.any():
            continue
        benchmark = float(row["g_per_tkm"])
        mass = _emitted(emitted, own).get((row["pollutant"], 1), 0.0)
        intensity = 1e6 * mass / math.fsum(loads["tonne_km"][own])
        carbon_class = next(name for name, up_to in steps if intensity / benchmark <= up_to)
        kind = "" if pattern == "*" else f"types {pattern}; "
        yield _row(
            "of_benchmark", row["pollutant"], intensity, benchmark, scope=1, unit="-",
            subject=row["benchmark"], vehicle_class=of_class,
            explanation=f"carbon class {carbon_class}; {kind}{row['source']}",
        )  # fmt: skip


def _per_place(
    parts: Columns, facts: Facts, district_ids: list[str]
) -> Iterator[dict[str, object]]:
    """Divide by residents, land and gross domestic product."""
    places = facts.places
    figure = ["quantity", "scope"]
    by_subsector = {"all": parts, "road": parts[parts["subsector"] == "road"]}
    of_city = {name: tally(own, figure, "value") for name, own in by_subsector.items()}
    by_district = {
        name: tally(own, ["district_id", *figure], "value") for name, own in by_subsector.items()
    }
    if len(district_ids) == 1:
        district_ids = []  # a city without districts is its own
    for indicator, whole, of_district, unit, lacking in (
        ("per_head", places.city_population, places.population, "person",
         "needs the population: in districts.geojson, or `[indicators] population`"),
        ("per_km2", places.city_area_km2, places.area_km2, "km2",
         "needs polygons in degrees in the network folder"),
        ("per_gdp", facts.gdp, {}, facts.gdp_unit or "gdp", "needs `[indicators] gdp`"),
    ):  # fmt: skip
        if indicator == "per_gdp" and whole is None:
            continue
        below: list[tuple[str | None, float | None]] = [(None, whole)]
        below += [(name, of_district[name]) for name in district_ids if name in of_district]
        for district_id, amount in below:
            for subsector in by_subsector:
                sums = (of_city if district_id is None else by_district)[subsector]
                name = () if district_id is None else (district_id,)
                for quantity, scope, mass in _amounts(sums, name):
                    above = _PER_PLACE[quantity]
                    yield _row(
                        indicator, quantity, mass * _OF_A_TONNE[above],
                        math.nan if amount is None else amount, scope=scope, subsector=subsector,
                        unit=f"{above}/{unit}", district_id=district_id,
                        explanation=lacking if amount is None else None,
                    )  # fmt: skip


_SHARES: dict[str, tuple[Callable[[Columns], Booleans], bool]] = {
    # what counts, and whether that needs kinds of trips
    "trucks": (lambda rows: rows["vehicle_class"].isin(_TRUCKS), False),
    "nonlocal": (lambda rows: rows["trip_kind"].isin(_OTHERS), True),
    "nonlocal trucks": (
        lambda rows: rows["trip_kind"].isin(_OTHERS) & rows["vehicle_class"].isin(_TRUCKS), True,
    ),
    "through": (lambda rows: rows["trip_kind"] == "through", True),
}  # fmt: skip


def _shares(parts: Columns, kilometres: Columns) -> Iterator[dict[str, object]]:
    """Return the shares of trucks, and of traffic from elsewhere, in kilometres, CO2 and NOx."""
    has_kinds = not ((kilometres["trip_kind"] == "all") & (kilometres["value"] > 0.0)).any()
    for quantity, rows in (("vkm", kilometres), ("co2", parts), ("nox", parts)):
        own = (rows["quantity"] == quantity) & (rows["scope"] == 1)
        moving = rows[own & rows["trip_kind"].notna()]  # parked vehicles are on no trip
        for place in ([], ["district_id"]):
            chosen = {
                subject: tally(moving[is_chosen(moving)], place, "value")
                for subject, (is_chosen, _) in _SHARES.items()
            }
            for name, whole in sorted(tally(moving, place, "value").items()):
                for subject, (_, needs_kinds) in _SHARES.items():
                    known = has_kinds or not needs_kinds
                    yield _row(
                        "share", quantity, chosen[subject].get(name, 0.0) if known else math.nan,
                        whole, subject=subject, unit="-", scope=None if quantity == "vkm" else 1,
                        explanation=None if known else "needs volumes by kind of trip "
                        "(`trip_kind`)", **dict(zip(place, name, strict=True)),
                    )  # fmt: skip
