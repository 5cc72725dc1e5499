"""How long the steps of a run take."""

from __future__ import annotations

import time
from collections.abc import Callable

Progress = Callable[[str, float | None], None]


def be_quiet(_step: str, _share: float | None = None) -> None:
    """Tell nobody how far a run is."""


class Clock:
    """Times the steps of a run and passes them on."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._start = time.perf_counter()
        self._begun: list[tuple[str, float]] = []

    def begin(self, step: str, share: float | None = None) -> None:
        """Note that a step begins, or how far it is."""
        if not self._begun or self._begun[-1][0] != step:
            self._begun.append((step, time.perf_counter()))
        self._progress(step, share)

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._start

    def steps(self) -> dict[str, float]:
        """Return the seconds of each step so far."""
        ends = [begin for _, begin in self._begun[1:]] + [time.perf_counter()]
        return {name: end - begin for (name, begin), end in zip(self._begun, ends, strict=True)}
