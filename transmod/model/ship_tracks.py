"""Ships followed through their positions, and what they emit on the way."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from transmod.inputs.network import Network
from transmod.inputs.projections import WGS84
from transmod.inputs.ship_tables import ShipTables
from transmod.inputs.ship_tracks import Block, Tracks
from transmod.kernels import tracks as kernel
from transmod.model.movements import CROSS_BOUNDARY, WITHIN_CITY, SourceResult
from transmod.model.ship_engines import EMITTED, QUANTITIES, load_factor
from transmod.model.ship_zones import lay_zones
from transmod.model.shipping import add_known, assemble, hotel_masses, main_masses
from transmod.schema import NO_DISTRICT, SHIP_PHASES

Floats = NDArray[np.float64]

GAP_S = 1800.0  # a longer silence under way is not counted
REST_GAP_S = 86_400.0  # nor one at rest that is longer than this
REST_M = 500.0  # a ship that moved less is at rest
JUMP_RATIO = 1.5  # a ship is not faster than this times its design speed
JUMP_M = 200.0  # but two positions may differ by as much in no time
JUMPS = 5  # so many positions in a row that cannot be reached: the one before was wrong
SAME_M = 20.0  # positions of one moment that are one
REPORTED_S = 120.0  # speeds reported hold so long; over longer times that between positions does
THIN_M = 100.0  # a line of a map has no more corners than this


@dataclass(frozen=True, eq=False)
class Segments:
    """What the kernel says of M positions of a block, in its order; see `kernels.tracks`."""

    ship: NDArray[np.int64]
    fate: NDArray[np.int8]
    hours: Floats
    phase: NDArray[np.int8]
    load: Floats
    inside: Floats
    area: NDArray[np.int64]
    excursion: NDArray[np.int64]
    departed: NDArray[np.bool_]
    back: NDArray[np.bool_]
    doubt: NDArray[np.bool_]
    x: Floats
    y: Floats


class Follower:
    """Follows ships through blocks of positions; what it knows of each is kept between blocks."""

    def __init__(self, tracks: Tracks, network: Network, tables: ShipTables) -> None:
        method = tables.method
        self._zones = lay_zones(network, tracks.areas, method)
        self._to_plane = Transformer.from_crs(WGS84, network.crs, always_xy=True)
        self._design = tracks.register["design_speed_kn"].to_numpy(np.float64)
        self._factor = load_factor(tracks.register, method)
        self._rule = np.array([
            method["berth_speed_kn"], method["anchorage_speed_kn"], method["manoeuvring_below_kn"],
            method["load_floor"], GAP_S, REST_GAP_S, REST_M, JUMP_RATIO, JUMP_M, JUMPS, SAME_M,
            REPORTED_S,
        ])  # fmt: skip
        self._state = np.zeros((len(tracks.register), len(kernel.STATE)))
        self._state[:, 0] = np.nan

    @property
    def districts(self) -> NDArray[np.object_]:
        """District of each area."""
        return self._zones.districts

    def follow(self, block: Block) -> Segments:
        """Tell what happens up to each position of a block."""
        order = np.lexsort([block.time, block.ship])
        ship, n = block.ship[order], len(order)
        start = np.searchsorted(ship, np.arange(len(self._design) + 1))
        lon, lat = block.longitude[order], block.latitude[order]
        x, y = self._to_plane.transform(lon, lat)
        out = Segments(
            ship, np.zeros(n, np.int8), np.zeros(n), np.zeros(n, np.int8), np.zeros(n), np.zeros(n),
            np.full(n, -1), np.zeros(n, np.int64), np.zeros(n, bool), np.zeros(n, bool),
            np.zeros(n, bool), x, y,
        )  # fmt: skip
        z = self._zones
        kernel.follow_ships(
            start, block.time[order], np.radians(lon), np.radians(lat), x, y, block.speed[order],
            self._design, self._factor, self._rule, z.edge, z.zone, z.band_start, z.band_edge,
            self._state, out.fate, out.hours, out.phase, out.load, out.inside, out.area,
            out.excursion, out.departed, out.back, out.doubt,
        )  # fmt: skip
        return out


_OUTSIDE = -2  # area of what happens beyond the city; -1: in it, in no district
_BITS = (24, 1, 2, 12)  # of excursion, departed, phase and area in a key; the ship is above


@dataclass
class _Sums:
    """Hours and masses of main engines by ship, area, phase and excursion, block by block."""

    keys: list[NDArray[np.int64]] = field(default_factory=list)
    values: list[Floats] = field(default_factory=list)
    returned: list[NDArray[np.int64]] = field(default_factory=list)
    fates: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(kernel.FATES), np.int64))
    lost_h: float = 0.0
    rest_h: float = 0.0
    n_doubt: int = 0


def track_emissions(
    tracks: Tracks,
    network: Network,
    tables: ShipTables,
    *,
    year: int,
    times: float = 1.0,
) -> SourceResult:
    """
    Emissions [t] and energy [TJ] of ships from their tracks.

    Parameters
    ----------
    tracks : Tracks
        Checked positions, their ships and areas of the port.
    network : Network
        Boundary and districts.
    tables : ShipTables
        Factors.
    year : int
        Year of the account: of the sulphur in fuels.
    times : float
        Times that what the tracks show happens in the period of the account.

    Returns
    -------
    SourceResult
        In the city: `voyage_within_city` of ships of that trade, `port_phase_...` of others, in
        the district of each stretch. Beyond it: `voyage_...` after the ship came out of the city,
        until it is at rest beyond the port, out of sight, or back; a ship of the trade within the
        city that comes back stays within it. What comes in from elsewhere is counted where it
        departed. The notes say how many positions and hours were left out, and why.
    """
    follower = Follower(tracks, network, tables)
    sums, map_ = _Sums(), _Map()
    for block in tracks.blocks():
        segments = follower.follow(block)
        _add_block(segments, tracks.register, tables, year, times, sums)
        map_.add(segments)
    stints, main = _resolve(sums, tracks.register, follower.districts)
    hotel, _ = hotel_masses(tracks.register, tables, year, stints)
    counted = stints["activity"].notna().to_numpy()
    result = assemble(stints[counted], tracks.register, main[counted], hotel[counted], network.crs)
    places = map_.draw(stints, main, hotel, network.crs)
    fuel = math.fsum(main[~counted, -2]) + math.fsum(hotel[~counted, -2])
    hours = math.fsum(stints.loc[~counted, "hours"])
    notes = (
        *tracks.notes,
        *_note_fates(tracks, sums),
        *_note_elsewhere(hours, fuel),
    )
    return SourceResult(result.emissions, result.energy, places, (*notes, *result.notes))


def _note_elsewhere(hours: float, fuel_t: float) -> list[str]:
    if not hours:
        return []
    note = (
        f"{hours:.6g} h of ships that come from elsewhere, or lie there, ({fuel_t:.6g} t of fuel) "
        f"are not counted here: their voyages count where they depart."
    )
    return [note]


def _add_block(
    segments: Segments, register: pd.DataFrame, tables: ShipTables, year: int, times: float,
    sums: _Sums,
) -> None:  # fmt: skip
    """Add hours and main engine masses of a block, inside the city and beyond it."""
    s = segments
    sums.fates += np.bincount(s.fate, minlength=len(kernel.FATES))
    sums.lost_h += math.fsum(s.hours[(s.fate == 5) | (s.fate == 0)])
    sums.rest_h += math.fsum(s.hours[s.fate == 6])
    sums.n_doubt += int(s.doubt.sum())
    counted = ((s.fate == 1) | (s.fate == 6)) & (s.hours > 0.0)
    out = np.flatnonzero(counted & (s.inside < 1.0))
    into = np.flatnonzero(counted & (s.inside > 0.0))
    row = np.r_[into, out]
    share = np.r_[s.inside[into], 1.0 - s.inside[out]]
    is_in = np.arange(len(row)) < len(into)
    hours = s.hours[row] * share * times
    area = np.where(is_in, s.area[row], _OUTSIDE)
    excursion = np.where(is_in, 0, s.excursion[row])
    departed = np.where(is_in, 0, s.departed[row])
    key = _to_key(s.ship[row], area, s.phase[row], departed, excursion)
    masses = main_masses(register, tables, year, s.ship[row], hours, s.load[row])
    found, values = _sum_by(key, np.column_stack([hours, masses]))
    sums.keys.append(found)
    sums.values.append(values)
    back = counted & s.back & s.departed
    sums.returned.append(np.unique((s.ship[back] << _BITS[0]) | s.excursion[back]))


def _to_key(
    ship: NDArray[np.int64], area: NDArray[np.int64], phase: NDArray[np.int8],
    departed: NDArray[np.int64], excursion: NDArray[np.int64],
) -> NDArray[np.int64]:  # fmt: skip
    key = (ship << _BITS[3]) | (area - _OUTSIDE)
    key = (key << _BITS[2]) | phase.astype(np.int64)
    return (((key << _BITS[1]) | departed) << _BITS[0]) | excursion


def _sum_by(key: NDArray[np.int64], values: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Sum rows of one key in their order; NaN, not published, stays NaN."""
    found, group = np.unique(key, return_inverse=True)
    columns = [np.bincount(group, column, len(found)) for column in values.T]
    return found, np.column_stack(columns)


