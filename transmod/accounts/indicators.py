"""
Indicators: emissions and energy over kilometres, loads, people, land and wealth.

Each is one sum over another, and both stand beside it. Scope 1 and grid electricity (scope 2) are
lines of their own and never added up. What was calibrated is not in ratios to kilometres, which it
does not change, but in those to people, land and wealth.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import pandas as pd

from transmod.accounts.inventory import NO_DISTRICT_NAME
from transmod.accounts.tallies import (
    QUANTITIES,
    SCOPES,
    Load,
    Part,
    list_kilometres,
    list_loads,
    list_parts,
    tally,
)
from transmod.inputs.place_areas import Places
from transmod.inputs.tables import read_shipped_table
from transmod.schema import INDICATORS, NO_DISTRICT

_TRUCKS = ("rigid_truck", "articulated_truck")
_OTHERS = ("inbound_outbound", "through")  # not from the city, or not to it
_WHOLE = 1.0 - 1e-9  # sums of other types in another order
# factor from t (of energy tce) to the unit above the line
_PER_DISTANCE = {"co2": "g", "co2e": "g", "nox": "g", "pm2_5": "g", "energy": "gce"}
_PER_PLACE = {"co2": "t", "co2e": "t", "nox": "kg", "pm2_5": "kg", "energy": "tce"}
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
    ledger: pd.DataFrame,
    energy: pd.DataFrame,
    activity: pd.DataFrame,
    districts: pd.DataFrame,
    gwp: Mapping[str, float],
    facts: Facts | None = None,
) -> pd.DataFrame:
    """
    Divide what a run emits by what it does, and by who lives where.

    Parameters
    ----------
    ledger, energy, activity : pandas.DataFrame
        `schema.LEDGER`, `schema.ENERGY`, `schema.ACTIVITY` of the run.
    districts : pandas.DataFrame
        `district_id` and `name`.
    gwp : mapping of str to float
        Warming potential of each greenhouse gas [t CO2e/t].
    facts : Facts, optional
        Population, areas and the like; what is not known gives an empty value.

    Returns
    -------
    pandas.DataFrame
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
    parts = list_parts(ledger, energy, gwp)
    moving = [part for part in parts if part.subsector == "road" and not part.calibrated]
    kilometres = list_kilometres(driven)
    loads = list_loads(driven, ledger, energy, gwp)
    rows = [
        *_per_distance(moving, kilometres),
        *_per_load(loads, facts),
        *_per_place([part for part in parts if part.counts], facts, list(districts["district_id"])),
        *_shares([part for part in parts if part.subsector == "road"], kilometres),
    ]
    table = pd.DataFrame(rows, columns=list(INDICATORS.names))
    names = dict(zip(districts["district_id"], districts["name"], strict=True))
    table["district_name"] = table["district_id"].map(names | {NO_DISTRICT: NO_DISTRICT_NAME})
    table["number"] = range(1, len(table) + 1)
    return table


def _row(
    indicator: str, quantity: str, above: float, below: float, **more: object
) -> dict[str, object]:
    """Return a ratio; nothing over something is nothing, anything over nothing is unknown."""
    known = math.isfinite(above) and math.isfinite(below) and below > 0.0
    row: dict[str, object] = dict.fromkeys(INDICATORS.names)
    row |= {"indicator": indicator, "quantity": quantity, "subsector": "road"}
    return (
        row | {"value": above / below if known else math.nan, "above": above, "below": below} | more
    )


def _per_distance(parts: list[Part], kilometres: list[Part]) -> Iterator[dict[str, object]]:
    """Divide by vehicle-kilometres: the city, its districts and its classes."""
    for place in ((), ("district_id",), ("vehicle_class",)):

        def key(part: Part, place: tuple[str, ...] = place) -> tuple[object, ...]:
            return tuple(getattr(part, name) for name in place)

        emitted = tally(parts, lambda part: (*key(part), part.quantity, part.scope))
        for name, vkm in sorted(tally(kilometres, key).items()):
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


def _per_load(loads: list[Load], facts: Facts) -> Iterator[dict[str, object]]:
    """Divide by tonne- and passenger-kilometres, and what freight emits by benchmarks."""
    for indicator, column, unit in (
        ("per_tonne_km", "tonne_km", "t km"),
        ("per_passenger_km", "passenger_km", "pass km"),
    ):
        known = [load for load in loads if getattr(load, column) > 0.0]
        for name in (None, *dict.fromkeys(load.vehicle_class for load in known)):
            own = [load for load in known if name in (None, load.vehicle_class)]
            carried = math.fsum(getattr(load, column) for load in own)
            covered = math.fsum(load.vkm for load in own)
            whole = math.fsum(load.vkm for load in loads if load.vehicle_class == name)
            is_part = name is not None and covered < whole * _WHOLE
            why = f"known for {covered / whole:.0%} of its kilometres" if is_part else None
            sums = _emitted(own)
            for quantity, scope, mass in _amounts(sums, ()):
                above = _PER_DISTANCE[quantity]
                yield _row(
                    indicator, quantity, mass * _OF_A_TONNE[above], carried, scope=scope,
                    unit=f"{above}/({unit})", vehicle_class=name, explanation=why,
                )  # fmt: skip
        if column == "tonne_km":
            yield from _of_benchmarks(known, facts)


