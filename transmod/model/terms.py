"""
Terms of two runs: what each amount of theirs is the product of, run by run.

An amount is activity x intensity x share x power x weight. Each of these is given for run A
(position 0) and run B (position 1), so a mixture of both runs has an amount, too. Intensity hangs
on three things at once - how traffic drives, under which settings factors hold, of which set they
are - and is given for each mixture of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.schema import EMISSION_KEYS

Floats = NDArray[np.float64]

NOISE = 1e-13  # relative: a difference below it is one of rounding, and has no cause
TERM_KEYS = (*EMISSION_KEYS, "process", "pollutant")


@dataclass(frozen=True, eq=False)
class Terms:
    """
    N products of one kind.

    Attributes
    ----------
    keys : pandas.DataFrame
        (N,) rows of `TERM_KEYS`; `pollutant` may be "energy".
    activity : float64 (2, N)
        Vehicle-kilometres, or what stands for activity beside the road.
    intensity : float64 (2, 2, 2, N)
        By driving, settings of factors, set of factors [t, of energy TJ, a unit of activity].
    share : float64 (2, N)
        Share of the vehicle type [-].
    power : float64 (2, N)
        What stands behind a unit of grid electricity; 1 for all else.
    counted : float64 (2, N)
        1 where the run counts the process, else 0.
    is_divided : bool
        Whether intensity and activity could be told apart; if not, all is intensity.
    """

    keys: pd.DataFrame
    activity: Floats
    intensity: Floats
    share: Floats
    power: Floats
    counted: Floats
    is_divided: bool = True

    def __len__(self) -> int:
        return len(self.keys)

    def take(self, rows: NDArray[np.int64]) -> Terms:
        """Return some of the products."""
        return Terms(
            self.keys.iloc[rows].reset_index(drop=True),
            self.activity[:, rows],
            self.intensity[..., rows],
            self.share[:, rows],
            self.power[:, rows],
            self.counted[:, rows],
            self.is_divided,
        )


def freeze(lone: NDArray[np.bool_], side: NDArray[np.int64], values: Floats, n_axes: int) -> Floats:
    """
    Where only one run is active, give the other one what this one has.

    Whatever the idle run would have multiplied by nothing does not matter: that only one run is
    active is a difference of activity, and of nothing else.

    Parameters
    ----------
    lone : bool (N,)
        Where only one run is active.
    side : int64 (N,)
        Which of both it is.
    values : float64 (2, ..., 2, N)
        `n_axes` axes of runs.
    """
    here = np.flatnonzero(lone)
    if here.size:
        own = values[(*(side[here],) * n_axes, here)]
        values[..., here] = own
    return values


def without_noise(a: Floats, b: Floats) -> Floats:
    """Return values of run B, exactly those of run A where both are the same to rounding."""
    return np.where(np.abs(b - a) <= NOISE * np.maximum(np.abs(a), np.abs(b)), a, b)


def terms_of_rows(
    rows: Sequence[pd.DataFrame], energy: Sequence[pd.DataFrame], *, is_same_set: bool
) -> list[Terms]:
    """
    Take the rows of sources beside the road, and of parked cars, apart.

    Parameters
    ----------
    rows : pair of pandas.DataFrame
        Of run A and B: `TERM_KEYS` and `mass_t` [t], each key once.
    energy : pair of pandas.DataFrame
        Of run A and B: `EMISSION_KEYS` and `energy_tj` [TJ], each key once.
    is_same_set : bool
        Whether both runs have the same factors of these sources.

    Returns
    -------
    list of Terms
        Those whose activity is their use of energy; those that cannot be divided; energy itself,
        which is all activity.

    Notes
    -----
    A row that only one run has is activity. CO2 of grid electricity has its energy as activity and
    what stands behind it as `power`.
    """
    both = rows[0].merge(rows[1], on=list(TERM_KEYS), how="outer", suffixes=("_0", "_1"))
    # losses of the grid have the energy of what was delivered
    fed = both["activity"].str.replace("_grid_losses", "_electricity")
    used = both[list(EMISSION_KEYS)].assign(activity=fed)
    mass, drive = np.zeros((2, len(both))), np.zeros((2, len(both)))
    for d in (0, 1):
        mass[d] = both[f"mass_t_{d}"].fillna(0.0)  # no row: nothing is emitted
        found = used.merge(energy[d], on=list(EMISSION_KEYS), how="left")["energy_tj"]
        drive[d] = found.fillna(0.0)
    # a calibration may take away: its energy, too, is below zero
    lone = (mass != 0.0).sum(axis=0) == 1
    divided = (drive != 0.0).all(axis=0) & (mass != 0.0).all(axis=0)
    power = (both["fuel"] == "electricity").to_numpy() & divided
    per = np.divide(mass, drive, out=np.zeros_like(mass), where=drive != 0.0)
    per[1] = without_noise(per[0], per[1])

    out = []
    first = Terms(
        keys=both[list(TERM_KEYS)],
        activity=np.where(divided, drive, np.where(lone, mass, 1.0)),
        intensity=_by_set(np.where(divided & ~power, per, 1.0), is_same_set=is_same_set),
        share=np.ones_like(mass),
        power=np.where(power, per, 1.0),
        counted=np.ones_like(mass),
    )
    out.append(first.take(np.flatnonzero(divided | lone)))
    rest = np.flatnonzero(~divided & ~lone)
    n = rest.size
    whole = Terms(
        keys=both[list(TERM_KEYS)].iloc[rest].reset_index(drop=True),
        activity=np.ones((2, n)),
        intensity=_by_set(mass[:, rest], is_same_set=True),
        share=np.ones((2, n)),
        power=np.ones((2, n)),
        counted=np.ones((2, n)),
        is_divided=False,
    )
    out.append(whole)
    out.append(_energy_terms(energy))
    return [terms for terms in out if len(terms)]


def _by_set(values: Floats, *, is_same_set: bool) -> Floats:
    """Return values (2, N) of runs as intensity: they hang on the settings, or on the set."""
    out = np.empty((2, 2, 2, values.shape[1]))
    out[:] = values[None, :, None] if is_same_set else values[None, None, :]
    return out


def _energy_terms(energy: Sequence[pd.DataFrame]) -> Terms:
    both = energy[0].merge(energy[1], on=list(EMISSION_KEYS), how="outer", suffixes=("_0", "_1"))
    n = len(both)
    amounts = np.stack([both[f"energy_tj_{d}"].fillna(0.0).to_numpy(np.float64) for d in (0, 1)])
    return Terms(
        keys=both[list(EMISSION_KEYS)].assign(process="energy", pollutant="energy"),
        activity=amounts,
        intensity=np.ones((2, 2, 2, n)),
        share=np.ones((2, n)),
        power=np.ones((2, n)),
        counted=np.ones((2, n)),
    )