def _resolve(
    sums: _Sums, register: pd.DataFrame, districts: NDArray[np.object_]
) -> tuple[pd.DataFrame, Floats]:
    """Say of each sum on which line it counts; null: it is not counted here."""
    width = len(QUANTITIES) + 1
    key, values = _sum_by(
        np.concatenate([np.zeros(0, np.int64), *sums.keys]),
        np.concatenate([np.zeros((0, width)), *sums.values]),
    )
    excursion = key & ((1 << _BITS[0]) - 1)
    departed = (key >> _BITS[0]) & 1
    phase = (key >> (_BITS[0] + _BITS[1])) & 3
    area = ((key >> sum(_BITS[:3])) & ((1 << _BITS[3]) - 1)) + _OUTSIDE
    ship = key >> sum(_BITS)
    is_out = area == _OUTSIDE
    returned = np.isin(
        (ship << _BITS[0]) | excursion,
        np.concatenate([np.zeros(0, np.int64), *sums.returned]),
    )
    trade = register["trade"].to_numpy(object)[ship]
    own = trade == WITHIN_CITY
    activity = np.where(own, "voyage_within_city", "port_phase_" + trade).astype(object)
    beyond = np.where(
        own, np.where(returned, "voyage_within_city", f"voyage_{CROSS_BOUNDARY}"), "voyage_" + trade
    ).astype(object)
    activity[is_out] = beyond[is_out]
    activity[is_out & (departed == 0)] = None
    named = np.append(districts, NO_DISTRICT)[np.where(area >= 0, area, len(districts))]
    named[is_out] = None
    stints = pd.DataFrame(
        {
            "ship": ship,
            "activity": activity,
            "process": np.array(SHIP_PHASES, object)[phase],
            "hours": values[:, 0],
            "location": np.where(is_out, "unallocated", "point"),
            "district_id": named,
            "place": None,
            "geometry": None,
        }
    )
    return stints, values[:, 1:]


