"""
Indicators: emissions and energy over kilometres, loads, people, land and wealth.

Each is one sum over another, and both stand beside it. Scope 1 and grid electricity (scope 2) are
lines of their own and never added up. What was calibrated is not in ratios to kilometres, which it
does not change, but in those to people, land and wealth.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import numpy as np
import pandas as pd

from transmod.accounts.held import INCLUDED_ELSEWHERE
from transmod.inputs.place_areas import Places
from transmod.inputs.tables import read_shipped_table
from transmod.model.labels import decode, group_rows
from transmod.schema import CALIBRATIONS, GREENHOUSE_GASES, INDICATORS

QUANTITIES = ("co2", "co2e", "nox", "pm2_5", "energy")
SCOPES = (1, 2)
_TRUCKS = ("rigid_truck", "articulated_truck")
_WHOLE = 1.0 - 1e-9  # sums of other types in another order
_OTHERS = ("inbound_outbound", "through")  # not from the city, or not to it
_CUBE = ["subsector", "scope", "district_id", "vehicle_class", "trip_kind", "vehicle_type"]
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
    cube = _to_cube(ledger, energy, gwp)
    driven = decode(activity[activity["subsector"] == "road"])
    rows = [
        *_per_distance(cube[~cube["calibrated"] & (cube["subsector"] == "road")], driven),
        *_per_load(cube[~cube["calibrated"] & (cube["subsector"] == "road")], driven, facts),
        *_per_place(cube[cube["counts"]], facts, list(districts["district_id"])),
        *_shares(cube[(cube["subsector"] == "road") & (cube["scope"] == 1)], driven),
    ]
    table = pd.DataFrame(rows, columns=list(INDICATORS.names))
    names = dict(zip(districts["district_id"], districts["name"], strict=True))
    table["district_name"] = table["district_id"].map(names)
    table["number"] = range(1, len(table) + 1)
    return table


def sum_quantity(
    ledger: pd.DataFrame, energy: pd.DataFrame, quantity: str, gwp: Mapping[str, float]
) -> tuple[pd.DataFrame, pd.Series]:
    """
    Return the rows of the inventory that a quantity is summed over, and its value in each.

    Parameters
    ----------
    ledger, energy : pandas.DataFrame
        `schema.LEDGER`, `schema.ENERGY`.
    quantity : str
        A pollutant or co2e [t], or energy [TJ].
    gwp : mapping of str to float
        Warming potential of each greenhouse gas.
    """
    if quantity == "energy":
        rows = energy[energy["item"] == "inventory"]
        return rows, rows["energy_tj"]
    gases = GREENHOUSE_GASES if quantity == "co2e" else (quantity,)
    weight = dict(gwp) if quantity == "co2e" else {quantity: 1.0}
    own = (ledger["item"] == "inventory") & ledger["pollutant"].isin(gases)
    rows = ledger[own & ledger["mass_t"].notna()]
    factor = rows["pollutant"].astype("str").map(weight).to_numpy(np.float64)
    return rows, rows["mass_t"] * factor


def counts(rows: pd.DataFrame) -> pd.Series:
    """Tell the rows in the total of the rule, and those of grid electricity not held elsewhere."""
    elsewhere = rows["notation_key"].isin([INCLUDED_ELSEWHERE])
    return (rows["in_total"] & (rows["scope"] == 1)) | ((rows["scope"] == 2) & ~elsewhere)


def _to_cube(ledger: pd.DataFrame, energy: pd.DataFrame, gwp: Mapping[str, float]) -> pd.DataFrame:
    """Add rows up by `_CUBE`, whether they calibrate and whether they count; energy in tce."""
    parts = []
    for quantity in QUANTITIES:
        rows, values = sum_quantity(ledger, energy, quantity, gwp)
        if quantity == "energy":
            values = rows["energy_tce"]
        kept = rows["scope"].isin(SCOPES)
        rows, masses = rows[kept], values[kept].to_numpy(np.float64)
        keys = rows[_CUBE].assign(
            calibrated=rows["activity"].isin(CALIBRATIONS), counts=counts(rows)
        )
        first, group = group_rows(keys)
        own = decode(keys.iloc[first]).reset_index(drop=True)
        own["value"] = np.bincount(group, masses, minlength=len(own))
        parts.append(own.assign(quantity=quantity))
    return pd.concat(parts, ignore_index=True)


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


def _per_distance(cube: pd.DataFrame, driven: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Divide by vehicle-kilometres: the city, its districts and its classes."""
    for name in (None, "district_id", "vehicle_class"):
        for key, own, vkm in _pairs(cube, driven, name, "vkm"):
            for quantity, scope, amount in _amounts(own):
                unit = _PER_DISTANCE[quantity]
                yield _row(
                    "per_vkm", quantity, amount * _OF_A_TONNE[unit], vkm, scope=scope,
                    unit=f"{unit}/km", **({} if name is None else {name: key}),
                )  # fmt: skip


