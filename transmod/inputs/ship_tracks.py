"""Tracks of ships: positions block by block, the register of ships, and areas of a port."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from transmod.errors import Faults, InputError
from transmod.inputs.checks import check_table, first_of, listed
from transmod.inputs.layers import read_layer
from transmod.inputs.network import Network
from transmod.inputs.ship_tables import ShipTables
from transmod.inputs.ships import complete_ships
from transmod.inputs.tables import check_file, read_csv, read_parquet
from transmod.schema import SHIP_POSITIONS, SHIP_REGISTER

AREA_KINDS = ("berth", "anchorage", "land")
BLOCK = 1 << 18  # positions that are worked on at once
UNKNOWN_SPEED_KN = 102.2  # from here on an AIS message says that it does not know
_CSV_BLOCK = 1 << 24  # bytes
_NEARBY_DEG = 5.0  # some position must be as near to the city

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Block:
    """Positions of a block: row of the register, time [s], degrees, speed [kn] (-1: not known)."""

    ship: NDArray[np.int64]
    time: Floats
    longitude: Floats
    latitude: Floats
    speed: Floats


@dataclass(frozen=True, eq=False)
class Tracks:
    """
    Tracks of ships.

    Attributes
    ----------
    paths : tuple of Path
        Files of positions, in the order in which they are read.
    register : DataFrame
        Columns of `schema.SHIP_REGISTER` and those of `complete_ships`, sorted by `ship_id`.
    areas : GeoDataFrame
        `kind`, `name`, `in_city` and polygons in the working CRS.
    n_positions, n_unknown_ship, n_no_position : int
        Rows; those of ships that the register lacks; those that say they do not know where.
    seconds : float
        From the first to the last position.
    notes : tuple of str
        What was left out.
    """

    paths: tuple[Path, ...]
    register: pd.DataFrame
    areas: gpd.GeoDataFrame
    n_positions: int
    n_unknown_ship: int
    n_no_position: int
    seconds: float
    notes: tuple[str, ...]

    def blocks(self) -> Iterator[Block]:
        """Read the positions of known ships again, block by block."""
        for path in self.paths:
            for table in _read_blocks(path):
                block, _ = _to_block(table, self.register["ship_id"])
                yield block


@dataclass
class _Tally:
    """What is wrong with positions, counted over all blocks."""

    rows: int = 0
    bad: dict[str, int] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)
    nowhere: int = 0
    near: int = 0
    begin: float = np.inf
    end: float = -np.inf
    last: dict[str, float] = field(default_factory=dict)

    def note(self, what: str, bad: NDArray[np.bool_], values: pa.ChunkedArray) -> None:
        """Count bad rows and keep the first."""
        if bad.any():
            k = int(np.flatnonzero(bad)[0])
            self.bad[what] = self.bad.get(what, 0) + int(bad.sum())
            self.first.setdefault(what, f"row {self.rows + k + 1} (value {values[k].as_py()!r})")


def read_register(path: Path, tables: ShipTables) -> pd.DataFrame:
    """
    Read and complete a register of ships (`schema.SHIP_REGISTER`), CSV or Parquet.

    Raises
    ------
    InputError
        With every fault: also a ship that stands twice, a type or fuel that is not known.
    """
    path, faults = Path(path), Faults()
    if path.suffix == ".parquet":
        ships = read_parquet(path)
        ships["ship_id"] = ships["ship_id"].astype(str) if "ship_id" in ships else None
    else:
        ships = read_csv(path, SHIP_REGISTER, faults)
    check_table(ships, SHIP_REGISTER, str(path), faults)
    faults.raise_any()
    ships = ships.sort_values("ship_id", ignore_index=True)
    names = ships["ship_id"]
    full = complete_ships(ships, tables, str(path), faults, lambda k: f"ship {names.iloc[k]}")
    faults.raise_any()
    assert full is not None
    return full


def read_areas(path: Path, network: Network | None) -> gpd.GeoDataFrame:
    """
    Read areas of a port: polygons with `kind` (berth, anchorage, land), `in_city` and `name`.

    `in_city` says that what happens there is in the city although its boundary leaves the water
    out; default: yes for berths, no for others. Land is where no ship can be.

    Raises
    ------
    InputError
        With every fault.
    """
    layer, faults = read_layer(Path(path)), Faults()
    if "kind" not in layer.columns:
        raise InputError(f"{path} must have a column kind, one of {', '.join(AREA_KINDS)}.")
    bad = ~layer["kind"].isin(AREA_KINDS).to_numpy()
    if bad.any():
        faults.add(
            f"`kind` of {path} must be one of {', '.join(AREA_KINDS)}: "
            f"{first_of(bad, lambda k: f'area {k + 1}', layer['kind'])}."
        )
    shapes = ~layer.geom_type.isin(["Polygon", "MultiPolygon"]).to_numpy()
    if shapes.any():
        faults.add(
            f"Areas of {path} must be polygons: "
            f"{first_of(shapes, lambda k: f'area {k + 1}', layer.geom_type)}."
        )
    faults.raise_any()
    usual = layer["kind"] == "berth"
    given = layer["in_city"] if "in_city" in layer.columns else pd.Series(None, layer.index)
    in_city = given.where(given.notna(), usual).astype(bool)
    name = layer["name"] if "name" in layer.columns else layer["kind"]
    areas = gpd.GeoDataFrame(
        {"kind": layer["kind"], "name": name, "in_city": in_city},
        geometry=layer.geometry.make_valid(),
        crs=layer.crs,
    )
    return areas if network is None else areas.to_crs(network.crs)


def read_tracks(
    paths: list[Path],
    register: pd.DataFrame,
    areas: gpd.GeoDataFrame,
    city: tuple[float, float] | None,
    *,
    leave_unknown_out: bool = False,
) -> Tracks:
    """
    Check files of positions from end to end (`schema.SHIP_POSITIONS`), block by block.

    Parameters
    ----------
    paths : list of Path
        Parquet or CSV files, in the order of time if there are several.
    register : DataFrame
        As `read_register` gives it.
    areas : GeoDataFrame
        As `read_areas` gives it.
    city : (longitude, latitude), optional
        A point of the city [degrees]; None: not compared.
    leave_unknown_out : bool
        Positions of ships that the register lacks are left out, instead of a fault.

    Raises
    ------
    InputError
        With every fault: a time that is not said to be UTC, ships that are not in the register
        (with near names), positions that are none, or all far from the city, times that go back.
    """
    faults, tally = Faults(), _Tally()
    for path in paths:
        before = len(faults)
        for table in _read_blocks(path):
            _scan(table, register, city, tally, path)
        for what, number in tally.bad.items():
            faults.add(f"{what}: {number} of {tally.rows} are not, first in {tally.first[what]}.")
        tally.bad.clear()
        if len(faults) > before:
            break
    _check_ships(tally, register, leave_unknown_out, faults)
    if not faults and city is not None and tally.rows and not tally.near:
        faults.add(
            f"Positions of {', '.join(map(str, paths))} must be of this city: none of "
            f"{tally.rows} lies within {_NEARBY_DEG:g} degrees of it. Are longitude and latitude "
            f"swapped?"
        )
    faults.raise_any()
    lost = sum(tally.unknown.values())
    notes = []
    if lost:
        notes.append(
            f"{lost} of {tally.rows} positions are of {len(tally.unknown)} ships that the register "
            f"lacks and are left out: {listed(sorted(tally.unknown))}."
        )
    if tally.nowhere:
        notes.append(
            f"{tally.nowhere} of {tally.rows} positions say that they do not know where they are."
        )
    seconds = max(tally.end - tally.begin, 0.0) if tally.rows else 0.0
    return Tracks(
        tuple(paths), register, areas, tally.rows, lost, tally.nowhere, seconds, tuple(notes)
    )


def _read_blocks(path: Path) -> Iterator[pa.Table]:
    """Read the columns of positions, a bounded number of rows at once."""
    path = Path(path)
    check_file(path)
    names = list(SHIP_POSITIONS.names)
    try:
        if path.suffix == ".parquet":
            with pq.ParquetFile(path) as file:
                _check_columns(file.schema_arrow.names, path)
                for batch in file.iter_batches(BLOCK, columns=names):
                    yield pa.table(batch)
            return
        numbers = {name: pa.float64() for name in ("longitude", "latitude", "speed_kn")}
        types = {"ship_id": pa.string(), "time": pa.string(), **numbers}
        with pacsv.open_csv(
            path,
            read_options=pacsv.ReadOptions(block_size=_CSV_BLOCK),
            convert_options=pacsv.ConvertOptions(column_types=types, strings_can_be_null=True),
        ) as reader:
            _check_columns(reader.schema.names, path)
            for batch in reader:
                table = pa.table(batch).select(names)
                for begin in range(0, table.num_rows, BLOCK):
                    yield table.slice(begin, BLOCK)
    except (pa.ArrowException, OSError) as error:
        text = str(error).strip().splitlines()[0].rstrip(".")
        raise InputError(f"{path} must be a whole file of positions: {text}.") from error


def _check_columns(have: list[str], path: Path) -> None:
    missing = [name for name in SHIP_POSITIONS.names if name not in have]
    if missing:
        raise InputError(
            f"{path} must have the columns {', '.join(SHIP_POSITIONS.names)}: "
            f"{', '.join(missing)} not found, it has {', '.join(have)}."
        )


def _to_block(table: pa.Table, ids: pd.Series) -> tuple[Block, NDArray[np.int64]]:
    """Return the positions of known ships that know where they are; and the rows they are of."""
    names = pc.cast(table["ship_id"], pa.string())
    ship = pc.index_in(names, value_set=pa.array(ids, pa.string()))
    ship = pc.fill_null(ship, -1).to_numpy().astype(np.int64)
    x, y, v = (
        pc.cast(table[name], pa.float64()).to_numpy(zero_copy_only=False)
        for name in ("longitude", "latitude", "speed_kn")
    )
    take = np.flatnonzero((ship >= 0) & is_somewhere(x, y))
    v = np.where(np.isnan(v) | (v >= UNKNOWN_SPEED_KN), -1.0, v)
    time = _to_seconds(table["time"])
    return Block(ship[take], time[take], x[take], y[take], v[take]), take


def is_somewhere(longitude: Floats, latitude: Floats) -> NDArray[np.bool_]:
    """Tell which positions are known: 181 and 91 degrees say no, and so do zeros of both."""
    with np.errstate(invalid="ignore"):
        known = (np.abs(longitude) <= 180.0) & (np.abs(latitude) <= 90.0)
    return known & ~((longitude == 0.0) & (latitude == 0.0))


def _to_seconds(column: pa.ChunkedArray) -> Floats:
    """Return moments in seconds since 1970 in UTC, NaN where there is none."""
    if pa.types.is_timestamp(column.type):
        moments = pc.cast(column, pa.timestamp("us", column.type.tz), safe=False)
        micro = pc.cast(moments, pa.int64())
        return pc.divide(pc.cast(micro, pa.float64()), 1e6).to_numpy(zero_copy_only=False)
    text = pc.replace_substring_regex(column, r"(Z|[+]00:?00)$", "")
    text = pc.replace_substring(text, " ", "T")
    moments = pd.to_datetime(text.to_pandas(), format="ISO8601", errors="coerce", utc=True)
    seconds = moments.astype("int64").to_numpy(np.float64) / 1e9
    if moments.dt.unit != "ns":
        seconds *= {"us": 1e3, "ms": 1e6, "s": 1e9}[moments.dt.unit]
    return np.where(moments.isna().to_numpy(), np.nan, seconds)


def _scan(
    table: pa.Table,
    register: pd.DataFrame,
    city: tuple[float, float] | None,
    tally: _Tally,
    path: Path,
) -> None:
    """Count what is wrong with a block of positions."""
    n = table.num_rows
    time, label = table["time"], f"`time` of {path}"
    if pa.types.is_timestamp(time.type):
        if time.type.tz not in ("UTC", "Etc/UTC", "+00:00", "Z"):
            found = time.type.tz or "no zone"
            tally.note(f"{label} must be in UTC, found {found}", np.ones(n, bool), time)
    elif pa.types.is_string(time.type) or pa.types.is_large_string(time.type):
        said = pc.match_substring_regex(time, r"(Z|[+]00:?00)$")
        said = pc.fill_null(said, False).to_numpy(zero_copy_only=False)
        must = f"{label} must be said to be UTC, as 2023-05-01T12:00:00Z"
        tally.note(must, ~said.astype(bool), time)
    else:
        must = f"{label} must be a timestamp in UTC or a text, found {time.type}"
        tally.note(must, np.ones(n, bool), time)
        tally.rows += n
        return
    seconds = _to_seconds(time)
    tally.note(f"{label} must be a moment", np.isnan(seconds), time)
    x, y, v = (
        pc.cast(table[name], pa.float64()).to_numpy(zero_copy_only=False)
        for name in ("longitude", "latitude", "speed_kn")
    )
    with np.errstate(invalid="ignore"):
        for name, low, high, values in (
            ("longitude", -180.0, 181.0, x), ("latitude", -90.0, 91.0, y),
        ):  # fmt: skip
            bad = ~((values >= low) & (values <= high))
            must = f"`{name}` [degrees] of {path} must be from {low:g} to {high:g}"
            tally.note(must, bad, table[name])
        must = f"`speed_kn` [kn] of {path} must be from 0 to 102.3, or empty"
        tally.note(must, (v < 0.0) | (v > 102.3), table["speed_kn"])
    tally.nowhere += int((~is_somewhere(x, y)).sum())
    if city is not None:
        away = np.maximum(np.abs(x - city[0]), np.abs(y - city[1]))
        tally.near += int((away < _NEARBY_DEG).sum())
    ids = pc.cast(table["ship_id"], pa.string())
    tally.note(f"`ship_id` of {path} must be given", pc.is_null(ids).to_numpy(), ids)
    _count_unknown(ids, register, tally)
    _note_backward(table, register, tally, path)
    known = seconds[~np.isnan(seconds)]
    if len(known):
        tally.begin, tally.end = min(tally.begin, known.min()), max(tally.end, known.max())
    tally.rows += n


def _count_unknown(ids: pa.ChunkedArray, register: pd.DataFrame, tally: _Tally) -> None:
    counts = pc.value_counts(ids.combine_chunks())
    known = set(register["ship_id"])
    for name, count in zip(
        counts.field("values").to_pylist(), counts.field("counts").to_pylist(), strict=True
    ):
        if name is not None and name not in known:
            tally.unknown[name] = tally.unknown.get(name, 0) + count


def _note_backward(table: pa.Table, register: pd.DataFrame, tally: _Tally, path: Path) -> None:
    """Between blocks a ship's time must not go back: within one it is put in order."""
    block, rows = _to_block(table, register["ship_id"])
    if not len(block.ship):
        return
    order = np.lexsort([block.time, block.ship])
    ship, time = block.ship[order], block.time[order]
    first = np.flatnonzero(np.r_[True, ship[1:] != ship[:-1]])
    last = np.r_[first[1:] - 1, len(ship) - 1]
    names = register["ship_id"].to_numpy(object)
    back = np.zeros(table.num_rows, bool)
    for a, b in zip(first, last, strict=True):
        name = names[ship[a]]
        if time[a] < tally.last.get(name, -np.inf):
            back[rows[order[a]]] = True
        if not np.isnan(time[b]):
            tally.last[name] = max(time[b], tally.last.get(name, -np.inf))
    must = f"`time` of {path} must not go back for a ship by whole blocks: sort the file by time"
    tally.note(must, back, table["time"])


def _check_ships(
    tally: _Tally, register: pd.DataFrame, leave_unknown_out: bool, faults: Faults
) -> None:
    if not tally.unknown or leave_unknown_out:
        return
    known = register["ship_id"].tolist()
    first = sorted(tally.unknown, key=lambda name: (-tally.unknown[name], name))
    near = difflib.get_close_matches(first[0], known, 3, 0.7)
    hint = f" Near {first[0]!r}: {', '.join(near)}." if near else ""
    faults.add(
        f"`ship_id` of positions must be in the register: {len(first)} ships with "
        f"{sum(tally.unknown.values())} of {tally.rows} positions are not, {listed(first)}.{hint} "
        f"Add them, or say `shipping.unknown_ships` = 'leave_out'."
    )
