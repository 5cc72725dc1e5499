"""Prove the tables of cold start, evaporation and the other processes beside hot exhaust."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from transmod.inputs.process_tables import GROUPED, GROUPS_OF, PARTS
from transmod.inputs.profiles import ProfileSet
from transmod.model.additions import DEFAULT_TRIP_KM, URBAN, Groups
from transmod.model.cold_start import ColdTables, cold_share
from transmod.model.findings import Finding
from transmod.model.pantry import records
from transmod.schema import ROAD_TYPES

# within these the tables are tried [degC], [km]; guidebook figures end before
_TEMPERATURES = np.arange(-20.0, 40.5, 0.5)
_TRIPS = np.arange(1.0, 25.5, 0.5)  # on longer ones the share is nought
HIGHEST_RATIO = 300.0  # cold over hot; CO of Euro 6d diesel comes to 265 at -20 degC


def check_processes(profiles: ProfileSet, counts: dict[str, float]) -> list[Finding]:
    """
    Check what a set says of processes beside hot exhaust, electricity and wear.

    Returns
    -------
    list of Finding
        Faults: a type without a rule, a group without figures, a range of speed or temperature
        that is given twice or not at all, a cold share outside 0 to 1 or rising with temperature
        or trip, vapour that falls with temperature, a hot factor that a cold one lacks. Listed:
        ratios that fall below 1, and are 1 there; figures that are not verified.
    """
    if profiles.processes["groups"].empty:
        return []
    return [
        *_check_rules(profiles, counts),
        *_check_cold_share(profiles),
        *_check_cold_ratio(profiles, counts),
        *_check_cold_groups(profiles),
        *_check_evaporation(profiles),
        *_check_degradation(profiles),
    ]


def _fault(rule: str, file: str, row: str, text: str) -> Finding:
    return Finding(rule, True, f"{file}.csv", row, text)


def _check_rules(profiles: ProfileSet, counts: dict[str, float]) -> Iterator[Finding]:
    """Make sure that every type has a rule of every process, and every group its figures."""
    groups = Groups(profiles)
    for process in GROUPED:
        if not groups.has(process):
            continue
        table = profiles.processes[GROUPS_OF[process]]
        known = set(table["group"])
        found = {name: groups.find(process, name) for name in profiles.types["vehicle_type"]}
        counts[f"{process}_types"] = sum(
            f is not None and f.state == "figures" for f in found.values()
        )
        for name, rule in found.items():
            if rule is None:
                yield _fault(
                    "coverage", "groups", name, f"must say what {process} it has: no rule fits."
                )
            elif rule.state == "figures" and rule.group not in known:
                yield _fault(
                    "coverage", "groups", name,
                    f"takes {process} of {rule.group!r}: not in {GROUPS_OF[process]}.csv.",
                )  # fmt: skip


def _check_cold_share(profiles: ProfileSet) -> Iterator[Finding]:
    if profiles.processes["cold_share"].empty:
        return
    share = cold_share(profiles, _TRIPS[:, None], _TEMPERATURES)
    if (np.diff(share, axis=0) > 0.0).any() or (np.diff(share, axis=1) > 0.0).any():
        yield _fault("cold share", "cold_share", "light", "must not rise with trip or temperature.")
    mean = cold_share(profiles, DEFAULT_TRIP_KM, 10.0)
    if not 0.05 <= mean <= 0.6:
        yield _fault(
            "cold share", "cold_share", "light",
            f"is expected within 0.05 and 0.6 at {DEFAULT_TRIP_KM:g} km and 10 degC: {mean:.3g}.",
        )  # fmt: skip


def _check_cold_ratio(profiles: ProfileSet, counts: dict[str, float]) -> Iterator[Finding]:
    """Ranges of a ratio cover speed and temperature once; figures make sense in them."""
    table = profiles.processes["cold_ratio"]
    below = 0
    for (group, quantity), rows in table.groupby(["ratio_group", "quantity"]):
        name = f"{group} {quantity}"
        low = rows["temperature_min_c"].fillna(-np.inf).to_numpy()
        high = rows["temperature_max_c"].fillna(np.inf).to_numpy()
        slow = rows["speed_min_kmh"].fillna(0.0).to_numpy()
        fast = rows["speed_max_kmh"].fillna(np.inf).to_numpy()
        is_within = np.greater_equal(_TEMPERATURES, low.min()) & (high.max() > _TEMPERATURES)
        temperature = _TEMPERATURES[is_within]
        speed = np.arange(slow.min(), min(fast.max(), 130.0), 0.5)
        t, v = np.meshgrid(temperature, speed, indexing="ij")
        own = (low <= t[..., None]) & (t[..., None] < high)
        own &= (slow <= v[..., None]) & (v[..., None] < fast)
        n_rows = own.sum(axis=2)
        if (n_rows != 1).any():
            i, k = np.argwhere(n_rows != 1)[0]
            yield _fault(
                "cold ratio", "cold_ratio", name,
                f"must be given once for each speed and temperature: {n_rows[i, k]} times at "
                f"{speed[k]:g} km/h and {temperature[i]:g} degC.",
            )  # fmt: skip
            continue
        at = own.argmax(axis=2)
        ratio = rows["per_kmh"].to_numpy()[at] * v + rows["per_c"].to_numpy()[at] * t
        ratio += rows["constant"].to_numpy()[at]
        if ratio.max() > HIGHEST_RATIO:
            yield _fault(
                "cold ratio", "cold_ratio", name,
                f"is expected below {HIGHEST_RATIO:g}: {ratio.max():.4g} found.",
            )  # fmt: skip
        if ratio.min() < 1.0:
            below += 1
            yield Finding(
                "cold ratio", False, "cold_ratio.csv", name,
                f"falls to {ratio.min():.3g} within its range: 1 there, no excess.",
            )  # fmt: skip
    counts["cold_ratio_rows"] = len(table)
    counts["cold_ratios_below_1"] = below


def _check_cold_groups(profiles: ProfileSet) -> Iterator[Finding]:
    """Make sure that a group names ratios, reductions and segments that are given."""
    tables = profiles.processes
    cold = ColdTables(profiles)
    ratios = set(tables["cold_ratio"]["ratio_group"])
    reductions = set(tables["cold_reduction"]["reduction_group"])
    methane = set(tables["cold_ch4"]["ch4_group"])
    for row in records(tables["cold_group"]):
        for column, known in (
            ("ratio_group", ratios), ("reduction_group", reductions), ("ch4_group", methane),
        ):  # fmt: skip
            if isinstance(row[column], str) and row[column] not in known:
                yield _fault(
                    "cold start", "cold_group", row["group"],
                    f"`{column}` must be given in its table: {row[column]!r} found.",
                )  # fmt: skip
        segment = row["reference_segment"]
        for quantity in ("co", "nox", "voc") if isinstance(segment, str) else ():
            if cold.hot(segment, quantity, ROAD_TYPES[URBAN[0]]) is None:
                yield _fault(
                    "cold start", "cold_group", row["group"],
                    f"needs hot {quantity} of {segment}: no row in hot.parquet.",
                )  # fmt: skip


def _check_evaporation(profiles: ProfileSet) -> Iterator[Finding]:
    """Each group has all parts, and the warmer the day, the more evaporates."""
    table = profiles.processes["evaporation"]
    unit = {"diurnal": "g/day", "hot_soak": "g/stop", "running": "g/trip"}
    for group, rows in table.groupby("group"):
        lacking = sorted(set(PARTS) - set(rows["part"]))
        if lacking:
            yield _fault(
                "evaporation", "evaporation", str(group), f"must give {', '.join(lacking)} too."
            )
        for part, own in rows.groupby("part"):
            own = own.sort_values("temperature_low_c")  # noqa: PLW2901
            name = f"{group} {part}"
            if (own["unit"] != unit[str(part)]).any():
                yield _fault("evaporation", "evaporation", name, f"must be in {unit[str(part)]}.")
            if (np.diff(own["value"]) < 0.0).any():
                yield _fault("evaporation", "evaporation", name, "must not fall with temperature.")
            if (own["temperature_low_c"] >= own["temperature_high_c"]).any():
                yield _fault("evaporation", "evaporation", name, "must be of a range, low to high.")


def _check_degradation(profiles: ProfileSet) -> Iterator[Finding]:
    """Make sure that a vehicle emits no less at the end of its growth, and at most four times."""
    table = profiles.processes["degradation"]
    end = table["per_km"] * table["mileage_max_km"] + table["constant"]
    for i in np.flatnonzero(~((end >= table["constant"]) & (end <= 4.0)).to_numpy()):
        row = table.iloc[i]
        yield _fault(
            "degradation", "degradation", f"{row['group']} {row['quantity']}",
            f"is expected from {row['constant']:g} to 4 at the end: {end.iloc[i]:.3g} found.",
        )  # fmt: skip
    points = (table["group"] + " " + table["quantity"]).value_counts()
    for name, count in points.items():
        if count < 2:
            yield _fault("degradation", "degradation", str(name), "must be given at two speeds.")
