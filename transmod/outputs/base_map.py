"""
What every map is made of: the sheet it lies on, the city's land and borders, names, a scale bar.

The key, the scale bar and the texts stand beside or below the map, never on it, whatever the
shape of the city.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Polygon, Rectangle
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from transmod.outputs.sheet import (
    DPI,
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
    readable,
    width_of,
)
from transmod.outputs.wording import TEXT, number, round_below

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

LAND, AROUND = "#ffffff", "#e9edf0"
_LARGEST_MAP = (8.6, 7.2)  # in: three panels wide
_ROWS_IN_COLUMN = 12
_SHORTEST_SIDE = 100.0  # m: of a city of one link
_SCALE_HEIGHT = 0.42  # in
_VERTICES = 20_000  # in one drawn path: Agg has room for so many


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
    pad = 0.02 * max(east - west, north - south, _SHORTEST_SIDE)
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


def draw_lines(
    axes: Axes, lines: NDArray[np.object_], colour: str, width: float, order: float
) -> None:
    """Draw lines of one colour and width [pt]; a higher `order` lies on top."""
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


def draw_area(axes: Axes, area: BaseGeometry, **style: Any) -> None:
    """Draw a polygon with its holes."""
    # normal form: holes run the other way round than their outline
    rings = shapely.get_rings(shapely.get_parts(shapely.normalize(area)))
    outlines = [Outline(shapely.get_coordinates(ring), closed=True) for ring in rings]
    if outlines:
        axes.add_artist(PathPatch(Outline.make_compound_path(*outlines), **style))


def draw_land(axes: Axes, boundary: BaseGeometry, districts: gpd.GeoDataFrame) -> None:
    """Draw the city under its links."""
    draw_area(axes, boundary, facecolor=LAND, edgecolor="none", zorder=1)
    if len(districts) > 1:
        draw_lines(axes, shapely.boundary(districts.geometry.to_numpy()), PALE, 0.6, 1.1)
    draw_lines(axes, np.array([shapely.boundary(boundary)]), INK, 0.9, 1.2)


def draw_borders(axes: Axes, boundary: BaseGeometry, districts: gpd.GeoDataFrame) -> None:
    """Draw the borders over coloured areas."""
    if len(districts) > 1:
        draw_lines(axes, shapely.boundary(districts.geometry.to_numpy()), "white", 1.2, 5)
        draw_lines(axes, shapely.boundary(districts.geometry.to_numpy()), GREY, 0.5, 5.1)
    draw_lines(axes, np.array([shapely.boundary(boundary)]), INK, 0.9, 6)


def border_rows(districts: gpd.GeoDataFrame) -> list[Row]:
    """Write the lines of a key that name the borders."""
    rows = [Row((TEXT["boundary"],), INK, 0.9)]
    return rows if len(districts) < 2 else [*rows, Row((TEXT["district_borders"],), PALE, 0.8)]


def _is_dark(colour: str) -> bool:
    red, green, blue = mpl.colors.to_rgb(colour)
    return 0.3 * red + 0.59 * green + 0.11 * blue < 0.5


def draw_names(
    axes: Axes, places: Sequence[tuple[BaseGeometry, str, str, str]], size: float = 7
) -> None:
    """
    Write each area's name inside it, or its short name, or nothing: labels never overlap.

    `places` are (area, name, short name, colour of the area), the most important first.
    """
    per_inch = (axes.get_xlim()[1] - axes.get_xlim()[0]) / (axes.get_window_extent().width / DPI)
    taken: list[BaseGeometry] = [shapely.box(*axes.viewLim.extents).exterior]
    for area, name, short, fill in places:
        parts = shapely.get_parts(area)
        widest = parts[np.argmax(shapely.area(parts))]
        smooth = shapely.simplify(widest, 0.01 * math.sqrt(widest.area))
        reach = shapely.maximum_inscribed_circle(smooth, 0.02 * math.sqrt(widest.area))
        points = shapely.points([*shapely.get_coordinates(reach)[:1], _inside(widest)])
        for words, point in product(_broken(readable(name).strip(), short), points):
            lines = words.split("\n")
            half_width = max(width_of(line, size) for line in lines) / 2 * per_inch
            half_height = 1.25 * size / 72 * len(lines) / 2 * per_inch
            label = shapely.box(
                point.x - half_width,
                point.y - half_height,
                point.x + half_width,
                point.y + half_height,
            )
            fits = words == short or shapely.intersection(label, widest).area > 0.97 * label.area
            if not fits or any(label.intersects(other) for other in taken):
                continue
            taken.append(label)
            axes.text(
                point.x,
                point.y,
                words,
                size=size,
                ha="center",
                va="center",
                linespacing=1.15,
                color="white" if _is_dark(fill) else INK,
                zorder=8,
                path_effects=[withStroke(linewidth=2.2, foreground=fill, alpha=0.8)],
            )
            break


def _inside(area: BaseGeometry) -> tuple[float, float]:
    point = shapely.point_on_surface(area)
    return point.x, point.y


def _broken(name: str, short: str) -> list[str]:
    """Return the ways to write a name, best first: in one line, in two, short."""
    if not name:
        return [short] if short else []
    pieces = name.rsplit(" ", 1)
    ways = [name, "\n".join(pieces), short]
    return [way for way in dict.fromkeys(ways) if way]


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


def lay_out(
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
            blocks[0].height + (0.0 if alone else 0.3 + _SCALE_HEIGHT),
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
