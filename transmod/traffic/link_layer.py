"""Make the table of links out of a planner's link layer."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from transmod.errors import Faults
from transmod.inputs.checks import check_table, first_of, listed
from transmod.inputs.layers import to_metric
from transmod.inputs.link_columns import UNITS, ColumnSource, LinkColumns
from transmod.inputs.projections import WGS84
from transmod.schema import LINKS, Column
from transmod.traffic.junctions import measure_lines
from transmod.traffic.network import Links, complete_links
from transmod.units import convert

# a node is where links end, to this many metres
SNAP_M = 0.01

# a stated length this many times longer or shorter than the line is in another unit
_UNIT_SLIP = 5.0

# columns in which an unknown value is filled by road class
_FILLED = ("is_urban", "lanes", "free_speed_kmh", "capacity_pcu_h", "gradient")
_HALF = 0.5
_RAMP = "_link"  # as OpenStreetMap writes it: a motorway_link is a ramp of motorways


def layer_links(layer: gpd.GeoDataFrame, columns: LinkColumns) -> Links:
    """
    Turn a planner's link layer into links, in the CRS of the layer.

    Without a `link_id` of its own, a line's number in the file is its id, from 0; of a layer of
    roads (`direction = "both"`) line i gives the links 2 i, as drawn, and 2 i + 1, against it.
    Without nodes of its own, links meet where their ends lie within `SNAP_M`. Without a length of
    its own, a link is as long as its line on the WGS 84 ellipsoid.

    Parameters
    ----------
    layer : GeoDataFrame
        Lines, checked by `transmod.inputs.layers.read_link_layer`.
    columns : LinkColumns
        What its columns are.

    Raises
    ------
    InputError
        With every fault of the mapped columns.
    """
    faults = Faults()
    notes: list[str] = []
    values = _take_columns(layer, columns, notes, faults)
    faults.raise_any()
    lines = layer.geometry.to_numpy()
    length = measure_lines(layer.geometry.to_crs(WGS84).to_numpy())
    if "length_m" in values:
        _check_length(values["length_m"].to_numpy(np.float64), length, notes, faults)
    else:
        values["length_m"] = pd.Series(length)
    if "from_node" not in values or "to_node" not in values:
        values["from_node"], values["to_node"] = find_nodes(layer.geometry)
    table = gpd.GeoDataFrame(pd.DataFrame(values), geometry=lines, crs=layer.crs)
    if columns.direction == "both":
        table = _both_directions(table)
    table = _with_all_columns(table)
    urban = table.pop("is_urban").to_numpy(np.float64)
    assumed = {"is_ramp": np.full(len(table), "is_ramp" not in values)}
    table = complete_links(table, urban, assumed, np.empty(0, object))
    table = table.sort_values("link_id", ignore_index=True)
    check_table(table, LINKS, "the link layer", faults)
    faults.raise_any()
    return Links(table, tuple(notes))


def _take_columns(
    layer: gpd.GeoDataFrame, columns: LinkColumns, notes: list[str], faults: Faults
) -> dict[str, pd.Series]:
    """Take the mapped and the constant columns, in our units."""
    absent = sorted({c.column for c in columns.columns.values()} - set(layer.columns))
    if absent:
        have = ", ".join(name for name in layer.columns if name != layer.geometry.name)
        faults.add(
            f"The link layer must have the mapped columns: {', '.join(absent)} not found, it has "
            f"{have}."
        )
    values: dict[str, pd.Series] = {}
    for name, source in columns.columns.items():
        if source.column in layer.columns:
            theirs = layer[source.column].reset_index(drop=True)
            values[name] = _convert(theirs, LINKS[name], source, notes, faults)
    for name, value in columns.constants.items():
        constant = pd.Series([value] * len(layer))
        values[name] = _convert(constant, LINKS[name], ColumnSource(name), notes, faults)
    if "road_class" in values:
        _tell_ramps(values)
    return values


def _tell_ramps(values: dict[str, pd.Series]) -> None:
    """Part classes of OpenStreetMap in class and ramp; a column of ramps has the last word."""
    text = values["road_class"].astype(object)
    is_ramp = text.map(lambda name: str(name).endswith(_RAMP)).astype(bool)
    if is_ramp.any():
        values["road_class"] = text.where(~is_ramp, text.astype(str).str.removesuffix(_RAMP))
        values.setdefault("is_ramp", is_ramp)


def _convert(
    theirs: pd.Series, ours: Column, source: ColumnSource, notes: list[str], faults: Faults
) -> pd.Series:
    label = f"`{source.column}` of the link layer, our `{ours.name}` [{ours.unit}],"
    unknown = (theirs.isna() | theirs.isin(source.missing)).to_numpy()
    if source.values:
        text = theirs.map(_text, na_action="ignore")
        strange = ~unknown & ~text.isin(source.values).to_numpy()
        if strange.any():
            found = sorted(set(text[strange]))
            faults.add(
                f"{label} must be one of {', '.join(source.values)}: {listed(map(repr, found))} "
                f"found, in {int(strange.sum())} of {len(text)} rows. Add it to `values`."
            )
        theirs = text.map(source.values)
    if unknown.any():
        if ours.name in _FILLED:
            notes.append(
                f"`{ours.name}` is unknown for {int(unknown.sum())} of {len(unknown)} lines: "
                f"assumed by road class."
            )
        elif not ours.nullable:
            faults.add(f"{label} must be present: {first_of(unknown, _row, theirs)}.")
    if ours.dtype == "string":
        return theirs.map(_text, na_action="ignore").astype(object).mask(unknown, None)
    numbers = _numbers(theirs.mask(unknown), unknown, label, faults)
    _check_values(numbers, unknown, ours, label, faults)
    if ours.dtype == "int64" and (not unknown.any() or ours.nullable):
        return numbers.round().astype("Int64" if ours.nullable else "int64")
    if ours.name == "is_ramp":
        return numbers == 1.0
    if source.unit is not None:
        numbers *= convert(1.0, source.unit, UNITS[ours.name])
    return numbers * _HALF if source.both_directions else numbers


def _numbers(
    theirs: pd.Series, unknown: NDArray[np.bool_], label: str, faults: Faults
) -> pd.Series:
    numbers = pd.to_numeric(theirs, errors="coerce").astype(np.float64)
    text = numbers.isna().to_numpy() & ~unknown
    if text.any():
        faults.add(f"{label} must be a number: {first_of(text, _row, theirs)}.")
    return numbers


def _check_values(
    numbers: pd.Series, unknown: NDArray[np.bool_], ours: Column, label: str, faults: Faults
) -> None:
    values = numbers.to_numpy()
    rules = [("be finite", np.isinf(values))]
    if ours.positive:
        rules.append(("be > 0", ~unknown & (values <= 0.0)))
    if ours.dtype == "int64":
        rules.append(("be whole", ~unknown & np.isfinite(values) & (values != np.floor(values))))
    if ours.dtype == "bool":
        rules.append(("be true or false", ~unknown & ~np.isin(values, (0.0, 1.0))))
    for rule, bad in rules:
        if bad.any():
            way_out = " Name values that mean unknown in `missing`." if ours.positive else ""
            faults.add(f"{label} must {rule}: {first_of(bad, _row, values)}.{way_out}")


def _text(value: Any) -> str:
    """Write a value as in the mapping: 7.0 of a numeric column is "7"."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _row(position: int) -> str:
    return f"row {position + 1}"


