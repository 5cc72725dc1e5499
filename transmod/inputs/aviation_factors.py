"""Read what aircraft burn and emit: engines, times, types, cruise by stage length, fuels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from transmod.errors import Faults
from transmod.inputs.aviation_tables import (
    ALL,
    APU,
    AVIATION_FUELS,
    CRUISE,
    ENGINES,
    NEAR_TYPES,
    TIMES,
    TYPES,
)
from transmod.inputs.checks import attempt, check_table, listed
from transmod.inputs.profile_tables import TRUSTED
from transmod.inputs.tables import read_csv
from transmod.schema import NEAR_AIRCRAFT, Table

KM_PER_NM = 1.852
CRUISE_MODE = "cruise"  # of engines whose aircraft cruise by the hour


@dataclass(frozen=True, eq=False)
class AviationFactors:
    """
    What aircraft burn and emit.

    Attributes
    ----------
    engines : pandas.DataFrame
        Indexed by `engine`, `mode`: `fuel_kg_s` [kg/s] of one engine, `<gas>_g_kg` [g/kg].
    times : pandas.DataFrame
        `category`, `phase`, `mode`, `time_min` [min], `part`.
    types : pandas.DataFrame
        Indexed by `icao`: the columns of `aviation_tables.TYPES`.
    counts_as : dict of str to str
        Type with figures of every type that is known.
    reasons : dict of str to str
        Why a type counts as another one.
    stages : pandas.DataFrame
        `icao`, `distance_km` [km], `fuel_kg` [kg] of climb, cruise and descent; sorted.
    apu : pandas.DataFrame
        Indexed by `apu`.
    fuels : pandas.DataFrame
        Indexed by `fuel`: `energy` [MJ/kg], pollutants [g/kg], null where there is no figure.
    doubtful : tuple of str
        Quantities of fuels that are not verified.
    """

    engines: pd.DataFrame
    times: pd.DataFrame
    types: pd.DataFrame
    counts_as: dict[str, str]
    reasons: dict[str, str]
    stages: pd.DataFrame
    apu: pd.DataFrame
    fuels: pd.DataFrame
    doubtful: tuple[str, ...]

    @property
    def range_km(self) -> pd.Series:
        """Longest published stage [km] of each type that has stages."""
        return self.stages.groupby("icao")["distance_km"].max()

    @property
    def by_hour(self) -> pd.Series:
        """Whether each type cruises by the hour, for which its engine has a mode of its own."""
        modes = [(engine, CRUISE_MODE) in self.engines.index for engine in self.types["engine"]]
        return pd.Series(modes, self.types.index)


def read_aviation_factors(folder: Path, aircraft: Path | None = None) -> AviationFactors:
    """
    Read the tables of aviation.

    Parameters
    ----------
    folder : Path
        The set `movements`.
    aircraft : Path, optional
        The user's own table of types that count as another one (`schema.NEAR_AIRCRAFT`); it goes
        before the shipped one.

    Raises
    ------
    InputError
        With every fault of every table: an engine, a unit, a cruise or a near type that is none.
    """
    faults = Faults()
    paths = [(Path(folder) / table.name, table) for table in ALL]
    if aircraft is not None:
        paths.append((Path(aircraft), NEAR_AIRCRAFT))
    tables = [attempt(faults, _read, path, table) for path, table in paths]
    read = {
        table.name: frame
        for (_, table), frame in zip(paths, tables, strict=True)
        if frame is not None
    }
    faults.raise_any()
    engines, types, cruise, apu, fuels = (
        read[table.name] for table in (ENGINES, TYPES, CRUISE, APU, AVIATION_FUELS)
    )
    near = pd.concat([read[name] for name in (NEAR_AIRCRAFT.name, NEAR_TYPES.name) if name in read])
    near = near.drop_duplicates("icao")
    for names, known, must in (
        (types["engine"], engines["engine"], "take its engine from aviation_engines.csv"),
        (types["apu"], apu["apu"], "take its unit from aviation_apu.csv"),
        (types["cruise_as"].dropna(), cruise["icao"], "take its cruise from aviation_cruise.csv"),
        (near["counts_as"], types["icao"], "count as a type of aviation_types.csv"),
    ):
        strange = sorted(set(names) - set(known))
        if strange:
            faults.add(f"Each type of aircraft must {must}: {listed(strange)} not found there.")
    faults.raise_any()
    same = {icao: icao for icao in types["icao"]}
    return AviationFactors(
        engines=engines.set_index(["engine", "mode"]),
        times=read[TIMES.name],
        types=types.set_index("icao"),
        counts_as=same | dict(zip(near["icao"], near["counts_as"], strict=True)),
        reasons=dict(zip(near["icao"], near["reason"], strict=True)),
        stages=_to_stages(cruise),
        apu=apu.set_index("apu"),
        fuels=_to_fuels(fuels),
        doubtful=tuple(sorted(set(fuels.loc[is_doubtful(fuels), "quantity"]))),
    )


def is_doubtful(table: pd.DataFrame) -> pd.Series:
    """Say of each row of a table whether its figures stand unverified."""
    return ~table["verification"].isin((*TRUSTED, "assumption"))


def _read(path: Path, table: Table) -> pd.DataFrame:
    faults = Faults()
    frame = read_csv(path, table, faults)
    check_table(frame, table, str(path), faults)
    faults.raise_any()
    return frame


def _to_stages(cruise: pd.DataFrame) -> pd.DataFrame:
    stages = pd.DataFrame(
        {
            "icao": cruise["icao"],
            "distance_km": cruise["stage_length_nm"] * KM_PER_NM,
            "fuel_kg": cruise["fuel_kg"],
        }
    )
    return stages.sort_values(["icao", "distance_km"], ignore_index=True)


def _to_fuels(table: pd.DataFrame) -> pd.DataFrame:
    energy = table[table["quantity"] == "energy"].set_index("fuel")["value"]
    # 1 kg/TJ = 1e-3 g/MJ
    per_energy = 1e-3 * energy.reindex(table["fuel"]).to_numpy()
    scale = np.where(table["unit"] == "kg/TJ", per_energy, 1.0)
    scaled = table.assign(value=table["value"] * scale)
    return scaled.pivot_table(index="fuel", columns="quantity", values="value")
