"""Fleet: the share of each vehicle type in the vehicle-kilometres of a stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from transmod.errors import CoverageError, Faults, InputError
from transmod.inputs.checks import check_table, first_of, listed
from transmod.inputs.profile_tables import FLEET
from transmod.inputs.profiles import ProfileSet
from transmod.schema import Table

SHARE_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Fleet:
    """
    Shares of the J vehicle types in the S streams.

    `share` (S, J) holds shares of vehicle-kilometres [-], each row sums to 1. `district_share`
    gives another (S, J) for a district whose fleet differs. `energy_scale` is the fuel-economy
    factor [-] of types that have one; `model.economy` applies it where a scenario asks for it.
    `zone_share` gives the (S, J) of a zone by (zone, district), the district "" for all that have
    no fleet of their own.
    """

    name: str
    streams: tuple[tuple[str, str], ...]
    types: tuple[str, ...]
    share: np.ndarray
    district_share: dict[str, np.ndarray]
    notes: tuple[str, ...]
    energy_scale: dict[str, float] = field(default_factory=dict)
    zone_share: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)

    def share_in(self, district_id: str, zone: str = "") -> np.ndarray:
        """Return the shares (S, J) that hold in a district, or in a zone of it."""
        own = district_id if district_id in self.district_share else ""
        if zone:
            return self.zone_share[zone, own]
        return self.district_share.get(district_id, self.share)


def build_fleet(
    profiles: ProfileSet,
    name: str,
    streams: Sequence[tuple[str, str]] | None,
    *,
    year: int | None = None,
    shares: pd.DataFrame | None = None,
) -> Fleet:
    """
    Build the shares of vehicle types for the streams of a run.

    Parameters
    ----------
    profiles : ProfileSet
        Holds the shipped fleets and the types.
    name : str
        Fleet of the set: a file of `fleets/`.
    streams : sequence of (str, str) or None
        Vehicle class and trip kind of each stream; None: every stream that the fleet has.
    year : int, optional
        Takes the rows of that year, where a stream has some; rows without a year otherwise.
    shares : pandas.DataFrame, optional
        A planner's own table in place of the shipped one, with the columns of `fleets/*.csv`;
        `name` is then only its name.

    Returns
    -------
    Fleet
        Types in sorted order, only those of the streams.

    Raises
    ------
    InputError
        If the fleet is unknown, a type is unknown or of another class, a share is negative or
        the shares of a stream do not sum to 1.
    CoverageError
        If a stream has no share.

    Notes
    -----
    A stream takes the rows of its own trip kind, else those of `all`. A district takes its own
    rows of a stream, else those without a district.
    """
    faults = Faults()
    if shares is None:
        if name not in profiles.fleets:
            raise InputError(
                f"Fleet must be one of {', '.join(profiles.fleets) or 'none given'} in the set "
                f"{profiles.name}: {name!r} found."
            )
        table = profiles.fleets[name]
    else:
        table = _checked(shares, profiles, name, faults)
        faults.raise_any()
    district = table["district_id"].fillna("") if "district_id" in table else ""
    table = table.assign(district_id=district)
    if streams is None:
        pairs = table[["vehicle_class", "trip_kind"]].drop_duplicates()
        streams = list(pairs.itertuples(index=False, name=None))
    streams = tuple(streams)
    districts = sorted(set(table["district_id"]) - {""})
    rows: dict[tuple[int, str], pd.DataFrame] = {}
    lacking = Faults()
    general: list[str] = []
    for s, (vehicle_class, trip_kind) in enumerate(streams):
        own = table[table["vehicle_class"] == vehicle_class]
        kind = trip_kind if (own["trip_kind"] == trip_kind).any() else "all"
        if kind != trip_kind:
            general.append(f"{vehicle_class} {trip_kind}")
        own = _of_year(own[own["trip_kind"] == kind], year)
        for district in ["", *districts]:
            found = own[own["district_id"] == district]
            if district == "" and found.empty:
                lacking.add(
                    f"Fleet {name} must give shares for each stream of the run: none for "
                    f"{vehicle_class} {trip_kind}"
                    + (f" in {year}" if year is not None else "")
                    + ". Add rows, or choose another fleet: "
                    + f"{', '.join(profiles.fleets)}."
                )
            if not found.empty:
                _check_sum(found, name, vehicle_class, kind, district, faults)
                rows[s, district] = found
    scale = _energy_scale(rows, name, faults)
    faults.raise_any()
    lacking.raise_any(CoverageError)
    types = tuple(sorted({t for frame in rows.values() for t in frame["vehicle_type"]}))
    share = _matrix(rows, len(streams), types, "", None)
    return Fleet(
        name=name,
        streams=streams,
        types=types,
        share=share,
        district_share={d: _matrix(rows, len(streams), types, d, share) for d in districts},
        energy_scale=scale,
        notes=_note_general(name, general),
    )


def _note_general(name: str, general: list[str]) -> tuple[str, ...]:
    """Say which streams have no fleet of their own."""
    note = (
        f"Fleet {name} has no shares of their own for {len(general)} streams, which take those of "
        f"all trips of their class: {listed(general)}."
    )
    return (note,) if general else ()


def _energy_scale(
    rows: dict[tuple[int, str], pd.DataFrame], name: str, faults: Faults
) -> dict[str, float]:
    """Return the fuel-economy factor of each type that has one."""
    own = [r[["vehicle_type", "energy_scale"]] for r in rows.values() if "energy_scale" in r]
    if not own:
        return {}
    found = pd.concat(own).dropna().drop_duplicates()
    twice = found["vehicle_type"].duplicated()
    if twice.any():
        faults.add(
            f"`energy_scale` of fleet {name} must be one figure for a vehicle type [-]: "
            f"{int(twice.sum())} types have several, first {found['vehicle_type'][twice].iloc[0]}."
        )
    return {str(t): float(x) for t, x in found.itertuples(index=False)}


def _of_year(table: pd.DataFrame, year: int | None) -> pd.DataFrame:
    """Return the rows of `year` where there are some, else those without a year."""
    if "year" not in table:
        return table
    given = table["year"].notna()
    if year is not None and (table["year"] == year).any():
        return table[(table["year"] == year).fillna(False).astype(bool)]
    return table[~given]


def _checked(shares: pd.DataFrame, profiles: ProfileSet, name: str, faults: Faults) -> pd.DataFrame:
    """Check a planner's own shares against the types of the set."""
    own = Table(
        FLEET.name,
        FLEET.row,
        FLEET.key,
        tuple(c for c in FLEET.columns if c.name not in ("source", "verification")),
    )
    table = shares.assign(**({} if "trip_kind" in shares else {"trip_kind": "all"}))
    before = len(faults)
    check_table(table, own, f"fleet {name}", faults)
    if len(faults) > before:
        return table
    known = profiles.types.set_index("vehicle_type")["vehicle_class"]
    of = table["vehicle_type"].map(known)
    wrong = (of != table["vehicle_class"]).to_numpy()
    if wrong.any():
        found = first_of(wrong, lambda i: f"row {i + 1}", table["vehicle_type"])
        faults.add(
            f"`vehicle_type` of fleet {name} must be a type of the row's class in the set "
            f"{profiles.name}: {found}. `transmod profiles list` names them."
        )
    return table


def _check_sum(
    rows: pd.DataFrame, name: str, vehicle_class: str, kind: str, district: str, faults: Faults
) -> None:
    total = float(rows["share"].sum())
    if not abs(total - 1.0) <= SHARE_TOLERANCE:
        place = f" in district {district}" if district else ""
        faults.add(
            f"Shares of fleet {name} must sum to 1 in each stream [-]: {vehicle_class} {kind}"
            f"{place} sums to {total:.12g} over {len(rows)} types. Correct the shares; they are "
            "never rescaled."
        )


def _matrix(
    rows: dict[tuple[int, str], pd.DataFrame],
    n_stream: int,
    types: tuple[str, ...],
    district: str,
    default: np.ndarray | None,
) -> np.ndarray:
    out = np.zeros((n_stream, len(types))) if default is None else default.copy()
    position = {t: j for j, t in enumerate(types)}
    for s in range(n_stream):
        if (s, district) in rows:
            found = rows[s, district]
            out[s] = 0.0
            out[s, [position[t] for t in found["vehicle_type"]]] = found["share"]
    return out
