"""Maps of links, cells, districts and the network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import shapely
from numpy.typing import NDArray

from transmod.outputs.base_map import (
    LAND,
    border_rows,
    draw_area,
    draw_borders,
    draw_land,
    draw_lines,
    draw_names,
    lay_out,
    map_extent,
)
from transmod.outputs.sheet import PALE, Block, Row, plain_style, readable
from transmod.outputs.wording import (
    DASH,
    FIGURE_SPACE,
    TEXT,
    class_labels,
    class_limits,
    number,
    percent,
    word,
)
from transmod.schema import ROAD_CLASSES

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from transmod.inputs.network import Network
    from transmod.model.grid import Grid

MISSING = "#6fa3d8"
_LONGEST_LIST = 20
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


def _ramp(n: int) -> list[str]:
    """Return `n` colours, light to dark, of a colour map whose steps look equally large."""
    shades = mpl.colormaps["magma_r"](np.linspace(0.1, 0.82, n) if n > 1 else [0.6])
    return [mpl.colors.to_hex(shade) for shade in shades]


def _ends(values: NDArray[np.float64]) -> tuple[float, float]:
    return float(values.min()), float(values.max())


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
    labels = class_labels(limits, *_ends(values[positive])) if positive.any() else []
    for i, label in enumerate(labels):
        colour = _ramp(len(limits) + 1)[i]
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


def draw_links_map(  # noqa: PLR0913  a map has many texts
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
        (*_key(limits, values, lengths, [float(w) for w in widths]), *border_rows(districts)),
    )
    with plain_style():
        extent = map_extent(boundary, lines)
        sheet, axes = lay_out(extent, [block], title, subtitle, source)
        draw_land(axes, boundary, districts)
        draw_lines(axes, lines[~np.isfinite(values)], MISSING, 0.5, 2)
        draw_lines(axes, lines[values == 0], PALE, 0.35, 2.1)
        classes = np.digitize(values, limits)
        for i, (colour, width) in enumerate(zip(_ramp(n), widths, strict=True)):
            here = (values > 0) & (classes == i)
            draw_lines(axes, lines[here], colour, float(width), 3 + 0.1 * i)
        draw_names(axes, places_to_name(districts), 6.5)
        sheet.write(path)


def draw_grid_map(  # noqa: PLR0913  a map has many texts
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
        (*_key(limits, known, np.ones(known.size), []), *border_rows(districts)),
    )
    colours = [mpl.colors.to_rgba_array(c)[0] for c in _ramp(len(limits) + 1)]
    table = (np.array([*colours, (0, 0, 0, 0)]) * 255).round().astype(np.uint8)
    classes = np.where(values > 0, np.digitize(values, limits), len(colours))
    with plain_style():
        sheet, axes = lay_out(extent or map_extent(boundary), [block], title, subtitle, source)
        draw_area(axes, boundary, facecolor=LAND, edgecolor="none", zorder=1)
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
        draw_borders(axes, boundary, districts)
        draw_names(axes, places_to_name(districts), 6.5)
        sheet.write(path)


def draw_district_map(  # noqa: PLR0913  a map has many texts
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
                f"{str(rank).rjust(2, FIGURE_SPACE)}. {names[i]}",
                number(totals[i]),
                percent(totals[i], everything),
            )
        )
        for rank, i in enumerate(shown, 1)
    ]
    rest = totals[order[len(shown) :]]
    if rest.size:
        more = float(rest[np.isfinite(rest)].sum())
        label = 3 * FIGURE_SPACE + TEXT["others"].format(rest.size)
        rows.append(Row((label, number(more), percent(more, everything))))
    key = Block(
        unit,
        (TEXT["of_area"], TEXT["of_total"]),
        (*_key(limits, values, areas, []), *border_rows(districts)),
    )
    listing = Block(
        TEXT["ranked"].format(total_unit),
        (total_unit.split(maxsplit=1)[0], TEXT["of_total"]),
        tuple(rows),
    )
    with plain_style():
        extent = map_extent(boundary)
        sheet, axes = lay_out(extent, [key, listing], title, subtitle, source)
        draw_area(axes, boundary, facecolor=LAND, edgecolor="none", zorder=1)
        classes = np.digitize(values, limits)
        colours = _ramp(len(limits) + 1)
        fills = [
            MISSING if not math.isfinite(value) else colours[i] if value > 0 else LAND
            for value, i in zip(values, classes, strict=True)
        ]
        for area, fill in zip(districts.geometry, fills, strict=True):
            draw_area(axes, area, facecolor=fill, edgecolor="none", zorder=2)
        draw_borders(axes, boundary, districts)
        polygons = districts.geometry.to_numpy()
        draw_names(
            axes,
            [
                (polygons[i], f"{rank}. {names[i]}", f"{rank}.", fills[i])
                for rank, i in enumerate(order, 1)
            ],
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
    rows = (*rows, *border_rows(network.districts))
    block = Block(TEXT["road_class"], (TEXT["direction_km"], TEXT["of_length"]), rows)
    with plain_style():
        extent = map_extent(network.boundary, lines)
        title = TEXT["network"].format(network.city)
        subtitle = TEXT["link_count"].format(f"{len(lines):,}")
        sheet, axes = lay_out(extent, [block], title, subtitle, source)
        draw_land(axes, network.boundary, network.districts)
        for i, name in enumerate(reversed(present)):
            draw_lines(axes, lines[road == name], *_ROAD_STYLE[name], 3 + 0.1 * i)
        draw_names(axes, places_to_name(network.districts), 6.5)
        sheet.write(path)


def _names(districts: gpd.GeoDataFrame) -> list[tuple[str, str]]:
    """Return (name, district_id) of each district; the id stands in for a missing name."""
    ids = districts["district_id"].astype(str)
    names = districts["name"].where(districts["name"].notna(), ids).astype(str)
    return list(zip(names, ids, strict=True))


def places_to_name(districts: gpd.GeoDataFrame) -> list[tuple[BaseGeometry, str, str, str]]:
    """Return the districts to name, the largest first; a city of one needs no name."""
    if len(districts) < 2:
        return []
    areas = districts.geometry.to_numpy()
    names = _names(districts)
    return [
        (areas[i], names[i][0], "", LAND) for i in np.argsort(-shapely.area(areas), kind="stable")
    ]