def _per_load(
    cube: pd.DataFrame, driven: pd.DataFrame, facts: Facts
) -> Iterator[dict[str, object]]:
    """Divide by tonne- and passenger-kilometres, and tonne-kilometres' by benchmarks."""
    key = ["vehicle_class", "vehicle_type"]
    for indicator, column, unit in (
        ("per_tonne_km", "tonne_km", "t km"),
        ("per_passenger_km", "passenger_km", "pass km"),
    ):
        carried = driven[driven[column].notna()].groupby(key, as_index=False)[column].sum()
        carried = carried[carried[column] > 0.0]
        if carried.empty:
            continue
        known = cube.merge(carried[key], on=key)
        whole = driven.groupby("vehicle_class")["vkm"].sum()
        of_known = driven.merge(carried[key], on=key).groupby("vehicle_class")["vkm"].sum()
        for name in (None, "vehicle_class"):
            for class_name, own, amount in _pairs(known, carried, name, column):
                why = None
                if class_name is not None and of_known[class_name] < whole[class_name] * _WHOLE:
                    covered = of_known[class_name] / whole[class_name]
                    why = f"known for {covered:.0%} of its kilometres"
                for quantity, scope, mass in _amounts(own):
                    above = _PER_DISTANCE[quantity]
                    yield _row(
                        indicator, quantity, mass * _OF_A_TONNE[above], amount, scope=scope,
                        unit=f"{above}/({unit})", vehicle_class=class_name, explanation=why,
                    )  # fmt: skip
        if column == "tonne_km":
            yield from _of_benchmarks(known, carried, facts)


def _of_benchmarks(
    known: pd.DataFrame, carried: pd.DataFrame, facts: Facts
) -> Iterator[dict[str, object]]:
    """Divide the intensity of freight by published ones, and give it a carbon class."""
    table = facts.benchmarks
    if table is None:
        table = read_shipped_table("accounts", "freight_benchmarks")
    known = known[known["scope"] == 1]
    for row in table.to_dict("records"):
        pattern = row["vehicle_type"] if isinstance(row["vehicle_type"], str) else "*"
        of_class = row["vehicle_class"] if isinstance(row["vehicle_class"], str) else None
        sums = []
        for frame in (known[known["quantity"] == row["pollutant"]], carried):
            chosen = np.array([fnmatchcase(name, pattern) for name in frame["vehicle_type"]], bool)
            if of_class is not None:
                chosen &= (frame["vehicle_class"] == of_class).to_numpy(bool)
            sums.append(frame[chosen])
        tonne_km = math.fsum(sums[1]["tonne_km"])
        if not tonne_km:
            continue
        own = 1e6 * math.fsum(sums[0]["value"]) / tonne_km
        ratio = own / float(row["g_per_tkm"])
        types = "" if pattern == "*" else f"types {pattern}; "
        yield _row(
            "of_benchmark", str(row["pollutant"]), own, float(row["g_per_tkm"]), scope=1, unit="-",
            subject=row["benchmark"], vehicle_class=of_class,
            explanation=f"carbon class {_carbon_class(ratio)}; {types}{row['source']}",
        )  # fmt: skip


def _carbon_class(ratio: float) -> str:
    """Return the class of a ratio to a benchmark."""
    table = read_shipped_table("accounts", "freight_classes")
    fits = table["up_to"].isna() | (ratio <= table["up_to"])
    return str(table.loc[fits, "carbon_class"].iloc[0])


