"""
Cold start: what cars and vans emit beyond hot exhaust until the engine is warm.

    cold = share(trip length, temperature) * reduction(trip length) * km * hot * (ratio - 1)

with `ratio` of cold over hot emission by speed and temperature, never below 1. Petrol cars of Euro
2 to 5 take hot factor and ratio of Euro 1 and the reduction of their own standard. Kilometres are
those on urban road types: there trips start; the share of longer roads is counted as hot. A trip
through the city starts elsewhere. CH4, N2O and NH3 have a factor of the cold kilometre in town.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from transmod.inputs.profile_tables import COEFFICIENTS
from transmod.inputs.profiles import ProfileSet
from transmod.model.additions import URBAN, Addition, Case, Groups, R
from transmod.model.curves import NODES_KMH, Bridge, tabulate
from transmod.model.pantry import Row, records
from transmod.model.recipes import Quantity, nitrogen_factor
from transmod.schema import N_SPEED_NODES, POLLUTANTS, ROAD_TYPES

PROCESS = "cold_start"
QUANTITIES: tuple[Quantity, ...] = (
    (PROCESS, "energy"),
    *((PROCESS, pollutant) for pollutant in POLLUTANTS),
)
# pollutants that are a fixed part of another in hot exhaust, and so in cold
_PART_OF = {"co2": "energy", "co2_biogenic": "energy", "so2": "energy", "bc": "pm2_5"}
# quantity of the ratio -> what it makes
_MADE = {"energy": ("energy",), "co": ("co",), "nox": ("nox",), "pm_exhaust": ("pm10", "pm2_5")}
_REDUCED = {"co": "co", "nox": "nox", "nmvoc": "voc", "no2": "nox"}


def cold_share(profiles: ProfileSet, trip_km: Any, temperature_c: Any) -> Any:
    """
    Return the share of kilometres with a cold engine [-], within 0 and 1.

    Parameters
    ----------
    profiles : ProfileSet
        Holds `cold_share.csv`.
    trip_km, temperature_c : float or ndarray
        Mean trip length [km] and temperature [degC]; broadcast.
    """
    c = profiles.processes["cold_share"].set_index("share").loc["light"]
    by_trip = c["constant"] + c["per_km"] * trip_km
    return np.clip(by_trip + (c["per_c"] + c["per_km_c"] * trip_km) * temperature_c, 0.0, 1.0)


def cold_ratio(rows: Sequence[Row], temperature_c: float) -> np.ndarray:
    """
    Return cold over hot emission on the speed nodes (K,), at least 1.

    Parameters
    ----------
    rows : sequence of dict
        Rows of `cold_ratio.csv` of one group and quantity.
    temperature_c : float
        Held within the published range, as speed is.
    """
    highest = max(_or(row["temperature_max_c"], np.inf) for row in rows)
    lowest = min(_or(row["temperature_min_c"], -np.inf) for row in rows)
    held = min(max(temperature_c, lowest), highest)
    own = [
        row
        for row in rows
        if _or(row["temperature_min_c"], -np.inf) <= held
        and (held < _or(row["temperature_max_c"], np.inf) or held == highest)
    ]
    own.sort(key=lambda row: _or(row["speed_min_kmh"], 0.0))
    fastest = [_or(row["speed_max_kmh"], np.inf) for row in own]
    speed = np.clip(NODES_KMH, _or(own[0]["speed_min_kmh"], 0.0), max(fastest))
    out = np.full(speed.size, np.nan)
    for row, until in zip(own, fastest, strict=True):
        here = np.isnan(out) & (speed <= until)
        value = row["per_kmh"] * speed + row["per_c"] * held + row["constant"]
        out[here] = value[here]
    return np.maximum(out, 1.0)


def _or(value: float, instead: float) -> float:
    return instead if np.isnan(value) else float(value)


class ColdTables:
    """The tables of a set that cold start is made from."""

    def __init__(self, profiles: ProfileSet) -> None:
        self.profiles = profiles
        tables = profiles.processes
        self.groups = tables["cold_group"].set_index("group")
        self.ch4: dict[str, float] = dict(
            tables["cold_ch4"][["ch4_group", "cold_g_km"]].itertuples(index=False, name=None)
        )
        self.no2 = tables["no2_fraction"].set_index("group")["fraction"].to_dict()
        self.lead = tables["lead"].set_index("fuel")["lead_ug_mj"].to_dict()
        self.sulphur = profiles.fuels.set_index("fuel")["sulphur_mg_kg"].to_dict()
        self.rules = Groups(profiles)
        urban = profiles.nitrogen[profiles.nitrogen["situation"] == "urban"]
        self.nitrogen = {
            (row["group"], row["pollutant"], row["state"]): row for row in records(urban)
        }
        self._ratio_rows: dict[tuple[str, str], list[Row]] = {}
        for row in records(tables["cold_ratio"]):
            self._ratio_rows.setdefault((row["ratio_group"], row["quantity"]), []).append(row)
        self._ratios: dict[tuple[str, str, float], np.ndarray] = {}
        reduction = tables["cold_reduction"].set_index(["reduction_group", "quantity"])
        self._reduction: Mapping[Any, Any] = reduction.to_dict("index")
        self._hot: dict[int, np.ndarray] = {}

    def has_ratio(self, group: str, quantity: str) -> bool:
        """Say whether a ratio is published."""
        return (group, quantity) in self._ratio_rows

    def ratio(self, group: str, quantity: str, temperature_c: float) -> np.ndarray:
        """Return cold over hot emission on the speed nodes (K,)."""
        key = (group, quantity, temperature_c)
        if key not in self._ratios:
            self._ratios[key] = cold_ratio(self._ratio_rows[group, quantity], temperature_c)
        return self._ratios[key]

    def reduction(self, group: str, quantity: str, trip_km: Any) -> Any:
        """Return what is left of the cold share in a standard [-], within 0 and 1."""
        row = self._reduction.get((group, quantity))
        if row is None:
            return np.ones_like(trip_km, dtype=np.float64)
        return np.clip(row["constant"] + row["per_km"] * trip_km, 0.0, 1.0)

    @cached_property
    def _rows(self) -> dict[tuple[str, str, str], int]:
        """
        Position of a hot row of each light segment, quantity and road type.

        Many segments have the same curve: all of them have the position of the first.
        """
        hot = self.profiles.hot
        light = np.flatnonzero(hot["segment"].str.startswith(("car_", "lcv_")).to_numpy(bool))
        columns = ["segment", "quantity", "road_type"]
        keys = hot.iloc[light][columns].fillna("").itertuples(index=False, name=None)
        numbers = [*COEFFICIENTS, "speed_min_kmh", "speed_max_kmh"]
        same = hot.iloc[light].groupby(numbers, sort=False, dropna=False).ngroup().to_numpy()
        _, first = np.unique(same, return_index=True)
        return dict(zip(keys, light[first[same]].tolist(), strict=True))

    def find_hot(self, segment: str, quantity: str, road_type: str) -> int | None:
        """Return by what the hot curve of a light segment is known, none if not published."""
        return self._rows.get(
            (segment, quantity, ""), self._rows.get((segment, quantity, road_type))
        )

    def hot(self, segment: str, quantity: str, road_type: str) -> np.ndarray | None:
        """Return the hot curve (K,) of a light segment on a road type, none if not published."""
        at = self.find_hot(segment, quantity, road_type)
        if at is None:
            return None
        if at not in self._hot:
            row = self.profiles.hot.iloc[[at]]
            self._hot[at] = tabulate(row, Bridge(**self.profiles.pole))[0]
        return self._hot[at]


def add_cold_start(case: Case) -> Addition:
    """
    Return cold start of the types that have figures.

    Notes
    -----
    NMVOC is VOC less CH4: as the reduction is of VOC alone, CH4 is set against VOC at the mean
    trip length of the run. What is a fixed part of another substance in hot exhaust (CO2, SO2 and
    lead of energy, black carbon of particles, NO2 of NOx) is the same part of it here.
    """
    addition = Addition.of(case, QUANTITIES, has_fuel=True)
    tables = ColdTables(case.profiles)
    types = case.types().to_dict("records")
    share = cold_share(
        case.profiles, case.trips.length_km[:, None], case.climate.temperature_c
    ) * case.trips.starts[:, None]  # fmt: skip
    addition.scale[:] = 0.0
    for j, group in tables.rules.sort(PROCESS, case, addition).items():
        addition.scale[:, :, j] = share[:, :, None]
        _Writer(case, tables, addition, j, types[j], tables.groups.loc[group]).write()
    return addition


class _Writer:
    """Writes the curves and scales of one type."""

    def __init__(
        self, case: Case, tables: ColdTables, addition: Addition, j: int, row: Any, group: Any
    ) -> None:
        self.case, self.tables, self.addition = case, tables, addition
        self.j, self.row, self.group = j, row, group
        reference = group["reference_segment"]
        self.segment = reference if isinstance(reference, str) else str(row["hot_segment"])
        self.burning = 1.0 - float(row["electric_share"])
        trips = case.trips
        starting = trips.length_km[trips.starts]
        self.mean_trip = float(starting.mean()) if starting.size else 0.0

    def write(self) -> None:
        """Write every quantity, or that it is not estimated."""
        for name, made in _MADE.items():
            for pollutant in made:
                self._write_excess(name, pollutant)
        for name in ("ch4", "n2o", "nh3"):
            self._write_constant(name)
        self._write_nmvoc()
        for name, whole in _PART_OF.items():
            self._write_part(name, whole)
        self._write_shares()
        for name, reduced in _REDUCED.items():
            left = self.tables.reduction(
                self._name("reduction_group"), reduced, self.case.trips.length_km
            )
            self.addition.scale[:, :, self.j, self._at(name)] *= left[:, None]

    def _name(self, column: str) -> str:
        value = self.group[column]
        return value if isinstance(value, str) else ""

    @staticmethod
    def _at(name: str) -> int:
        return QUANTITIES.index((PROCESS, name))

    def _set(self, name: str, season: int, road: int, row: int) -> None:
        self.addition.index[self.j, self._at(name), season * R + road] = row

    def _lack(self, name: str) -> None:
        self.addition.estimated[self.j, self._at(name)] = False
        self.addition.index[self.j, self._at(name)] = 0

    def _has(self, quantity: str) -> bool:
        return self.tables.has_ratio(self._name("ratio_group"), quantity) and all(
            self.tables.find_hot(self.segment, quantity, ROAD_TYPES[road]) is not None
            for road in URBAN
        )

    def _write_excess(self, quantity: str, name: str, less: float = 0.0) -> None:
        """Write cold less hot emission, less a constant [g/km], on urban road types."""
        if not self._has(quantity):
            self._lack(name)
            return
        assert self.case.climate.temperature_c is not None
        group = self._name("ratio_group")
        for season, temperature in enumerate(self.case.climate.temperature_c.tolist()):
            ratio = self.tables.ratio(group, quantity, temperature)
            for road in URBAN:
                at = self.tables.find_hot(self.segment, quantity, ROAD_TYPES[road])
                key = (PROCESS, at, self.burning, group, quantity, less, season)
                row = self.case.curves.find(key)
                if row is None:
                    hot = self.tables.hot(self.segment, quantity, ROAD_TYPES[road])
                    assert hot is not None
                    excess = self.burning * hot * (ratio - 1.0) - less
                    row = self.case.curves.add(key, np.maximum(excess, 0.0))
                self._set(name, season, road, row)

    def _constant(self, name: str) -> float | None:
        """Return what a cold kilometre in town emits beyond a hot one [g/km], never below 0."""
        if name == "ch4":
            group = self._name("ch4_group")
            if group not in self.tables.ch4:
                return None
            # the hot factor of the type itself: cold figures are by standard
            hot = self.tables.hot(str(self.row["hot_segment"]), "ch4", ROAD_TYPES[URBAN[0]])
            return None if hot is None else max(0.0, float(self.tables.ch4[group] - hot[0]))
        rows = [
            self.tables.nitrogen.get((self.row["nitrogen_group"], name, state))
            for state in ("cold", "hot")
        ]
        sulphur = self.tables.sulphur[self.row["fuel"]]
        mileage = self.case.profiles.defaults["mileage_km"]
        values = [nitrogen_factor(row, sulphur, mileage) for row in rows if row is not None]
        return max(0.0, values[0] - values[1]) if len(values) == len(rows) else None

    def _write_constant(self, name: str) -> None:
        value = self._constant(name)
        if value is None:
            self._lack(name)
            return
        value *= self.burning
        curve = np.full(N_SPEED_NODES, value)
        row = self.case.curves.add((PROCESS, "constant", value), curve)
        for season in range(self.case.climate.n_seasons):
            for road in URBAN:
                self._set(name, season, road, row)

    def _write_nmvoc(self) -> None:
        left = float(
            self.tables.reduction(self._name("reduction_group"), "voc", np.array(self.mean_trip))
        )
        methane = (self._constant("ch4") or 0.0) * self.burning
        self._write_excess("voc", "nmvoc", methane / left if left > 0.0 else 0.0)

    def _write_part(self, name: str, whole: str) -> None:
        """Write what is the same part of `whole` as in hot exhaust."""
        quantity = ("hot", name)
        if not (self.case.is_estimated(quantity)[self.j] and self._is_estimated(whole)):
            self._lack(name)
            return
        part = self._peak(quantity)
        base = self._peak(("hot", whole))
        self._scale(name, whole, part / base if base > 0.0 else 0.0)

    def _peak(self, quantity: Quantity) -> float:
        """Return the hot factor of the type where it uses the most energy at 30 km/h or so."""
        row = int(self.case.rows(quantity)[self.j].reshape(-1)[0])
        whole = int(self.case.rows(("hot", "energy"))[self.j].reshape(-1)[0])
        return float(self.case.curves[row][np.argmax(self.case.curves[whole])])

    def _write_shares(self) -> None:
        found = self.tables.rules.find("no2", self.row["vehicle_type"])
        if found is not None and found.state == "figures" and self._is_estimated("nox"):
            self._scale("no2", "nox", self.tables.no2[found.group])
        else:
            self._lack("no2")
        if self.row["fuel"] in self.tables.lead and self._is_estimated("energy"):
            self._scale("pb", "energy", self.tables.lead[self.row["fuel"]] * 1e-6)
        else:
            self._lack("pb")

    def _is_estimated(self, name: str) -> bool:
        return bool(self.addition.estimated[self.j, self._at(name)])

    def _scale(self, name: str, whole: str, factor: float) -> None:
        rows = self.addition.index[self.j, self._at(whole)]
        self.addition.index[self.j, self._at(name)] = self.case.curves.scale(rows, factor)