def _note_fates(tracks: Tracks, sums: _Sums) -> list[str]:
    """Say what was left out of tracks, and what was filled in."""
    count = dict(zip(kernel.FATES, sums.fates.tolist(), strict=True))
    n = tracks.n_positions
    notes = [
        f"{n} positions of {len(tracks.register)} ships over {tracks.seconds / 86400.0:.4g} days."
    ]
    for name, what in (
        ("duplicate", "stand twice"),
        ("contradicting", "are of one moment but another place, and left out"),
        ("jump", "cannot be reached at 1.5 times the ship's design speed, and are left out"),
        ("on_land", "are of moving ships on land, and left out"),
    ):
        if count[name]:
            notes.append(f"{count[name]} of {n} positions {what}.")
    if count["gap"]:
        notes.append(
            f"{count['gap']} gaps of more than {GAP_S / 60.0:g} min under way ({sums.lost_h:.6g} "
            f"ship-hours) are not counted: nothing is interpolated."
        )
    if count["rest"]:
        notes.append(
            f"{count['rest']} gaps of up to {REST_GAP_S / 3600.0:g} h ({sums.rest_h:.6g} "
            f"ship-hours) of ships that lay at one place before and after are counted as at rest."
        )
    if sums.n_doubt:
        notes.append(
            f"{sums.n_doubt} of {n} speeds are more than the ship can do: those between positions "
            f"are taken."
        )
    return notes