def _check_length(
    stated: NDArray[np.float64], drawn: NDArray[np.float64], notes: list[str], faults: Faults
) -> None:
    ratio = float(stated.sum() / drawn.sum())
    if not 1.0 / _UNIT_SLIP < ratio < _UNIT_SLIP:
        faults.add(
            f"`length_m` of the link layer must be in the unit that is stated: it sums to "
            f"{stated.sum() / 1000.0:.6g} km, the lines to {drawn.sum() / 1000.0:.6g} km."
        )
    elif abs(ratio - 1.0) > 1e-3:
        notes.append(f"The stated lengths are {ratio - 1.0:+.2%} of those of the lines.")


def find_nodes(lines: gpd.GeoSeries) -> tuple[pd.Series, pd.Series]:
    """Give the places where links end a number, by position."""
    flat = to_metric(lines).to_numpy()
    ends = np.concatenate([shapely.get_point(flat, 0), shapely.get_point(flat, -1)])
    steps = np.round(shapely.get_coordinates(ends) / SNAP_M).astype(np.int64)
    _, node = np.unique(steps, axis=0, return_inverse=True)
    node = node.reshape(-1).astype(np.int64)
    return pd.Series(node[: len(flat)]), pd.Series(node[len(flat) :])


def _both_directions(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give each line a link as drawn and one against it."""
    back = table.copy()
    back["from_node"], back["to_node"] = table["to_node"], table["from_node"]
    back = back.set_geometry(table.geometry.reverse())
    if "gradient" in table:
        back["gradient"] = -table["gradient"] + 0.0
    both = gpd.GeoDataFrame(pd.concat([table, back], ignore_index=True), crs=table.crs)
    number = np.arange(len(both), dtype=np.int64) % len(table)
    stated = table["link_id"].to_numpy() if "link_id" in table else np.arange(len(table))
    both["link_id"] = 2 * stated[number] + (np.arange(len(both)) >= len(table))
    return both.sort_values("link_id", ignore_index=True)


def _with_all_columns(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add the columns that were not given, as unknown."""
    for name in (*_FILLED, "is_ramp", "name", "osm_way_id", "link_id"):
        if name not in table:
            if name in _FILLED:
                table[name] = np.nan
            elif name == "is_ramp":
                table[name] = False
            elif name == "name":
                table[name] = pd.Series([None] * len(table), dtype=object)
            elif name == "osm_way_id":
                table[name] = pd.array([None] * len(table), "Int64")
            else:
                table[name] = np.arange(len(table), dtype=np.int64)
    return table
