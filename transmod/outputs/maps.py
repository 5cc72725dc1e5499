"""
Maps of links, cells and districts, drawn with matplotlib.

A sheet is measured in inches. The key, the scale bar and all text stand beside or below the
map, never on it, so nothing can be hidden or cut off, whatever the shape of the city.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch, Polygon, Rectangle
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from transmod.outputs.sheet import (
    FONT,
    GAP,
    GREY,
    INK,
    MARGIN,
    PALE,
    PANEL,
    Block,
    Row,
    Sheet,
    draw_block,
    head_and_foot,
    plain_style,
    readable,
)
from transmod.outputs.wording import (
    DASH,
    FIGURE_SPACE,
    TEXT,
    class_labels,
    class_limits,
    number,
    percent,
    round_below,
    word,
)
from transmod.schema import ROAD_CLASSES

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from transmod.inputs.network import Network
    from transmod.model.grid import Grid

LAND, AROUND = "#ffffff", "#e9edf0"
MISSING = "#9fb4c7"
_LARGEST_MAP = (8.6, 7.2)  # in: three panels wide
_LONGEST_LIST, _ROWS_IN_COLUMN = 20, 12
_SCALE_HEIGHT = 0.42  # in
_VERTICES = 20_000  # in one drawn path: Agg has room for so many
_ROAD_STYLE = {
    "motorway": ("#b30000", 1.9),
    "trunk": ("#e34a33", 1.6),
    "primary": ("#f08a4b", 1.3),
    "secondary": ("#4a78b0", 0.9),
    "tertiary": ("#86a8cf", 0.7),
    "unclassified": ("#a9b3bd", 0.45),
    "residential": ("#b9c1c9", 0.4),
    "living_street": ("#c6ccd2", 0.35),
    "service": ("#d3d8dd", 0.3),
}


def map_extent(
    boundary: BaseGeometry, links: NDArray[np.object_] | None = None
) -> tuple[float, float, float, float]:
    """
    Choose what a map shows: the city, or its roads where they fill less than half of it.

    Returns
    -------
    tuple of float
        West, south, east, north [m], with a margin of 2 %.
    """
    west, south, east, north = shapely.bounds(boundary)
    if links is not None and len(links):
        w, s, e, n = shapely.total_bounds(links)
        if (e - w) * (n - s) < 0.5 * (east - west) * (north - south):
            west, south = max(west, w), max(south, s)
            east, north = min(east, e), min(north, n)
    pad = 0.02 * max(east - west, north - south)
    return west - pad, south - pad, east + pad, north + pad


def _line_paths(lines: NDArray[np.object_]) -> Iterator[Outline]:
    """Join lines into few long paths: 200,000 drawn one by one would take seconds."""
    xy, part = shapely.get_coordinates(shapely.get_parts(lines), return_index=True)
    if not len(xy):
        return
    starts = np.r_[True, part[1:] != part[:-1]]
    codes = np.where(starts, Outline.MOVETO, Outline.LINETO).astype(np.uint8)
    first = np.flatnonzero(starts)
    cuts = first[
        np.unique(np.searchsorted(first, np.arange(0, len(xy), _VERTICES)).clip(0, len(first) - 1))
    ]
    for a, b in zip(cuts, [*cuts[1:], len(xy)], strict=True):
        yield Outline(xy[a:b], codes[a:b])


def _draw_lines(
    axes: Axes, lines: NDArray[np.object_], colour: str, width: float, order: float
) -> None:
    for path in _line_paths(lines):
        # add_patch would walk through every vertex to find the limits, which are known
        axes.add_artist(
            PathPatch(
                path,
                facecolor="none",
                edgecolor=colour,
                linewidth=width,
                capstyle="round",
                joinstyle="round",
                snap=False,
                zorder=order,
            )
        )


def _draw_area(axes: Axes, area: BaseGeometry, **style: Any) -> None:
    # normal form: holes run the other way round than their outline
    rings = shapely.get_rings(shapely.get_parts(shapely.normalize(area)))
    outlines = [Outline(shapely.get_coordinates(ring), closed=True) for ring in rings]
    if outlines:
        axes.add_artist(PathPatch(Outline.make_compound_path(*outlines), **style))


def _draw_land(axes: Axes, boundary: BaseGeometry, districts: gpd.GeoDataFrame) -> None:
    """Draw the city under its links."""
    _draw_area(axes, boundary, facecolor=LAND, edgecolor="none", zorder=1)
    if len(districts) > 1:
        _draw_lines(axes, shapely.boundary(districts.geometry.to_numpy()), PALE, 0.6, 1.1)
    _draw_lines(axes, np.array([shapely.boundary(boundary)]), INK, 0.9, 1.2)


def _draw_borders(axes: Axes, boundary: BaseGeometry, districts: gpd.GeoDataFrame) -> None:
    """Draw the borders over coloured areas."""
    if len(districts) > 1:
        _draw_lines(axes, shapely.boundary(districts.geometry.to_numpy()), "white", 1.2, 5)
        _draw_lines(axes, shapely.boundary(districts.geometry.to_numpy()), GREY, 0.5, 5.1)
    _draw_lines(axes, np.array([shapely.boundary(boundary)]), INK, 0.9, 6)


def _border_rows(districts: gpd.GeoDataFrame) -> list[Row]:
    """Write the lines of a key that name the borders."""
    rows = [Row((TEXT["boundary"],), INK, 0.9)]
    return rows if len(districts) < 2 else [*rows, Row((TEXT["district_borders"],), PALE, 0.8)]


def _draw_names(axes: Axes, sheet: Sheet, places: Sequence[tuple[BaseGeometry, str, str]]) -> None:
    """
    Write each area's name inside it, or its short name, or nothing: labels never overlap.

    `places` are (area, name, short name), the most important first.
    """
    renderer = sheet.canvas.get_renderer()
    taken: list[tuple[float, float, float, float]] = []
    frame = axes.get_window_extent()
    for area, name, short in places:
        parts = shapely.get_parts(area)
        widest = parts[np.argmax(shapely.area(parts))]
        point = shapely.point_on_surface(widest)
        x, y = axes.transData.transform((point.x, point.y))
        for words in dict.fromkeys((readable(name).strip(), short)):
            if not words:
                continue
            w, h = 0.0, 0.0
            for line in words.split("\n"):
                size = FontProperties(family=FONT, size=7)
                wide, high, _ = renderer.get_text_width_height_descent(line, size, False)
                w, h = max(w, wide), h + 1.3 * high
            box = (x - w / 2 - 2, y - h / 2 - 2, x + w / 2 + 2, y + h / 2 + 2)
            inside = (
                box[0] > frame.x0 and box[2] < frame.x1 and box[1] > frame.y0 and box[3] < frame.y1
            )
            free = all(
                box[2] < t[0] or box[0] > t[2] or box[3] < t[1] or box[1] > t[3] for t in taken
            )
            corners = axes.transData.inverted().transform(np.reshape(box, (2, 2)))
            label = shapely.box(*corners.ravel())
            fits = words == short or shapely.intersection(label, widest).area > 0.95 * label.area
            if inside and free and fits:
                taken.append(box)
                axes.text(
                    point.x,
                    point.y,
                    words,
                    size=7,
                    ha="center",
                    va="center",
                    linespacing=1.15,
                    color=INK,
                    zorder=8,
                    path_effects=[withStroke(linewidth=2.2, foreground="white", alpha=0.85)],
                )
                break


def _draw_scale(sheet: Sheet, x: float, y: float, metres_per_inch: float) -> None:
    """Draw a scale bar of a round length and an arrow to grid north."""
    length = round_below(1.4 * metres_per_inch)
    bar = length / metres_per_inch
    for i, colour in enumerate((INK, "white")):
        sheet.paper.add_patch(
            Rectangle((x + i * bar / 2, y), bar / 2, 0.05, facecolor=colour, edgecolor=INK, lw=0.6)
        )
    unit, factor = ("km", 1e-3) if length >= 1000 else ("m", 1.0)
    for share in (0.0, 0.5, 1.0):
        words = number(share * length * factor)
        sheet.text(x + share * bar, y + 0.1, words, size=7, ha="left" if share == 0 else "center")
    sheet.text(x + bar + 0.12, y - 0.02, unit, size=7)
    tip = x + bar + 0.62
    sheet.paper.add_patch(
        Polygon([(tip, y + 0.2), (tip - 0.06, y), (tip, y + 0.045), (tip + 0.06, y)], color=INK)
    )
    sheet.text(tip, y + 0.23, "N", size=7, ha="center")


def _lay_out(
    extent: tuple[float, float, float, float],
    blocks: Sequence[Block],
    title: str,
    subtitle: str,
    source: str,
) -> tuple[Sheet, Axes]:
    """
    Place map, keys and scale bar on a sheet: keys beside a tall city, below a wide one.

    Returns
    -------
    Sheet
        The sheet, with everything but the map drawn.
    Axes
        The map's axes, in metres.
    """
    west, south, east, north = extent
    aspect = (east - west) / (north - south)
    if aspect > 1.25:
        blocks = [part for block in blocks for part in block.in_columns(_ROWS_IN_COLUMN)]
        map_width, map_height = _LARGEST_MAP[0], max(_LARGEST_MAP[0] / aspect, 1.2)
        width = map_width + 2 * MARGIN
        head, foot = head_and_foot(title, source, width)
        alone = len(blocks) == 1
        below = max(
            *(block.height for block in blocks),
            blocks[0].height + (0.0 if alone else 0.15 + _SCALE_HEIGHT),
        )
        bottom = foot + below + GAP
        sheet = Sheet(width, bottom + map_height + head)
        places = [(MARGIN + i * (PANEL + GAP), foot + below) for i in range(len(blocks))]
        scale = (
            (MARGIN + PANEL + 2 * GAP, foot + below - _SCALE_HEIGHT)
            if alone
            else (MARGIN, foot + below - blocks[0].height - 0.15 - _SCALE_HEIGHT)
        )
    else:
        stack = sum(block.height + 0.2 for block in blocks) + _SCALE_HEIGHT
        map_height = max(min(_LARGEST_MAP[1], (_LARGEST_MAP[0] - PANEL) / aspect), stack)
        map_width = max(min(map_height * aspect, _LARGEST_MAP[0] - PANEL), 2.6)
        width = MARGIN + map_width + GAP + PANEL + MARGIN
        head, bottom = head_and_foot(title, source, width)
        sheet = Sheet(width, bottom + map_height + head)
        left_edge, y, places = MARGIN + map_width + GAP, bottom + map_height, []
        for block in blocks:
            places.append((left_edge, y))
            y -= block.height + 0.2
        scale = (left_edge, bottom + 0.04)
    sheet.frame(title, subtitle, source)
    for block, (x, y) in zip(blocks, places, strict=True):
        draw_block(sheet, block, x, y, PANEL)
    metres_per_inch = max((east - west) / map_width, (north - south) / map_height)
    _draw_scale(sheet, *scale, metres_per_inch)
    axes = sheet.axes(MARGIN, bottom, map_width, map_height)
    middle = (west + east) / 2, (south + north) / 2
    half = metres_per_inch * map_width / 2, metres_per_inch * map_height / 2
    axes.set(
        xlim=(middle[0] - half[0], middle[0] + half[0]),
        ylim=(middle[1] - half[1], middle[1] + half[1]),
        xticks=[],
        yticks=[],
        facecolor=AROUND,
    )
    axes.spines[:].set_visible(False)
    return sheet, axes


def _ramp(n: int) -> list[str]:
    """Return `n` colours, light to dark, of a colour map whose steps look equally large."""
    shades = mpl.colormaps["magma_r"](np.linspace(0.1, 0.82, n) if n > 1 else [0.6])
    return [mpl.colors.to_hex(shade) for shade in shades]


def _key(
    limits: list[float],
    values: NDArray[np.float64],
    weights: NDArray[np.float64],
    widths: Sequence[float],
) -> list[Row]:
    """
    Write the lines of a key, highest class first, with each class's shares.

    `widths` [pt] are those of the classes of lines; empty: areas.
    """
    total = float(np.sum(values[np.isfinite(values)] * weights[np.isfinite(values)]))
    every = float(np.sum(weights))
    classes = np.digitize(values, limits)
    positive = np.isfinite(values) & (values > 0)
    rows = []
    for i, (label, colour) in enumerate(
        zip(class_labels(limits), _ramp(len(limits) + 1), strict=True)
    ):
        here = positive & (classes == i)
        shares = (
            percent(weights[here].sum(), every),
            percent(float(np.sum(values[here] * weights[here])), total),
        )
        rows.append(Row((label, *shares), colour, widths[i] if widths else None))
    rows.reverse()
    for name, here, colour in (
        ("zero", values == 0, PALE if widths else LAND),
        ("no_value", ~np.isfinite(values), MISSING),
    ):
        if here.any():
            share = percent(weights[here].sum(), every)
            rows.append(Row((TEXT[name], share, DASH), colour, 0.8 if widths else None))
    return rows


def draw_links_map(
    links: gpd.GeoDataFrame,
    boundary: BaseGeometry,
    districts: gpd.GeoDataFrame,
    path: Path,
    *,
    column: str,
    title: str,
    unit: str,
    source: str,
    subtitle: str = "",
) -> None:
    """
    Draw links coloured by an amount per km, the highest on top and widest.

    Parameters
    ----------
    links
        Rows with LineString or MultiLineString geometry in a projected CRS [m] and `column`.
        NaN: no value, drawn in blue-grey and named in the key. The two directions of a road
        may lie on one another; the higher is seen.
    boundary, districts
        City and its parts (`name`), in the same CRS.
    path
        PNG to write.
    column
        Amount per km, in `unit`.
    title, unit, source, subtitle
        Texts: `unit` heads the key.
    """
    lines = links.geometry.to_numpy()
    values = links[column].to_numpy(dtype=np.float64, na_value=np.nan)
    lengths = shapely.length(lines)
    limits = class_limits(values, lengths)
    n = len(limits) + 1
    widths = np.linspace(0.35, 1.9, n) if n > 1 else np.array([0.8])
    block = Block(
        unit,
        (TEXT["of_length"], TEXT["of_total"]),
        (*_key(limits, values, lengths, [float(w) for w in widths]), *_border_rows(districts)),
    )
    with plain_style():
        extent = map_extent(boundary, lines)
        sheet, axes = _lay_out(extent, [block], title, subtitle, source)
        _draw_land(axes, boundary, districts)
        _draw_lines(axes, lines[~np.isfinite(values)], MISSING, 0.5, 2)
        _draw_lines(axes, lines[values == 0], PALE, 0.35, 2.1)
        classes = np.digitize(values, limits)
        for i, (colour, width) in enumerate(zip(_ramp(n), widths, strict=True)):
            here = (values > 0) & (classes == i)
            _draw_lines(axes, lines[here], colour, float(width), 3 + 0.1 * i)
        _draw_names(axes, sheet, _places(districts))
        sheet.write(path)


def draw_grid_map(
    grid: Grid,
    values: NDArray[np.float64],
    boundary: BaseGeometry,
    districts: gpd.GeoDataFrame,
    path: Path,
    *,
    title: str,
    unit: str,
    source: str,
    subtitle: str = "",
    extent: tuple[float, float, float, float] | None = None,
) -> None:
    """
    Draw the cells of a grid coloured by an amount per area.

    Parameters
    ----------
    grid
        Where the cells lie, in the CRS of `boundary` and `districts`.
    values
        Shape (n_rows, n_columns), row 0 in the south, in `unit`. NaN: outside, not drawn.
    boundary, districts
        City and its parts (`name`).
    path
        PNG to write.
    title, unit, source, subtitle
        Texts: `unit` heads the key.
    extent
        West, south, east, north of the map [m]; default: the city.
    """
    limits = class_limits(values.ravel(), np.ones(values.size))
    known = values[np.isfinite(values)]
    block = Block(
        unit,
        (TEXT["of_area"], TEXT["of_total"]),
        (*_key(limits, known, np.ones(known.size), []), *_border_rows(districts)),
    )
    colours = [mpl.colors.to_rgba_array(c)[0] for c in _ramp(len(limits) + 1)]
    table = (np.array([*colours, (0, 0, 0, 0)]) * 255).round().astype(np.uint8)
    classes = np.where(values > 0, np.digitize(values, limits), len(colours))
    with plain_style():
        sheet, axes = _lay_out(extent or map_extent(boundary), [block], title, subtitle, source)
        _draw_area(axes, boundary, facecolor=LAND, edgecolor="none", zorder=1)
        axes.imshow(
            table[classes],
            extent=(
                grid.x0,
                grid.x0 + grid.n_columns * grid.cell_size_m,
                grid.y0,
                grid.y0 + grid.n_rows * grid.cell_size_m,
            ),
            origin="lower",
            aspect="auto",
            zorder=2,
        )
        _draw_borders(axes, boundary, districts)
        _draw_names(axes, sheet, _places(districts))
        sheet.write(path)


def draw_district_map(
    districts: gpd.GeoDataFrame,
    boundary: BaseGeometry,
    path: Path,
    *,
    column: str,
    total: str,
    title: str,
    unit: str,
    total_unit: str,
    source: str,
    subtitle: str = "",
) -> None:
    """
    Draw districts coloured by an amount per area, with a list of their totals.

    Parameters
    ----------
    districts
        Rows with polygon geometry in a projected CRS [m], `district_id`, `name`, `column`
        (amount per km2) and `total`. NaN: no value.
    boundary
        City, in the same CRS.
    path
        PNG to write.
    column, total
        Names of the two columns; `unit` and `total_unit` are theirs.
    title, unit, total_unit, source, subtitle
        Texts: `unit` heads the key, `total_unit` the list.
    """
    values = districts[column].to_numpy(dtype=np.float64, na_value=np.nan)
    totals = districts[total].to_numpy(dtype=np.float64, na_value=np.nan)
    areas = shapely.area(districts.geometry.to_numpy())
    limits = class_limits(values, areas)
    names = [readable(name).strip() or key for name, key in _names(districts)]
    order = np.lexsort((np.arange(len(totals)), -np.where(np.isfinite(totals), totals, -1.0)))
    everything = float(totals[np.isfinite(totals)].sum())
    shown = order if len(order) <= _LONGEST_LIST else order[: _LONGEST_LIST - 1]
    rows = [
        Row(
            (
                f"{str(rank).rjust(2, FIGURE_SPACE)}  {_cut(names[i], 19)}",
                number(totals[i]),
                percent(totals[i], everything),
            )
        )
        for rank, i in enumerate(shown, 1)
    ]
    rest = totals[order[len(shown) :]]
    if rest.size:
        more = float(rest[np.isfinite(rest)].sum())
        label = TEXT["others"].format(rest.size)
        rows.append(Row((label, number(more), percent(more, everything))))
    key = Block(
        unit,
        (TEXT["of_area"], TEXT["of_total"]),
        (*_key(limits, values, areas, []), *_border_rows(districts)),
    )
    listing = Block(total_unit, (total_unit.split(maxsplit=1)[0], TEXT["of_total"]), tuple(rows))
    with plain_style():
        extent = map_extent(boundary)
        sheet, axes = _lay_out(extent, [key, listing], title, subtitle, source)
        _draw_area(axes, boundary, facecolor=LAND, edgecolor="none", zorder=1)
        classes = np.digitize(values, limits)
        colours = _ramp(len(limits) + 1)
        for area, value, i in zip(districts.geometry, values, classes, strict=True):
            colour = MISSING if not math.isfinite(value) else colours[i] if value > 0 else LAND
            _draw_area(axes, area, facecolor=colour, edgecolor="none", zorder=2)
        _draw_borders(axes, boundary, districts)
        polygons = districts.geometry.to_numpy()
        _draw_names(
            axes,
            sheet,
            [(polygons[i], f"{rank}  {names[i]}", f"{rank}") for rank, i in enumerate(order, 1)],
        )
        sheet.write(path)


def draw_network_map(network: Network, path: Path, *, source: str = "") -> None:
    """
    Draw the links of a network by road class, with the length of each class.

    Parameters
    ----------
    network
        City, links, boundary and districts.
    path
        PNG to write.
    source
        Source line.
    """
    lines = network.links.geometry.to_numpy()
    road = network.links["road_class"].to_numpy()
    km = network.links["length_m"].to_numpy() / 1000.0
    present = [name for name in ROAD_CLASSES if (road == name).any()]
    rows = tuple(
        Row(
            (word(name), number(km[road == name].sum()), percent(km[road == name].sum(), km.sum())),
            *_ROAD_STYLE[name],
        )
        for name in present
    )
    rows = (*rows, *_border_rows(network.districts))
    block = Block(TEXT["road_class"], (TEXT["direction_km"], TEXT["of_length"]), rows)
    with plain_style():
        extent = map_extent(network.boundary, lines)
        title = TEXT["network"].format(network.city)
        subtitle = TEXT["link_count"].format(f"{len(lines):,}")
        sheet, axes = _lay_out(extent, [block], title, subtitle, source)
        _draw_land(axes, network.boundary, network.districts)
        for i, name in enumerate(reversed(present)):
            _draw_lines(axes, lines[road == name], *_ROAD_STYLE[name], 3 + 0.1 * i)
        _draw_names(axes, sheet, _places(network.districts))
        sheet.write(path)


def _names(districts: gpd.GeoDataFrame) -> list[tuple[str, str]]:
    """Return (name, district_id) of each district; the id stands in for a missing name."""
    ids = districts["district_id"].astype(str)
    names = districts["name"].where(districts["name"].notna(), ids).astype(str)
    return list(zip(names, ids, strict=True))


def _places(districts: gpd.GeoDataFrame) -> list[tuple[BaseGeometry, str, str]]:
    """Return the districts to name, the largest first; a city of one needs no name."""
    if len(districts) < 2:
        return []
    areas = districts.geometry.to_numpy()
    names = _names(districts)
    return [(areas[i], names[i][0], "") for i in np.argsort(-shapely.area(areas), kind="stable")]


def _cut(words: str, letters: int) -> str:
    """Shorten words to the room there is."""
    return words if len(words) <= letters else words[: letters - 1].rstrip() + "…"
