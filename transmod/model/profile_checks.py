"""Prove a set of vehicle profiles: every row against its publication, its range and its fuel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from transmod.errors import InputError
from transmod.inputs.profile_tables import COEFFICIENTS
from transmod.inputs.profiles import ProfileSet
from transmod.inputs.tables import read_shipped_table
from transmod.model.base_checks import check_base_factors
from transmod.model.curves import Bridge, bridges, evaluate, find_poles, tabulate
from transmod.model.factor_table import build_factors
from transmod.model.factors import Factors
from transmod.model.findings import Finding
from transmod.model.fleet import build_fleet
from transmod.model.origin_checks import list_origins
from transmod.model.process_checks import check_processes
from transmod.schema import N_SPEED_NODES, NODES_PER_KMH

CHECK_VALUE_TOLERANCE = 1e-6
INTERPOLATION_LISTED = 1e-4
_BLOCK = 256


@dataclass(frozen=True)
class ProfileCheck:
    """What was checked (`counts`) and found (`findings`) in a set; `passed` if no fault was."""

    name: str
    sha256: str
    passed: bool
    counts: dict[str, float]
    findings: tuple[Finding, ...]


def check_set(profiles: ProfileSet) -> ProfileCheck:
    """
    Prove every row of a set that was read.

    Parameters
    ----------
    profiles : ProfileSet
        The set; reading it has already proven units, sources, years, licences and references.

    Returns
    -------
    ProfileCheck
        Faults: a published check value that is not reproduced to 1e-6, a curve that is negative or
        not finite, CO2 that does not balance with energy, a missing factor, shares that do not sum
        to 1. Listed: poles and negative ranges (with the rule applied), rows whose interpolation
        between nodes errs by more than 1e-4, implausible figures, figures not verified.
    """
    counts: dict[str, float] = {"hot_rows": len(profiles.hot), "types": len(profiles.types)}
    findings = [
        *_check_published_values(profiles, counts),
        *_check_curves(profiles, counts),
        *check_base_factors(profiles, counts),
        *_check_types(profiles, counts),
        *check_processes(profiles, counts),
        *_check_fleets(profiles, counts),
        *list_origins(profiles, counts),
    ]
    return ProfileCheck(
        name=profiles.name,
        sha256=profiles.sha256,
        passed=not any(finding.fault for finding in findings),
        counts=counts,
        findings=tuple(findings),
    )


def name_row(row: pd.Series) -> str:
    """Name a row of `hot.parquet`: segment, quantity and what else its key holds."""
    parts = [row["segment"], row["quantity"]]
    if isinstance(row["road_type"], str):
        parts.append(row["road_type"])
    if not np.isnan(row["gradient"]):
        parts.append(f"gradient {row['gradient']:g}")
    if not np.isnan(row["load_fraction"]):
        parts.append(f"load {row['load_fraction']:g}")
    return " ".join(parts)


def _check_published_values(profiles: ProfileSet, counts: dict[str, float]) -> list[Finding]:
    hot = profiles.hot[profiles.hot["check_value"].notna()]
    value = hot["check_value"].to_numpy(np.float64)
    here = evaluate(hot, hot["check_speed_kmh"].to_numpy(np.float64))
    scale = np.where(value == 0.0, 1.0, np.abs(value))
    error = np.abs(here - value) / scale
    off = ~(error <= CHECK_VALUE_TOLERANCE)
    counts["check_values"] = len(hot)
    counts["check_values_above_1e-6"] = int(off.sum())
    counts["check_value_error_max"] = float(error.max()) if len(hot) else 0.0
    return [
        Finding(
            "published check value",
            True,
            "hot.parquet",
            name_row(hot.iloc[i]),
            f"must give {value[i]:.8g} at {hot['check_speed_kmh'].iloc[i]:g} km/h: {here[i]:.8g} "
            f"found, {error[i]:.2g} off.",
        )
        for i in np.flatnonzero(off)
    ]


def _check_curves(profiles: ProfileSet, counts: dict[str, float]) -> list[Finding]:
    """Check every different published curve on the nodes and between them."""
    hot = profiles.hot
    if hot.empty:
        return []
    columns = [*COEFFICIENTS, "speed_min_kmh", "speed_max_kmh"]
    same = hot.groupby(columns, sort=False).ngroup().to_numpy()
    _, first = np.unique(same, return_index=True)
    unique = hot.iloc[first]
    bridge = Bridge(**profiles.pole)
    curve = tabulate(unique, bridge)
    poles = find_poles(unique)
    spans = {
        int(i): bridges(unique.iloc[i], poles[i], bridge)
        for i in np.flatnonzero(np.isfinite(poles).any(axis=1))
    }
    error, lowest = _between_nodes(unique, curve, spans)
    has_pole = np.isin(same, list(spans))
    negative = (lowest < 0.0)[same] & ~has_pole
    off = error[same]
    counts["pole_rows"] = int(has_pole.sum())
    counts["negative_rows"] = int(negative.sum())
    sound = ~(has_pole | negative)
    counts["interpolation_error_median"] = float(np.median(off[sound])) if sound.any() else 0.0
    counts["interpolation_above_1e-4"] = int((off[sound] > INTERPOLATION_LISTED).sum())
    counts["interpolation_above_1e-3"] = int((off[sound] > 1e-3).sum())
    fine = np.isfinite(curve) & (curve >= 0.0)
    unsound = ~np.all(fine, axis=1)[same]
    dead = (hot["quantity"] == "energy").to_numpy() & ~np.any(curve, axis=1)[same]
    counts["zero_energy_rows"] = int(dead.sum())

    def unit(i: int) -> str:
        return str(hot["unit"].iloc[i])

    def over(i: int) -> str:
        return ", ".join(f"{a:.4g} to {b:.4g}" for a, b in spans[int(same[i])])

    rules: list[tuple[str, bool, np.ndarray, Callable[[int], str]]] = [
        ("curve", True, unsound, lambda _: "must be finite and >= 0 on every speed node."),
        (
            "pole", False, has_pole,
            lambda i: f"denominator is zero in the speed range: straight line over {over(i)} km/h.",
        ),
        (
            "negative", False, negative,
            lambda i: f"falls to {lowest[same[i]]:.3g} {unit(i)}: zero there.",
        ),
        (
            "interpolation", False, sound & (off > INTERPOLATION_LISTED),
            lambda i: f"errs by {off[i]:.2g} between speed nodes.",
        ),
        ("zero energy", False, dead, lambda _: "is published as zero; see substitutes.csv."),
    ]  # fmt: skip
    return [
        Finding(rule, fault, "hot.parquet", name_row(hot.iloc[i]), text(i))
        for rule, fault, rows, text in rules
        for i in np.flatnonzero(rows).tolist()
    ]


def _between_nodes(
    rows: pd.DataFrame, curve: np.ndarray, spans: dict[int, list[tuple[float, float]]]
) -> tuple[np.ndarray, np.ndarray]:
    """
    Return the largest relative error half-way between nodes, and the lowest exact value.

    Where the exact curve is not positive, and where it is bridged, no error is taken.
    """
    middle = (np.arange(N_SPEED_NODES - 1) + 0.5) / NODES_PER_KMH
    error, lowest = np.zeros(len(rows)), np.zeros(len(rows))
    low = rows["speed_min_kmh"].to_numpy(np.float64)[:, None]
    high = rows["speed_max_kmh"].to_numpy(np.float64)[:, None]
    for start in range(0, len(rows), _BLOCK):
        part = slice(start, start + _BLOCK)
        exact = evaluate(rows.iloc[part], middle[None, :])
        line = 0.5 * (curve[part, :-1] + curve[part, 1:])
        inside = (middle > low[part]) & (middle < high[part])
        for i in range(start, min(start + _BLOCK, len(rows))):
            for a, b in spans.get(i, ()):
                inside[i - start] &= (middle < a) | (middle > b)
        exact = np.where(inside, exact, np.nan)
        lowest[part] = np.nan_to_num(
            np.nanmin(np.column_stack([exact, np.inf + low[part]]), axis=1)
        )
        positive = np.where(exact > 0.0, exact, np.nan)
        off = np.abs(line / positive - 1.0)
        error[part] = np.nanmax(np.column_stack([off, np.zeros(len(off))]), axis=1)
    return error, lowest


def _check_types(profiles: ProfileSet, counts: dict[str, float]) -> list[Finding]:
    """Check coverage, carbon balance and plausible range of every type."""
    try:
        # the figure of electricity has no say in what is checked here
        factors = build_factors(
            profiles, profiles.types["vehicle_type"].tolist(), year=0, electricity_kg_per_kwh=0.5
        )
    except InputError as error:
        return [Finding("coverage", True, "types.csv", "-", fault) for fault in error.faults]
    counts["curves"] = len(factors.curve)
    counts["not_estimated"] = int((~factors.estimated).sum())
    return [
        *_check_carbon(profiles, factors, counts),
        *_check_plausible(factors, counts),
        *_list_no_nmvoc(factors),
    ]


def _check_carbon(
    profiles: ProfileSet, factors: Factors, counts: dict[str, float]
) -> list[Finding]:
    at = {quantity: q for q, quantity in enumerate(factors.quantities)}
    fuels = profiles.fuels.set_index("fuel")
    worst, findings = 0.0, []
    for j, row in enumerate(factors.types.itertuples()):
        energy, co2, biogenic = (
            factors.curve[np.unique(factors.index[j, at["hot", name]])]
            for name in ("energy", "co2", "co2_biogenic")
        )
        fuel = fuels.loc[str(row.fuel)]
        expected = energy.sum() * (fuel["co2_g_mj"] + fuel["co2_biogenic_g_mj"])
        found = co2.sum() + biogenic.sum()
        off = abs(found - expected) / expected if expected > 0.0 else abs(found)
        worst = max(worst, off)
        if not off <= 1e-12:
            findings.append(
                Finding(
                    "carbon balance", True, "types.csv", str(row.vehicle_type),
                    f"CO2 must be energy times carbon of {row.fuel}: {off:.2g} off.",
                )
            )  # fmt: skip
    counts["carbon_balance_error_max"] = float(worst)
    return findings


def _check_plausible(factors: Factors, counts: dict[str, float]) -> list[Finding]:
    table = read_shipped_table("model", "plausible_ranges")
    low, high = factors.curve.min(axis=1), factors.curve.max(axis=1)
    findings = []
    at = {quantity: q for q, quantity in enumerate(factors.quantities)}
    for limit in table.itertuples():
        q = at["hot", str(limit.pollutant)]
        chosen = np.ones(len(factors.types), bool)
        if limit.vehicle_class != "*":
            chosen = (factors.types["vehicle_class"] == limit.vehicle_class).to_numpy()
        for j in np.flatnonzero(chosen):
            rows = np.unique(factors.index[j, q])
            rows = rows[rows > 0]
            if len(rows) and not (limit.low <= low[rows].min() and high[rows].max() <= limit.high):
                findings.append(
                    Finding(
                        "plausible range", False, "types.csv",
                        str(factors.types["vehicle_type"].iloc[j]),
                        f"{limit.pollutant} is expected in {limit.low:g} to {limit.high:g} "
                        f"{limit.unit}: {low[rows].min():.3g} to {high[rows].max():.3g} found.",
                    )
                )  # fmt: skip
    counts["implausible"] = len(findings)
    return findings


def _list_no_nmvoc(factors: Factors) -> list[Finding]:
    """List the types whose published VOC never exceeds their methane."""
    rows = factors.index[:, factors.quantities.index(("hot", "nmvoc"))]
    alive = np.any(factors.curve, axis=1)
    made = np.any(rows > 0, axis=(1, 2)) & ~np.any(np.take(alive, rows), axis=(1, 2))
    return [
        Finding(
            "nmvoc", False, "types.csv", str(name),
            "published VOC is below published CH4 at any speed: NMVOC is zero.",
        )
        for name in factors.types["vehicle_type"][made]
    ]  # fmt: skip


def _check_fleets(profiles: ProfileSet, counts: dict[str, float]) -> list[Finding]:
    findings = []
    for name, table in profiles.fleets.items():
        streams = table[["vehicle_class", "trip_kind"]].drop_duplicates()
        for year in sorted(table["year"].dropna().unique()) or [None]:
            try:
                build_fleet(
                    profiles, name, list(streams.itertuples(index=False, name=None)), year=year
                )
            except InputError as error:
                findings += [
                    Finding("fleet", True, f"fleets/{name}.csv", "-", fault)
                    for fault in error.faults
                ]
    counts["fleets"] = len(profiles.fleets)
    return findings