@dataclass
class _Map:
    """Lines of ships under way in the city, and points where they lie, for maps."""

    lines: dict[int, list[Floats]] = field(default_factory=dict)
    rests: dict[tuple[int, int], dict[tuple[int, int], float]] = field(default_factory=dict)
    spots: dict[int, tuple[float, float]] = field(default_factory=dict)

    def add(self, s: Segments) -> None:
        """Add the stretches of a block that lie in the city."""
        here = ((s.fate == 1) | (s.fate == 6)) & (s.inside > 0.0)
        for k in np.flatnonzero(here):
            self.spots.setdefault(int(s.ship[k]), (float(s.x[k]), float(s.y[k])))
        self._add_lines(s, here & (s.phase <= kernel.MANOEUVRING) & (s.inside > 0.5))
        rest = np.flatnonzero(here & (s.phase > kernel.MANOEUVRING))
        cells = np.column_stack([
            s.ship[rest], s.phase[rest],
            np.floor(s.x[rest] / THIN_M), np.floor(s.y[rest] / THIN_M),
        ]).astype(np.int64)  # fmt: skip
        found, group = np.unique(cells, axis=0, return_inverse=True)
        hours = np.bincount(group.ravel(), s.hours[rest] * s.inside[rest], len(found))
        for (ship, phase, *cell), h in zip(found.tolist(), hours.tolist(), strict=True):
            own = self.rests.setdefault((ship, phase), {})
            own[cell[0], cell[1]] = own.get((cell[0], cell[1]), 0.0) + h

    def _add_lines(self, s: Segments, moving: NDArray[np.bool_]) -> None:
        """Add lines through positions, without corners that are close to each other."""
        breaks = np.r_[True, (s.ship[1:] != s.ship[:-1]) | ~moving[:-1]] | ~moving
        run = np.cumsum(breaks)
        step = np.r_[0.0, np.hypot(np.diff(s.x), np.diff(s.y))]
        mark = np.floor(np.cumsum(step) / THIN_M)
        is_last = np.r_[run[1:] != run[:-1], True]
        keep = moving & (is_last | np.r_[True, (mark[1:] != mark[:-1]) | is_last[:-1]])
        rows = np.flatnonzero(keep)
        for part in np.split(rows, np.flatnonzero(np.diff(run[rows])) + 1):
            if len(part) > 1:
                line = np.column_stack([s.x[part], s.y[part]])
                self.lines.setdefault(int(s.ship[part[0]]), []).append(line)

    def draw(
        self, stints: pd.DataFrame, main: Floats, hotel: Floats, crs: object
    ) -> gpd.GeoDataFrame | None:
        """Share what each ship emits in the city among its lines, or by hours among its points."""
        rows: list[dict[str, object]] = []
        shapes: list[shapely.Geometry] = []
        inside = stints[(stints["location"] == "point").to_numpy()]
        masses = add_known([main, hotel])
        place = inside["process"].where(~inside["process"].isin(SHIP_PHASES[:2]), "track")
        for key, part in inside.groupby(["ship", "activity", place]):
            ship, activity, name = (part["ship"].iloc[0], *key[1:])
            mass = add_known(list(masses[part.index.to_numpy()]))
            for shape, share in self._shapes(int(ship), str(name)):
                own = {f"{gas}_t": mass[q] * share for q, gas in enumerate(EMITTED)}
                rows.append(
                    {"activity": activity, "place": name, **own, "energy_tj": mass[-1] * share}
                )
                shapes.append(shape)
        if not rows:
            return None
        return gpd.GeoDataFrame(pd.DataFrame(rows), geometry=shapes, crs=crs)

    def _shapes(self, ship: int, name: str) -> list[tuple[shapely.Geometry, float]]:
        """Return where a ship moved or lay, with the share of each place."""
        if name == "track" and ship in self.lines:
            lines = [shapely.linestrings(line) for line in self.lines[ship]]
            return [(shapely.multilinestrings(lines), 1.0)]
        cells = {} if name == "track" else self.rests[ship, SHIP_PHASES.index(name)]
        whole = math.fsum(cells.values())
        if not whole:
            return [(shapely.Point(self.spots[ship]), 1.0)]
        return [
            (shapely.Point((x + 0.5) * THIN_M, (y + 0.5) * THIN_M), h / whole)
            for (x, y), h in sorted(cells.items())
        ]
