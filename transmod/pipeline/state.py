"""Results of a run: those just computed, and those that lie in its folder already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transmod import __version__
from transmod.errors import InputError
from transmod.inputs.hashes import sha256_file
from transmod.inputs.results import MANIFEST, RESULTS, read_manifest
from transmod.outputs.caption import Caption
from transmod.pipeline.clock import Progress
from transmod.scenario.measure import put_measures_first

if TYPE_CHECKING:
    from transmod.accounts.books import Books
    from transmod.accounts.checks import Check
    from transmod.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Computed:
    """
    What a run computed: its books, checks and notes; `write` puts its files into a folder.

    `threads` are those of the kernels.
    """

    books: Books
    checks: list[Check]
    notes: tuple[str, ...]
    write: Callable[[Path, Progress], None]
    threads: int


def find_former_results(run: Path, now: dict[str, str]) -> dict[str, Any] | None:
    """
    Return the manifest of results that were computed from the same inputs; None without results.

    Parameters
    ----------
    run : Path
        Folder of the run.
    now : dict of str to str
        SHA-256 of its present inputs, by path.

    Raises
    ------
    InputError
        If there are results of other inputs or of another version, or some of their files are
        missing or no longer what they were.
    """
    if not (run / RESULTS / MANIFEST).is_file():
        return None
    manifest = read_manifest(run)
    if manifest["inputs"] == now and manifest["version"] == __version__:
        _require_whole(run, manifest)
        return manifest
    changed = sorted(
        name
        for name in {*now, *manifest["inputs"]}
        if now.get(name) != manifest["inputs"].get(name)
    )
    what = f"{', '.join(changed[:3])} changed" if changed else f"made by {manifest['version']}"
    raise InputError(
        f"{run / RESULTS} must be of the present inputs: {what} ({len(changed)} of {len(now)} "
        f"files). Say --force to replace the results."
    )


def _require_whole(run: Path, manifest: dict[str, Any]) -> None:
    states: dict[str, list[str]] = {"is missing": [], "has changed": []}
    for name, expected in manifest["results"].items():
        path = run / RESULTS / name
        if not path.is_file():
            states["is missing"].append(name)
        elif sha256_file(path) != expected:
            states["has changed"].append(name)
    for state, names in states.items():
        if names:
            raise InputError(
                f"{run / RESULTS} must be whole: {', '.join(names[:3])} {state} ({len(names)} of "
                f"{len(manifest['results'])} files). Say --force to compute the results again."
            )


def to_caption(scenario: Scenario, licence: str, factors: str) -> Caption:
    """Return what results say of themselves; `factors` is the title of the factor set."""
    return Caption(
        title=scenario.title,
        source=f"{scenario.traffic.named}; network data: {licence}; factors: {factors}",
        year=scenario.year,
        period=scenario.calendar.period,
        outputs=scenario.outputs,
    )


def each_once(*notes: str) -> tuple[str, ...]:
    """Leave out what was said before (cars and trains have one grid); measures come first."""
    return put_measures_first(notes)