def _emitted(loads: list[Load]) -> dict[tuple[object, ...], float]:
    """Add up what types emit, by quantity and scope."""
    found: dict[tuple[object, ...], list[float]] = {}
    for load in loads:
        for key, value in load.emitted.items():
            found.setdefault(key, []).append(value)
    return {key: math.fsum(values) for key, values in found.items()}


def _of_benchmarks(known: list[Load], facts: Facts) -> Iterator[dict[str, object]]:
    """Divide the intensity of freight by published ones, and give it a carbon class."""
    table = facts.benchmarks
    if table is None:
        table = read_shipped_table("accounts", "freight_benchmarks")
    steps = read_shipped_table("accounts", "freight_classes")
    for row in table.to_dict("records"):
        pattern = row["vehicle_type"] if isinstance(row["vehicle_type"], str) else "*"
        of_class = row["vehicle_class"] if isinstance(row["vehicle_class"], str) else None
        own = [
            load
            for load in known
            if of_class in (None, load.vehicle_class) and fnmatchcase(load.vehicle_type, pattern)
        ]
        if not own:
            continue
        benchmark = float(row["g_per_tkm"])
        mass = _emitted(own).get((row["pollutant"], 1), 0.0)
        intensity = 1e6 * mass / math.fsum(load.tonne_km for load in own)
        fits = steps["up_to"].isna() | (intensity / benchmark <= steps["up_to"])
        types = "" if pattern == "*" else f"types {pattern}; "
        yield _row(
            "of_benchmark", str(row["pollutant"]), intensity, benchmark, scope=1, unit="-",
            subject=row["benchmark"], vehicle_class=of_class,
            explanation=f"carbon class {steps.loc[fits, 'carbon_class'].iloc[0]}; {types}"
            f"{row['source']}",
        )  # fmt: skip


def _per_place(
    parts: list[Part], facts: Facts, district_ids: list[str]
) -> Iterator[dict[str, object]]:
    """Divide by residents, land and gross domestic product."""
    places = facts.places
    of_city = tally(parts, lambda part: ("all", part.quantity, part.scope))
    road = [part for part in parts if part.subsector == "road"]
    of_city |= tally(road, lambda part: ("road", part.quantity, part.scope))
    by_district = tally(parts, lambda part: (part.district_id, "all", part.quantity, part.scope))
    by_district |= tally(road, lambda part: (part.district_id, "road", part.quantity, part.scope))
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
            for subsector in ("all", "road"):
                name = (subsector,) if district_id is None else (district_id, subsector)
                sums = of_city if district_id is None else by_district
                for quantity, scope, mass in _amounts(sums, name):
                    above = _PER_PLACE[quantity]
                    yield _row(
                        indicator, quantity, mass * _OF_A_TONNE[above],
                        math.nan if amount is None else amount, scope=scope, subsector=subsector,
                        unit=f"{above}/{unit}", district_id=district_id,
                        explanation=lacking if amount is None else None,
                    )  # fmt: skip


_SHARES: dict[str, tuple[Callable[[Part], bool], bool]] = {
    # what counts, and whether that needs kinds of trips
    "trucks": (lambda part: part.vehicle_class in _TRUCKS, False),
    "nonlocal": (lambda part: part.trip_kind in _OTHERS, True),
    "nonlocal trucks": (
        lambda part: part.trip_kind in _OTHERS and part.vehicle_class in _TRUCKS, True,
    ),
    "through": (lambda part: part.trip_kind == "through", True),
}  # fmt: skip


def _shares(parts: list[Part], kilometres: list[Part]) -> Iterator[dict[str, object]]:
    """Return the shares of trucks, and of traffic from elsewhere, in kilometres, CO2 and NOx."""
    has_kinds = not any(part.trip_kind == "all" and part.value > 0.0 for part in kilometres)
    for quantity in ("vkm", "co2", "nox"):
        own = kilometres if quantity == "vkm" else parts
        # parked vehicles are on no trip
        moving = [
            part
            for part in own
            if part.quantity == quantity and part.scope == 1 and part.trip_kind is not None
        ]
        for place in ((), ("district_id",)):

            def key(part: Part, place: tuple[str, ...] = place) -> tuple[object, ...]:
                return tuple(getattr(part, name) for name in place)

            chosen = {
                subject: tally(filter(is_chosen, moving), key)
                for subject, (is_chosen, _) in _SHARES.items()
            }
            for name, whole in sorted(tally(moving, key).items()):
                for subject, (_, needs_kinds) in _SHARES.items():
                    known = has_kinds or not needs_kinds
                    yield _row(
                        "share", quantity, chosen[subject].get(name, 0.0) if known else math.nan,
                        whole, subject=subject, unit="-", scope=None if quantity == "vkm" else 1,
                        explanation=None if known else "needs volumes by kind of trip "
                        "(`trip_kind`)", **dict(zip(place, name, strict=True)),
                    )  # fmt: skip
