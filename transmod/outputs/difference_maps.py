"""Maps of the difference between two runs: less in blue, more in red."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.collections import PatchCollection
from matplotlib.patches import Rectangle
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
from transmod.outputs.maps import places_to_name
from transmod.outputs.sheet import Block, Row, plain_style
from transmod.outputs.wording import DASH, TEXT, class_limits, number, percent

if TYPE_CHECKING:
    import geopandas as gpd

    from transmod.inputs.network import Network

Floats = NDArray[np.float64]

_N_STEPS = 3  # on either side
_ALIKE, _MISSING = "#b9bec3", "#c8a24a"  # not blue: that means less
_ALIKE_AREA = "#e4e6e8"  # as dark as lines need, an area would hide the others
_THINNEST, _WIDEST = 0.4, 2.2  # pt


def draw_link_differences(  # noqa: PLR0913  a map has many texts
    links: gpd.GeoDataFrame,
    network: Network,
    path: Path,
    *,
    column: str,
    title: str,
    unit: str,
    mass: str,
    source: str,
    subtitle: str,
) -> None:
    """
    Draw by how much links differ per km, the largest differences on top and widest.

    Parameters
    ----------
    links
        `schema.LINK_DIFFERENCES`, in a projected CRS [m].
    network
        City and districts, in any CRS that `links` can be brought into.
    path
        PNG to write.
    column
        Which difference [t].
    title, unit, mass, source, subtitle
        Texts: `unit` heads the key, `mass` its sums.
    """
    lines = links.geometry.to_numpy()
    amounts = links[column].to_numpy(np.float64, na_value=np.nan)
    km = links["length_m"].to_numpy(np.float64) / 1e3
    values = np.divide(amounts, km, out=np.full(km.size, np.nan), where=km > 0.0)
    limits = _limits(values, km)
    classes = _classify(values, limits)
    n = len(limits)
    widths = {step: _width(abs(step), n) for step in range(-n, n + 1)}
    boundary, districts = network.boundary, network.districts
    block = Block(
        unit,
        (TEXT["of_length"], mass),
        (*_key(limits, classes, amounts, km, widths), *border_rows(districts)),
    )
    with plain_style():
        sheet, axes = lay_out(map_extent(boundary, lines), [block], title, subtitle, source)
        draw_land(axes, boundary, districts)
        draw_lines(axes, lines[np.isnan(values)], _MISSING, 0.5, 2)
        for step in sorted(widths, key=abs):
            here = classes == step
            draw_lines(axes, lines[here], _colour(step, n), widths[step], 3 + 0.1 * abs(step))
        draw_names(axes, places_to_name(districts), 6.5)
        sheet.write(path)


def draw_cell_differences(  # noqa: PLR0913  a map has many texts
    x: Floats,
    y: Floats,
    amounts: Floats,
    cell_size_m: float,
    network: Network,
    path: Path,
    *,
    title: str,
    unit: str,
    mass: str,
    source: str,
    subtitle: str,
) -> None:
    """
    Draw by how much cells differ per km2.

    Parameters
    ----------
    x, y
        (N,) centres of the cells [m], in the CRS of the network.
    amounts
        (N,) differences [t], NaN where not known.
    cell_size_m
        Side of a cell [m].
    network, path, title, unit, mass, source, subtitle
        As in `draw_link_differences`.
    """
    area = np.full(amounts.size, (cell_size_m / 1e3) ** 2)
    values = amounts / area
    limits = _limits(values, area)
    classes = _classify(values, limits)
    n = len(limits)
    boundary, districts = network.boundary, network.districts
    block = Block(
        unit,
        (TEXT["of_area"], mass),
        (*_key(limits, classes, amounts, area, {}), *border_rows(districts)),
    )
    with plain_style():
        sheet, axes = lay_out(map_extent(boundary), [block], title, subtitle, source)
        draw_area(axes, boundary, facecolor=LAND, edgecolor="none", zorder=1)
        shown = np.flatnonzero(values != 0.0)
        half = cell_size_m / 2
        axes.add_collection(
            PatchCollection(
                [Rectangle((x[i] - half, y[i] - half), 2 * half, 2 * half) for i in shown],
                facecolor=[
                    _MISSING if np.isnan(values[i]) else _colour(int(classes[i]), n, _ALIKE_AREA)
                    for i in shown
                ],
                edgecolor="none",
                antialiased=False,  # no seams between cells
                zorder=2,
            ),
            autolim=False,
        )
        draw_borders(axes, boundary, districts)
        draw_names(axes, places_to_name(districts), 6.5)
        sheet.write(path)


def _limits(values: Floats, weights: Floats) -> list[float]:
    """Choose round limits of the size of a difference: the upper ones of a map's classes."""
    known = np.isfinite(values)
    return class_limits(np.abs(values[known]), weights[known])[-_N_STEPS:]


def _classify(values: Floats, limits: list[float]) -> NDArray[np.int64]:
    """Return the step of each value: 0 where hardly anything changed, < 0 for less."""
    steps = np.digitize(np.abs(values), limits)
    return np.where(np.isnan(values), -99, np.sign(np.nan_to_num(values)) * steps).astype(np.int64)


def _colour(step: int, n: int, alike: str = _ALIKE) -> str:
    if step == 0:
        return alike
    depth = 0.17 + 0.27 * (abs(step) / max(n, 1))  # from pale to dark on either side
    return str(mpl.colors.to_hex(mpl.colormaps["RdBu_r"](0.5 + np.sign(step) * depth)))


def _width(size: int, n: int) -> float:
    return _THINNEST + (_WIDEST - _THINNEST) * size / max(n, 1)


def _key(
    limits: list[float],
    classes: NDArray[np.int64],
    amounts: Floats,
    weights: Floats,
    widths: dict[int, float],
) -> list[Row]:
    """Write the lines of a key, from most to least, with shares and sums."""
    n, every = len(limits), float(weights.sum())
    written = [number(limit) for limit in limits]
    rows = []
    for step in range(n, -n - 1, -1):
        here = classes == step
        if step == 0:
            label = TEXT["alike"].format(written[0]) if written else TEXT["zero"]
        else:
            sign = "+" if step > 0 else "\N{MINUS SIGN}"
            at = abs(step) - 1
            label = f"{sign}{written[at]}"
            label = (
                TEXT["or_more" if step > 0 else "or_less"].format(label)
                if at == n - 1
                else TEXT["between"].format(label, f"{sign}{written[at + 1]}")
            )
        cells = (label, percent(float(weights[here].sum()), every), signed(amounts[here].sum()))
        colour = _colour(step, n, _ALIKE if widths else _ALIKE_AREA)
        rows.append(Row(cells, colour, widths.get(step)))
    missing = classes == -99
    if missing.any():
        share = percent(float(weights[missing].sum()), every)
        rows.append(Row((TEXT["no_value"], share, DASH), _MISSING, 0.8 if widths else None))
    known = np.isfinite(amounts)
    return [*rows, Row((TEXT["sum"], "", signed(float(amounts[known].sum()))), None)]


def signed(value: float) -> str:
    """Write a difference with its sign."""
    sign = "+" if value > 0 else "\N{MINUS SIGN}" if value < 0 else ""
    return sign + number(abs(value))