def _per_place(
    cube: pd.DataFrame, facts: Facts, district_ids: list[str]
) -> Iterator[dict[str, object]]:
    """Divide by residents, land and gross domestic product."""
    places = facts.places
    only = len(district_ids) == 1  # a city without districts is its own
    for indicator, of_city, of_district, unit, lacking in (
        ("per_head", places.city_population, places.population, "person",
         "needs the population: in districts.geojson, or `[indicators] population`"),
        ("per_km2", places.city_area_km2, places.area_km2, "km2",
         "needs polygons in degrees in the network folder"),
        ("per_gdp", facts.gdp, {}, facts.gdp_unit or "gdp", "needs `[indicators] gdp`"),
    ):  # fmt: skip
        if indicator == "per_gdp" and of_city is None:
            continue
        below: list[tuple[str | None, float | None]] = [(None, of_city)]
        if not only:
            below += [(name, of_district[name]) for name in district_ids if name in of_district]
        for district_id, amount in below:
            in_place = cube if district_id is None else cube[cube["district_id"] == district_id]
            for subsector in ("all", "road"):
                own = in_place if subsector == "all" else in_place[in_place["subsector"] == "road"]
                for quantity, scope, mass in _amounts(own):
                    above = _PER_PLACE[quantity]
                    yield _row(
                        indicator, quantity, mass * _OF_A_TONNE[above],
                        math.nan if amount is None else amount, scope=scope, subsector=subsector,
                        unit=f"{above}/{unit}", district_id=district_id,
                        explanation=lacking if amount is None else None,
                    )  # fmt: skip


def _shares(cube: pd.DataFrame, driven: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Return the shares of trucks, and of traffic from elsewhere, in kilometres, CO2 and NOx."""
    kinds_known = not (driven.loc[driven["vkm"] > 0.0, "trip_kind"] == "all").any()
    for quantity, frame in (
        ("vkm", driven.assign(value=driven["vkm"])),
        *((name, cube[cube["quantity"] == name]) for name in ("co2", "nox")),
    ):
        moving = frame[frame["trip_kind"].notna()]  # parked vehicles are on no trip
        for district_id, own in _split(moving, "district_id"):
            is_truck = own["vehicle_class"].isin(_TRUCKS)
            is_other = own["trip_kind"].isin(_OTHERS)
            for subject, chosen, needs_kinds in (
                ("trucks", is_truck, False),
                ("nonlocal", is_other, True),
                ("nonlocal trucks", is_other & is_truck, True),
                ("through", own["trip_kind"] == "through", True),
            ):
                known = kinds_known or not needs_kinds
                above = math.fsum(own.loc[chosen, "value"]) if known else math.nan
                yield _row(
                    "share", quantity, above, math.fsum(own["value"]), subject=subject, unit="-",
                    scope=None if quantity == "vkm" else 1, district_id=district_id,
                    explanation=None if known else "needs volumes by kind of trip (`trip_kind`)",
                )  # fmt: skip


def _split(frame: pd.DataFrame, name: str) -> Iterator[tuple[str | None, pd.DataFrame]]:
    """Return the whole table, and each part of it by name."""
    yield None, frame
    for key, own in frame.groupby(name):
        yield str(key), own


def _pairs(
    cube: pd.DataFrame, driven: pd.DataFrame, name: str | None, column: str
) -> Iterable[tuple[str | None, pd.DataFrame, float]]:
    """Return what is emitted and done, for the whole or for each value of a column."""
    if name is None:
        return [(None, cube, math.fsum(driven[column]))]
    done = driven.groupby(name)[column].agg(math.fsum)
    return [
        (str(key), cube[cube[name] == key], float(amount))
        for key, amount in done.items()
        if amount > 0.0
    ]


def _amounts(rows: pd.DataFrame) -> Iterator[tuple[str, int, float]]:
    """Return the sum of each quantity and scope that has rows."""
    sums = rows.groupby(["quantity", "scope"])["value"].agg(math.fsum)
    for quantity in QUANTITIES:
        for scope in SCOPES:
            if (quantity, scope) in sums.index:
                yield quantity, scope, float(sums[quantity, scope])
