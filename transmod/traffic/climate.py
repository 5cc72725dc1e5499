"""Climate of a run: the seasons that its hours are told apart by, and how warm they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from transmod.traffic.calendar import HOURS_PER_DAY, Calendar

QUARTERS = ((12, 1, 2), (3, 4, 5), (6, 7, 8), (9, 10, 11))
MONTHS = tuple((month,) for month in range(1, 13))
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, eq=False)
class Climate:
    """
    The S seasons of a run.

    Attributes
    ----------
    names : tuple of str
        Months of each season; ``("year",)`` where they are not told apart.
    temperature_c : float64 (S,) or None
        Mean temperature, weighted by hours of the period [degC]; none where the run gives none.
    days : float64 (S,)
        Days of the period in each season.
    season : int64 (T,)
        Season of each slot of the calendar.
    notes : tuple of str
        What a user should know.
    """

    names: tuple[str, ...]
    temperature_c: NDArray[np.float64] | None
    days: NDArray[np.float64]
    season: NDArray[np.int64]
    notes: tuple[str, ...] = ()

    @property
    def n_seasons(self) -> int:
        """Number of seasons, S."""
        return self.days.size


def build_climate(
    calendar: Calendar,
    temperature_c: Sequence[float] | None = None,
    *,
    seasons: Literal["quarters", "months", "year"] = "quarters",
) -> Climate:
    """
    Sort the slots of a calendar into seasons.

    Parameters
    ----------
    calendar : Calendar
        T slots.
    temperature_c : sequence of 12 float, optional
        Mean temperature of January to December [degC]. Without it there is one season.
    seasons : "quarters", "months" or "year"
        December to February and so on, each month by itself, or one season.

    Returns
    -------
    Climate
        Only seasons that some hour of the period falls into. Where slots span months, seasons are
        those of the calendar, else one.

    Notes
    -----
    What is not linear in temperature is taken at the mean temperature of a season.
    """
    weight = calendar.weight
    if temperature_c is None:
        return Climate(("year",), None, np.array([weight.sum() / HOURS_PER_DAY]), _zeros(calendar))
    notes: list[str] = []
    names: tuple[str, ...] = ("year",)
    of_slot = calendar.mean_in_slots(
        np.asarray(temperature_c, np.float64)[calendar.civil.month - 1]
    )
    label = _zeros(calendar)
    if seasons != "year" and (calendar.month > 0).all():
        groups = QUARTERS if seasons == "quarters" else MONTHS
        by_month = np.array([[m in group for group in groups].index(True) for m in range(1, 13)])
        label = by_month[calendar.month - 1]
        names = tuple("-".join(_NAMES[m - 1] for m in group) for group in groups)
    elif seasons != "year" and len(calendar.seasons) > 1:
        label, names = calendar.season, calendar.seasons
    elif seasons != "year":
        notes.append(
            "The hours of the volumes tell no seasons apart: what depends on temperature is "
            "taken at the mean of the period."
        )
    used, season = np.unique(label[weight > 0.0], return_inverse=True)
    of_all = np.zeros(weight.size, np.int64)
    of_all[weight > 0.0] = season
    own = weight > 0.0
    hours = np.bincount(season, weight[own], minlength=used.size)
    mean = np.bincount(season, weight[own] * of_slot[own], minlength=used.size) / hours
    kept = tuple(names[i] for i in used)
    notes.append(
        "Temperature of the seasons: "
        + ", ".join(f"{name} {value:.1f}" for name, value in zip(kept, mean, strict=True))
        + " degC."
    )
    return Climate(kept, mean, hours / HOURS_PER_DAY, of_all, tuple(notes))


def _zeros(calendar: Calendar) -> NDArray[np.int64]:
    return np.zeros(calendar.n_slots, np.int64)
