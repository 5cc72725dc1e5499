"""What looks wrong in volumes beside capacities, opposite links and other classes."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from transmod.traffic.calendar import HOURS_PER_DAY
from transmod.traffic.findings import Finding, limits, name_link, warn
from transmod.traffic.volume_summary import VolumeSummary

MAIN_ROADS = ("motorway", "trunk", "primary", "secondary")
HEAVY = ("rigid_truck", "articulated_truck", "bus", "coach")
_SAME = 1e-6  # relative


def judge_volumes(links: gpd.GeoDataFrame, volumes: VolumeSummary) -> list[Finding]:
    """
    Judge volumes by the links they are on.

    Parameters
    ----------
    links : GeoDataFrame
        L links with the columns of `schema.LINKS`.
    volumes : VolumeSummary
        Of the same links.
    """
    where = name_link(links)
    return [
        *_judge_directions(links, volumes, where),
        *_judge_amounts(links, volumes, where),
        *_judge_classes(links, volumes),
        *_judge_repetition(links, volumes, where),
    ]


def opposite_links(links: gpd.GeoDataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """
    Find the links that lead back where another comes from.

    Returns
    -------
    forth, back : int64 (pairs,)
        Positions in `links`. Between the same two nodes links go by their length, to a metre.
    """
    start = links["from_node"].to_numpy(np.int64)
    end = links["to_node"].to_numpy(np.int64)
    length = np.round(links["length_m"].to_numpy(np.float64)).astype(np.int64)
    low, high = np.minimum(start, end), np.maximum(start, end)
    backward = start > end
    order = np.lexsort((backward, length, high, low))
    order = order[start[order] != end[order]]
    a, b = order[:-1], order[1:]
    same = (low[a] == low[b]) & (high[a] == high[b]) & (length[a] == length[b])
    pair = same & ~backward[a] & backward[b]
    first = np.argsort(a[pair])
    return a[pair][first], b[pair][first]


def _judge_directions(
    links: gpd.GeoDataFrame, volumes: VolumeSummary, where: Callable[[int], str]
) -> list[Finding]:
    forth, back = opposite_links(links)
    total = np.nan_to_num(volumes.total)
    there, here = total[forth], total[back]
    both = (there > 0) & (here > 0)
    findings = []
    rule = limits("two_way_volume")
    if both.sum() >= rule["pairs"]:
        equal = both & _all_equal(volumes.mean[forth], volumes.mean[back])
        if equal.sum() >= rule["share"] * both.sum():
            findings.append(
                warn(
                    "two_way_volume",
                    "Both directions of two-way roads have the same volume of every class",
                    equal,
                    lambda pair: where(int(forth[pair])),
                    of=int(both.sum()),
                    cause="the volume of both directions stands on each of them, so that "
                    "kilometres count twice; or one was split into halves",
                    remedy="Say [traffic] direction = 'both' and give direction_share, or halve "
                    "the volumes; if they were split into halves, nothing is wrong",
                )
            )
    rule = limits("one_direction_only")
    driven = (there > 0) | (here > 0)
    single = driven & ~both
    if driven.sum() >= rule["pairs"] and single.sum() >= rule["share"] * driven.sum():
        findings.append(
            warn(
                "one_direction_only",
                "Of two-way roads one direction has traffic, the other has none",
                single,
                lambda pair: where(int(forth[pair])),
                of=int(driven.sum()),
                cause="the volume of both directions stands on the one that was drawn, or "
                "one-way streets carry the volume of the opposite direction",
                remedy="Say [traffic] direction = 'both' and give direction_share for both links",
            )
        )
    return findings


def _all_equal(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.bool_]:
    same: NDArray[np.bool_] = np.isclose(one, other, rtol=_SAME, atol=0.0, equal_nan=True)
    return np.logical_and.reduce(same, axis=1)


def _judge_amounts(
    links: gpd.GeoDataFrame, volumes: VolumeSummary, where: Callable[[int], str]
) -> list[Finding]:
    capacity = links["capacity_pcu_h"].to_numpy(np.float64)
    main = links["road_class"].isin(MAIN_ROADS).to_numpy()
    is_daily = volumes.kind != "hourly"
    used = np.nan_to_num(volumes.total) > 0
    many = (main & used).sum() >= limits("all")["main_links"]
    if is_daily:
        ratio = volumes.total * HOURS_PER_DAY / capacity
        high = np.percentile(ratio[main & used], 95) if many else np.inf
        if high < limits("peak_hour_as_day")["day_over_capacity"]:
            return [
                warn(
                    "peak_hour_as_day",
                    f"The day's volume of 95 % of the main roads is below what they carry in "
                    f"{high:.2g} h",
                    main & used & (ratio <= high),
                    where,
                    of=int((main & used).sum()),
                    cause="volumes of a peak hour are given as those of a day, or thousands of "
                    "vehicles as vehicles",
                    remedy="Say [calendar] period = 'hour' and [traffic] kind = 'hourly', or give "
                    "daily volumes",
                )
            ]
        most = limits("over_capacity")["day_over_capacity"]
        what = f"Daily volumes are above {most:g} hours of the link's capacity"
    else:
        ratio = volumes.top / capacity
        typical = np.median(ratio[main & used]) if many else 0.0
        if typical > limits("day_as_hour")["hour_over_capacity"]:
            return [
                warn(
                    "day_as_hour",
                    f"The highest hour of the median main road is {typical:.2g} times its capacity",
                    main & used & (ratio > 1.0),
                    where,
                    of=int((main & used).sum()),
                    cause="volumes of a day are given as those of an hour",
                    remedy="Say [traffic] kind = 'aadt' or 'aawdt', or give hourly volumes",
                )
            ]
        high = np.percentile(ratio[main & used], 95) if many and volumes.curve is not None else 1
        if high < limits("quarter_hours")["hour_over_capacity"]:
            return [
                warn(
                    "quarter_hours",
                    f"The highest hour of 95 % of the main roads is below {high:.2g} of their "
                    "capacity",
                    main & used & (ratio <= high),
                    where,
                    of=int((main & used).sum()),
                    cause="volumes of a quarter of an hour are given as those of an hour, or those "
                    "of a lane as those of a road",
                    remedy="Add four quarters up to an hour; if the roads are that empty, nothing "
                    "is wrong",
                )
            ]
        most = limits("over_capacity")["hour_over_capacity"]
        what = f"Hourly volumes are above {most:g} times the link's capacity"
    over = used & (ratio > most)
    if over.sum() > limits("over_capacity")["share"] * used.sum():
        return [
            warn(
                "over_capacity",
                f"{what}, up to {ratio[over].max() / most:.2g} times that",
                over,
                where,
                of=int(used.sum()),
                cause="volumes that do not belong to these links, or capacities that were assumed "
                "too low (column `imputed`)",
                remedy="Correct the volumes, or give lanes and capacities: speeds of these links "
                "are far too low",
            )
        ]
    return []


def _judge_classes(links: gpd.GeoDataFrame, volumes: VolumeSummary) -> list[Finding]:
    length_km = links["length_m"].to_numpy(np.float64) / 1000.0
    vkm = length_km @ np.nan_to_num(volumes.mean)
    classes = np.array([name for name, _ in volumes.streams])
    of_class = {name: float(vkm[classes == name].sum()) for name in dict.fromkeys(classes)}
    if not sum(of_class.values()) > 0.0:
        return []
    empty = [name for name, value in of_class.items() if not value > 0.0]
    heavy = sum(of_class.get(name, 0.0) for name in HEAVY)
    findings = []
    if empty or not heavy > 0.0:
        lacking = f"Volumes of {', '.join(empty)} are 0 on every link"
        if not empty:
            lacking = "Trucks, buses and coaches have no row in the volumes"
        findings.append(
            warn(
                "class_missing",
                lacking,
                cause="a column was not mapped or not filled; or all vehicles stand as one class",
                remedy="Give the class its volumes, or drop its rows; trucks and buses emit most "
                "of the NOx, so a total without them says little",
            )
        )
    share = heavy / sum(of_class.values())
    if share > limits("class_mix")["share"]:
        findings.append(
            warn(
                "class_mix",
                f"Trucks, buses and coaches drive {share:.0%} of all vehicle-kilometres",
                cause="columns of classes were mixed up, or car units are given as vehicles",
                remedy="Check which column became which class",
            )
        )
    return findings


def _judge_repetition(
    links: gpd.GeoDataFrame, volumes: VolumeSummary, where: Callable[[int], str]
) -> list[Finding]:
    findings = []
    total = volumes.total
    used = np.nan_to_num(total) > 0
    if used.sum() >= limits("default_value")["main_links"]:
        values, which, number = np.unique(
            np.round(total[used], 6), return_inverse=True, return_counts=True
        )
        most = int(number.argmax())
        if number[most] > limits("default_value")["share"] * used.sum():
            same = np.zeros(total.size, bool)
            same[np.flatnonzero(used)[which == most]] = True
            findings.append(
                warn(
                    "default_value",
                    f"Links have the same volume, {values[most]:.6g} car units an hour",
                    same,
                    where,
                    of=int(used.sum()),
                    cause="a default stands where nothing was counted or modelled",
                    remedy="Leave links without a volume out: they are counted and listed",
                )
            )
    main = links["road_class"].isin(MAIN_ROADS).to_numpy() & ~np.isnan(total)
    zero = main & (total == 0.0)
    rule = limits("zero_as_missing")
    if main.sum() >= rule["main_links"] and zero.sum() > rule["share"] * main.sum():
        findings.append(
            warn(
                "zero_as_missing",
                "Main roads have a volume of 0",
                zero,
                where,
                of=int(main.sum()),
                cause="0 stands for not counted",
                remedy="Leave these rows out: a link without a row is missing, not empty",
            )
        )
    return findings
