"""What a landing and take-off cycle burns and emits, by aircraft type, as departure and arrival."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from transmod.inputs.aviation_factors import AviationFactors
from transmod.inputs.aviation_tables import MEASURED, PARTS

ENGINES, APU = "landing_take_off", "auxiliary_power"  # processes


def landing_cycles(
    factors: AviationFactors, minutes: Mapping[str, float] | None = None, apu_share: float = 1.0
) -> pd.DataFrame:
    """
    Fuel and emissions of one landing and take-off cycle below 3,000 ft, cut in two.

    A departure is taxi-out, take-off and climb-out, an arrival approach and taxi-in; the auxiliary
    power unit at the gate belongs to both, by its `arrival_share`.

    Parameters
    ----------
    factors : AviationFactors
        Engines, times in mode, types, auxiliary power units.
    minutes : mapping, optional
        Time [min] of a phase such as `taxi_out` at the city's airports, in place of the reference
        cycle's.
    apu_share : float
        Share of the cycles [-] in which the auxiliary power unit runs.

    Returns
    -------
    pandas.DataFrame
        Indexed by `icao`, `part` (departure, arrival), `process`: `fuel_kg` [kg], `nox_g`, `co_g`,
        `hc_g`, `pm_g` [g] of one flight; null where the engine has no figure.
    """
    types = factors.types
    times = factors.times if minutes is None else _with_times(factors.times, minutes)
    phases = types.reset_index().merge(times, on="category")[
        ["icao", "engine", "engines", "part", "mode", "time_min"]
    ]
    figures = factors.engines.reindex(pd.MultiIndex.from_frame(phases[["engine", "mode"]]))
    seconds = 60.0 * phases["time_min"].to_numpy()
    fuel_kg = figures["fuel_kg_s"].to_numpy() * seconds * phases["engines"].to_numpy()
    amounts = {"fuel_kg": fuel_kg} | {
        f"{name}_g": fuel_kg * figures[f"{name}_g_kg"].to_numpy() for name in MEASURED
    }
    main = phases[["icao", "part"]].assign(process=ENGINES, **amounts)
    units = factors.apu.loc[types["apu"]].set_index(types.index)
    parts = [main]
    for part in PARTS:
        arrival = units["arrival_share"].to_numpy()
        share = apu_share * (arrival if part == "arrival" else 1.0 - arrival)
        parts.append(
            units[list(amounts)].mul(share, axis=0).reset_index().assign(part=part, process=APU)
        )
    cycles = pd.concat(parts, ignore_index=True).set_index(["icao", "part", "process"])
    by_key = cycles.groupby(level=[0, 1, 2])
    # a mode without a figure leaves the cycle without one
    lacking = cycles.isna().groupby(level=[0, 1, 2]).any()
    return by_key.sum().mask(lacking)


def _with_times(times: pd.DataFrame, minutes: Mapping[str, float]) -> pd.DataFrame:
    own = times["phase"].map(dict(minutes))
    return times.assign(time_min=np.where(own.notna(), own, times["time_min"]))
