"""Words and round numbers of figures: one place, so that another language can be added."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

DASH = "\N{EN DASH}"  # where there is no number
FIGURE_SPACE = "\N{FIGURE SPACE}"  # as wide as a digit

TEXT = {
    "no_value": "no value",
    "zero": "zero",
    "below": "below {}",
    "between": "{} to {}",
    "above": "{} and more",
    "of_length": "% of length",
    "of_total": "% of total",
    "of_area": "% of area",
    "direction_km": "directed km",
    "road_class": "Road class",
    "network": "{}: road network",
    "link_count": "{} directed links",
    "boundary": "city boundary",
    "district_borders": "district borders",
    "others": "{} others",
    "year": "year",
    "day": "day",
    "hour": "hour",
    "links_title": "{}: CO₂ of road traffic by link",
    "grid_title": "{}: CO₂ of road traffic by grid cell",
    "districts_title": "{}: CO₂ of road traffic by district",
    "classes_title": "{}: CO₂ and driving by vehicle class",
    "hours_title": "{}: driving through the day",
    "co2_per_km": "t CO₂ per km and {}, in each driving direction",
    "co2_per_km2": "t CO₂ per km² and {}",
    "cells": "cells of {} m",
    "co2_mass": "t CO₂ per {}",
    "share_of_vkm": "Share of vehicle-kilometres",
    "all_classes": "All",
    "vkm": "{} vehicle-km",
    "direct": "{} · direct emissions inside the city boundary (scope 1)",
    "held": ", {} t of it included elsewhere in the inventory",
    "ranked": "Districts by rank, the largest first: {}",
    "driving": "{} · inside the city boundary",
    "percent": "{} %",
    "vkm_h": "Vehicle-km per hour",
    "vkm_h_1000": "1,000 vehicle-km per hour",
    "vkm_h_million": "Million vehicle-km per hour",
    "local_hour": "hour of the day, local time",
    "vkm_day": "{} vehicle-km a day",
    "million": "{} million",
    "hours_without": "{} hours without value",
    "motorway": "Motorway",
    "trunk": "Trunk road",
    "primary": "Primary",
    "secondary": "Secondary",
    "tertiary": "Tertiary",
    "unclassified": "Unclassified",
    "residential": "Residential",
    "living_street": "Living street",
    "service": "Service",
    "curves_title": "Energy and emissions by speed: {}",
    "curves_subtitle": "level road, load of the type · between dots: published, dotted: held",
    "mean_speed": "mean speed, km/h",
    "panel_cars": "Cars",
    "panel_vans": "Vans",
    "panel_trucks": "Trucks",
    "panel_buses": "Buses and coaches",
    "panel_two_wheelers": "Motorcycles and mopeds",
    "curve_energy": "Energy, MJ/km (battery: from the grid)",
    "curve_co2": "Fossil CO₂ of the exhaust, g/km",
    "curve_co2_biogenic": "Biogenic CO₂ of the exhaust, g/km",
    "curve_ch4": "CH₄ of the exhaust, g/km",
    "curve_n2o": "N₂O of the exhaust, g/km",
    "curve_nox": "NOx of the exhaust, g/km",
    "curve_co": "CO of the exhaust, g/km",
    "curve_nmvoc": "NMVOC of the exhaust, g/km",
    "curve_pm10": "PM10 of the exhaust, g/km",
    "curve_pm2_5": "PM2.5 of the exhaust, g/km",
    "curve_bc": "Black carbon of the exhaust, g/km",
    "curve_nh3": "NH₃ of the exhaust, g/km",
    "curve_so2": "SO₂ of the exhaust, g/km",
    "curve_other": "{} of the exhaust, g/km",
    "difference_title": "{} of road traffic: “{}” (B) less “{}” (A)",
    "difference_subtitle": "A {}, B {} · direct emissions inside the boundary (scope 1)",
    "per_km_difference": "t {} per km and {}, in each driving direction: B less A",
    "per_km2_difference": "t {} per km² and {}: B less A",
    "mass_difference": "t {}",
    "alike": "less than ±{}",
    "or_more": "{} and more",
    "or_less": "{} and less",
    "sum": "sum",
    "causes_title": "Why “{}” (B) differs from “{}” (A)",
    "causes_subtitle": (
        "A {}, B {} · mean over all orders (Shapley) · each panel has its own scale, not from zero"
    ),
    "panel_of": "{}, {} per {}: {}",
    "uncertainty_title": "{}: what makes the total uncertain",
    "uncertainty_subtitle": "{} · intervals of {} % · each bar: only this input varies",
    "uncertainty_panel": "{}, t per {}, in the total of the rule",
    "all_inputs": "All inputs together",
    "and_correlated": "{} with {} more",
    "swing_low": "low",
    "swing_high": "high",
    "swing_share": "of variance",
    "of_a": "% of A",
    "to_base": "to the base",
    "to_own_base": "to its base",
    "series_bars": "each panel from zero · grey: the run that others extend",
    "series_years": "each panel from zero · a point for each run",
    "series_fleet_years": "each panel from zero · a point for each run, by the year of its fleet",
    "summary_title": "Why runs differ from “{}”",
    "summary_subtitle": (
        "base {} · mean over all orders (Shapley) · less left, more right · "
        "each panel has its own scale"
    ),
    "summary_zero": "base {}",
    "summary_method": "method alone: no change of emissions",
    "summary_whole": "difference in all",
    "summary_difference": "difference",
    "of_base": "% of base",
    "substance_co2": "CO₂",
    "substance_co2e": "CO₂e",
    "substance_nox": "NOx",
    "substance_ch4": "CH₄",
    "substance_n2o": "N₂O",
    "substance_pm10": "PM10",
    "substance_pm2_5": "PM2.5",
    "substance_nh3": "NH₃",
    "substance_so2": "SO₂",
    "substance_no2": "NO₂",
    "substance_energy": "Energy",
    "substance_co2_biogenic": "Biogenic CO₂",
    "total": "in the total of the rule",
    "scope_1": "scope 1, apart from the total",
    "scope_2": "grid electricity (scope 2), apart from the total",
    "scope_3": "scope 3, apart from the total",
    "cause_activity": "activity",
    "cause_speed": "speed, gradient, road type",
    "cause_fleet": "fleet",
    "cause_factors": "factors",
    "cause_electricity": "grid electricity",
    "cause_method": "method",
    "cause_undivided": "not divided",
    "car": "Cars",
    "taxi": "Taxis",
    "lcv": "Vans",
    "rigid_truck": "Rigid trucks",
    "articulated_truck": "Articulated trucks",
    "bus": "Buses",
    "coach": "Coaches",
    "motorcycle": "Motorcycles",
    "moped": "Mopeds",
}

_LADDERS = ((1, 2, 5), (1, 3), (1,))  # steps in each power of ten
_N_LIMITS = 5


def word(key: str) -> str:
    """Return the text of `key`, or `key` in plain words where there is none."""
    return TEXT.get(key, key.replace("_", " ").capitalize())


def number(value: float, digits: int = 3) -> str:
    """
    Write a number to be read: thousands separators, `digits` significant digits, no exponent.

    Examples
    --------
    >>> number(1234567.8), number(0.012345), number(25.0), number(float("nan"))
    ('1,234,568', '0.0123', '25', '–')
    """
    if not math.isfinite(value):
        return DASH
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    written = f"{value:,.{decimals}f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def large(value: float) -> str:
    """Write a number; in millions from two million on."""
    return TEXT["million"].format(number(value / 1e6)) if value >= 2e6 else number(value)


def percent(part: float, total: float) -> str:
    """Write `part` of `total` in per cent; a dash where there is no share."""
    if not (math.isfinite(part) and math.isfinite(total)) or total <= 0:
        return DASH
    share = 100.0 * part / total
    if 0 < share < 1:
        return "< 1"
    return f"{share:.0f}"


def change(part: float) -> str:
    """
    Write a change in per cent with its sign; a dash where there is none.

    Examples
    --------
    >>> change(3199.7), change(-1.06), change(-0.034), change(0.0)
    ('+3,200 %', '−1.1 %', '−0.03 %', '0.0 %')
    """
    if not math.isfinite(part):
        return DASH
    if abs(part) < 0.005:
        return "0.0 %"
    sign = "+" if part > 0.0 else "\N{MINUS SIGN}"
    digits = 0 if abs(part) >= 100.0 else 1 if abs(part) >= 0.1 else 2
    return f"{sign}{abs(part):,.{digits}f} %"


def round_below(value: float) -> float:
    """Return the largest of 1, 2, 5 times a power of ten that is not above `value` (> 0)."""
    power = 10.0 ** math.floor(math.log10(value))
    return max(step * power for step in (1.0, 2.0, 5.0) if step * power <= value * (1 + 1e-12))


def class_limits(values: NDArray[np.float64], weights: NDArray[np.float64]) -> list[float]:
    """
    Choose round limits between the classes of a map.

    Traffic is skewed: few links carry most of it. Among limits in equal ratios (1, 2, 5, 10 or
    1, 3, 10 or 1, 10, 100) and in equal steps, those are taken that spread both the length and
    the amount (length times value) most evenly over the classes: the sum of the two entropies
    is the largest.

    Parameters
    ----------
    values
        Shape (N,), any unit. Only finite values above zero are looked at.
    weights
        Shape (N,), for example lengths [m].

    Returns
    -------
    list of float
        Ascending, at most five; a value equal to a limit belongs to the class above it.
    """
    use = np.isfinite(values) & (values > 0) & (weights > 0)
    if not use.any():
        return []
    order = np.argsort(values[use], kind="stable")
    ranked = values[use][order]
    weight = weights[use][order]
    sums = [np.r_[0.0, np.cumsum(amount)] for amount in (weight, weight * ranked)]
    best: list[float] = []
    most = 0.0
    for limits in _candidates(float(ranked[0]), float(ranked[-1])):
        cuts = np.r_[0, np.searchsorted(ranked, limits), ranked.size]
        evenness = 0.0
        for total in sums:
            share = np.diff(total[cuts]) / total[-1]
            share = share[share > 0]
            evenness -= float(np.sum(share * np.log(share)))
        if evenness > most + 1e-9:  # of equals the first: the same map on every machine
            best, most = limits, evenness
    return best


def _candidates(low: float, high: float) -> Iterator[list[float]]:
    """Yield ascending round limits between `low` and `high`, none of them outside."""
    powers = range(math.floor(math.log10(high)) - _N_LIMITS, math.floor(math.log10(high)) + 1)
    for ladder in _LADDERS:
        rungs = [float(f"{step}e{power}") for power in powers for step in ladder]
        for end in range(1, len(rungs) + 1):
            yield [rung for rung in rungs[max(0, end - _N_LIMITS) : end] if low < rung <= high]
    power = math.floor(math.log10(high))
    for step in (float(f"{s}e{p}") for p in range(power - 3, power + 1) for s in (1, 2, 5)):
        first, last = math.floor(low / step) + 1, math.floor(high / step)
        if 2 <= last - first + 1 <= _N_LIMITS:
            yield [float(f"{step * i:.10g}") for i in range(first, last + 1)]


def class_labels(limits: list[float], low: float, high: float) -> list[str]:
    """Write the classes between `limits` of values from `low` to `high`, lowest first."""
    if not limits:
        ends = dict.fromkeys((number(low), number(high)))
        return [TEXT["between"].format(*ends) if len(ends) == 2 else number(low)]
    written = [number(limit) for limit in limits]
    inner = [TEXT["between"].format(a, b) for a, b in pairwise(written)]
    return [TEXT["below"].format(written[0]), *inner, TEXT["above"].format(written[-1])]


def tell_apart(titles: Sequence[str], folders: Sequence[str]) -> list[str]:
    """Return what runs are called: their titles, with the folder where several have the same."""
    return [
        title if list(titles).count(title) == 1 else f"{title} ({folder})"
        for title, folder in zip(titles, folders, strict=True)
    ]
