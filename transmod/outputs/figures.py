"""Charts by vehicle class and hour, and the set of figures that a run leaves behind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from transmod.outputs.base_map import map_extent
from transmod.outputs.maps import draw_district_map, draw_grid_map, draw_links_map
from transmod.outputs.sheet import (
    GAP,
    GREY,
    MARGIN,
    PALE,
    Block,
    Row,
    Sheet,
    draw_block,
    head_and_foot,
    plain_style,
)
from transmod.outputs.wording import TEXT, large, number, percent, word
from transmod.schema import VEHICLE_CLASSES

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from transmod.model.grid import Grid

_WIDTH = 9.3  # in
_BAR = 0.3  # in: height of a line of bars
_DAY = 2.8  # in: height of a line of days
_KEY = 2.2  # in: width
_COLOURS = {
    "car": "#4a78b0",
    "taxi": "#9dbde0",
    "lcv": "#3f9a8c",
    "rigid_truck": "#f0a04b",
    "articulated_truck": "#b5442e",
    "bus": "#7b4fa0",
    "coach": "#bda3d6",
    "motorcycle": "#70767c",
    "moped": "#b9bec3",
}


def draw_totals_by_class(
    totals: pd.DataFrame, path: Path, *, title: str, unit: str, source: str, subtitle: str = ""
) -> None:
    """
    Draw the CO2 of each vehicle class, and beside it the class's share of driving.

    Both bars are in per cent of their total on one scale, so that a class that emits more than
    its share of kilometres stands out.

    Parameters
    ----------
    totals
        Rows with `vehicle_class`, `co2_t` [t] and `vkm` [veh km]; one row a class. NaN: no
        value.
    path
        PNG to write.
    title, unit, source, subtitle
        Texts: `unit` is that of `co2_t`.
    """
    rank = {name: i for i, name in enumerate(VEHICLE_CLASSES)}
    table = totals.assign(rank=totals["vehicle_class"].map(rank)).sort_values(
        ["co2_t", "rank"], ascending=[False, True], na_position="last"
    )
    amounts = {
        name: table[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("co2_t", "vkm")
    }
    sums = {name: float(np.sum(a[np.isfinite(a)])) for name, a in amounts.items()}
    shares = {
        name: a / sums[name] if sums[name] > 0 else np.full(a.size, np.nan)
        for name, a in amounts.items()
    }
    largest = max((float(s[np.isfinite(s)].max(initial=0.0)) for s in shares.values()), default=0)
    scale = 2.4 / largest if largest > 0 else 0.0  # in
    starts = {"co2_t": MARGIN + 1.45, "vkm": MARGIN + 5.55}
    head, foot = head_and_foot(title, source, _WIDTH)
    with plain_style():
        sheet = Sheet(_WIDTH, head + 0.35 + _BAR * (len(table) + 1) + 0.15 + foot)
        sheet.frame(title, subtitle, source)
        y = sheet.height - head - 0.25
        for name, heading in (("co2_t", unit), ("vkm", TEXT["share_of_vkm"])):
            sheet.text(starts[name], y, heading, size=9, weight="bold")
        for i, vehicle_class in enumerate(table["vehicle_class"]):
            y -= _BAR
            sheet.text(starts["co2_t"] - 0.1, y, word(vehicle_class), size=9, ha="right")
            for name, start in starts.items():
                length = shares[name][i] * scale if np.isfinite(shares[name][i]) else 0.0
                colour = _COLOURS.get(vehicle_class, GREY) if name == "co2_t" else PALE
                sheet.paper.add_patch(
                    Rectangle((start, y - 0.05), length, 0.2, facecolor=colour, edgecolor="none")
                )
                sheet.text(start + length + 0.07, y, _amount(name, amounts, sums, i), size=8.5)
        y -= _BAR
        sheet.line([MARGIN, _WIDTH - MARGIN], [y + 0.19] * 2, color=PALE, lw=0.6)
        sheet.text(starts["co2_t"] - 0.1, y, TEXT["all_classes"], size=9, ha="right")
        sheet.text(starts["co2_t"], y, number(sums["co2_t"]), size=8.5)
        sheet.text(starts["vkm"], y, TEXT["vkm"].format(large(sums["vkm"])), size=8.5)
        sheet.write(path)


def _amount(
    name: str, amounts: dict[str, NDArray[np.float64]], sums: dict[str, float], i: int
) -> str:
    value = float(amounts[name][i])
    if not np.isfinite(value):
        return TEXT["no_value"]
    share = TEXT["percent"].format(percent(value, sums[name]))
    return f"{number(value)}  ({share})" if name == "co2_t" else share


def draw_hours(
    hours: pd.DataFrame, path: Path, *, title: str, source: str, subtitle: str = ""
) -> None:
    """
    Draw vehicle-kilometres by hour of the day and vehicle class, one panel a day type.

    Parameters
    ----------
    hours
        Rows with `day_type`, `hour` (0 to 23), `vehicle_class` and `vkm` [veh km] of that hour
        on one day of the type. A row that is absent is no driving, NaN is no value.
    path
        PNG to write.
    title, source, subtitle
        Texts.
    """
    day_types = list(dict.fromkeys(hours["day_type"]))
    present = [name for name in VEHICLE_CLASSES if (hours["vehicle_class"] == name).any()]
    stack = np.zeros((len(day_types), len(present), 24))
    places = (
        pd.Index(day_types).get_indexer(pd.Index(hours["day_type"])),
        pd.Index(present).get_indexer(pd.Index(hours["vehicle_class"])),
        hours["hour"].to_numpy(dtype=np.int64),
    )
    np.add.at(stack, places, hours["vkm"].to_numpy(dtype=np.float64, na_value=np.nan))
    missing = np.isnan(stack)
    stack[missing] = 0.0  # drawn as nothing, and counted in the key
    total = stack.sum()
    peak = float(stack.sum(axis=1).max(initial=0.0))
    unit, factor = next(
        (unit, factor)
        for unit, factor in (("vkm_h_million", 1e6), ("vkm_h_1000", 1e3), ("vkm_h", 1.0))
        if peak >= 2 * factor or factor == 1.0
    )
    rows = [
        Row((word(name), percent(stack[:, i].sum(), total)), _COLOURS[name])
        for i, name in reversed(list(enumerate(present)))
    ]
    if missing.any():
        rows.append(Row((TEXT["hours_without"].format(int(missing.sum())), "")))
    block = Block(TEXT[unit], (TEXT["of_total"],), tuple(rows))
    n_columns = min(len(day_types), 3)
    n_lines = -(-len(day_types) // n_columns) if n_columns else 0
    width = _WIDTH - 2 * MARGIN - _KEY - GAP - 0.4
    head, foot = head_and_foot(title, source, _WIDTH)
    body = max(_DAY * n_lines, block.height) + 0.1
    with plain_style():
        sheet = Sheet(_WIDTH, head + body + foot)
        sheet.frame(title, subtitle, source)
        draw_block(sheet, block, _WIDTH - MARGIN - _KEY, sheet.height - head - 0.1, _KEY)
        for i, day_type in enumerate(day_types):
            column, line = i % n_columns, i // n_columns
            axes = sheet.axes(
                MARGIN + 0.4 + column * width / n_columns,
                sheet.height - head - 0.1 - _DAY * line - 2.38,
                width / n_columns - 0.3,
                2.0,
            )
            _draw_day(axes, stack[i] / factor, present, peak / factor, first=column == 0)
            axes.set_title(word(day_type), size=9, loc="left", fontweight="bold", pad=19)
            words = TEXT["vkm_day"].format(large(float(stack[i].sum())))
            axes.text(0, 1.05, words, transform=axes.transAxes, size=7.5, color=GREY)
        sheet.write(path)


def _draw_day(
    axes: Axes, stack: NDArray[np.float64], classes: Sequence[str], peak: float, *, first: bool
) -> None:
    """Draw one day as stacked steps, shape (classes, 24)."""
    base = np.zeros(24)
    for name, values in zip(classes, stack, strict=True):
        axes.stairs(base + values, range(25), baseline=base, fill=True, color=_COLOURS[name])
        base = base + values
    axes.set(xlim=(0, 24), ylim=(0, 1.06 * peak if peak > 0 else 1), xticks=range(0, 25, 6))
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    axes.tick_params(labelsize=7, length=0, labelleft=first, colors=GREY)
    axes.set_xlabel(TEXT["local_hour"], size=7, color=GREY)
    axes.set_axisbelow(True)
    axes.grid(axis="y", color="#dfe3e6", linewidth=0.6)
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.spines["bottom"].set_color(PALE)


def draw_figures(  # noqa: PLR0913  all that figures show
    folder: Path,
    *,
    boundary: BaseGeometry,
    districts: gpd.GeoDataFrame,
    totals: pd.DataFrame,
    links: gpd.GeoDataFrame | None,
    grid: Grid | None,
    cells: NDArray[np.float64] | None,
    hours: pd.DataFrame | None,
    title: str,
    year: int,
    period: str,
    source: str,
    held_t: float = 0.0,
) -> list[Path]:
    """
    Draw all figures of a run.

    Parameters
    ----------
    folder
        Where they go; made if it is not there.
    boundary
        City, in a projected CRS [m]; all geometry is in this CRS.
    districts
        Rows with `district_id`, `name`, `co2_t` [t] and polygon geometry.
    totals
        Rows with `vehicle_class`, `co2_t` [t], `vkm` [veh km].
    links
        Rows with `length_m` [m], `co2_t` [t] and line geometry; None: no map of links.
    grid, cells
        Grid and its CO2 [t], shape (n_rows, n_columns), NaN outside the city; None: no map of
        cells.
    hours
        Rows with `day_type`, `hour`, `vehicle_class`, `vkm` [veh km] of that hour on one day of
        the type; None, or one hour only: no figure of hours.
    title, source
        Texts: name of the city or run; whose data, how the volumes came about.
    year, period
        Year of the account; `year`, `day` or `hour`: the time to which all amounts belong.
    held_t
        CO2 [t] among them that the inventory includes elsewhere: said beside them.

    Returns
    -------
    list of Path
        Files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    span = word(period)
    subtitle = TEXT["direct"].format(year)
    if held_t > 0.0:
        subtitle += TEXT["held"].format(number(held_t))
    texts = {"source": source, "subtitle": subtitle}
    written = []
    extent = None
    if links is not None:
        extent = map_extent(boundary, links.geometry.to_numpy())
        km = links["length_m"].to_numpy(dtype=np.float64) / 1000.0
        mass = links["co2_t"].to_numpy(dtype=np.float64, na_value=np.nan)
        per_km = np.divide(mass, km, out=np.full(km.size, np.nan), where=km > 0)
        written.append(folder / "links_co2.png")
        draw_links_map(
            links.assign(co2_t_per_km=per_km),
            boundary,
            districts,
            written[-1],
            column="co2_t_per_km",
            title=TEXT["links_title"].format(title),
            unit=TEXT["co2_per_km"].format(span),
            **texts,
        )
    if grid is not None and cells is not None:
        side = TEXT["cells"].format(number(grid.cell_size_m))
        written.append(folder / "grid_co2.png")
        draw_grid_map(
            grid,
            cells / (grid.cell_size_m / 1000.0) ** 2,
            boundary,
            districts,
            written[-1],
            title=TEXT["grid_title"].format(title),
            unit=TEXT["co2_per_km2"].format(span),
            source=source,
            subtitle=f"{subtitle} · {side}",
            extent=extent,
        )
    written.append(folder / "districts_co2.png")
    area_km2 = shapely.area(districts.geometry.to_numpy()) / 1e6
    draw_district_map(
        districts.assign(co2_t_per_km2=districts["co2_t"] / area_km2),
        boundary,
        written[-1],
        column="co2_t_per_km2",
        total="co2_t",
        title=TEXT["districts_title"].format(title),
        unit=TEXT["co2_per_km2"].format(span),
        total_unit=TEXT["co2_mass"].format(span),
        **texts,
    )
    written.append(folder / "classes_co2.png")
    draw_totals_by_class(
        totals,
        written[-1],
        title=TEXT["classes_title"].format(title),
        unit=TEXT["co2_mass"].format(span),
        **texts,
    )
    if hours is not None and len(hours["hour"].unique()) > 1:
        written.append(folder / "hours.png")
        draw_hours(
            hours,
            written[-1],
            title=TEXT["hours_title"].format(title),
            source=source,
            subtitle=TEXT["driving"].format(year),
        )
    return written
