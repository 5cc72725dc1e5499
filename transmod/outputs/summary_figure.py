"""The figure of several comparisons: what each cause does in each run, the base as zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.patches import Rectangle

from transmod.outputs.difference_maps import signed
from transmod.outputs.sheet import (
    GREY,
    INK,
    MARGIN,
    Sheet,
    cut_short,
    head_and_foot,
    plain_style,
    width_of,
)
from transmod.outputs.wording import TEXT, change, number

_WIDTH = 9.3  # in
_LINE, _GAP = 0.36, 0.32  # in: of a run, between panels
_LABELS, _FIGURES = 2.75, 1.95  # in: left and right of the bars
_HIGH, _THIN = 0.19, 0.07  # in: of what is real, of what is method alone
# told apart by people who see few colours too
_COLOURS = {
    "activity": "#0072b2",
    "speed": "#56b4e9",
    "fleet": "#009e73",
    "factors": "#e69f00",
    "electricity": "#cc79a7",
    "undivided": "#a9afb5",
    "method": "#5a5f64",
}


@dataclass(frozen=True)
class SummaryBar:
    """A run: what each cause did to it, and by how much it differs in all."""

    label: str
    causes: tuple[tuple[str, float], ...]
    difference: float


@dataclass(frozen=True)
class SummaryPanel:
    """One account and substance: the amount of the base, and the runs beside it."""

    heading: str
    amount_base: float
    bars: tuple[SummaryBar, ...]


def draw_summary(
    panels: Sequence[SummaryPanel], path: Path, *, base: str, year: int, source: str
) -> None:
    """
    Draw stacked bars of causes, more to the right and less to the left of the base.

    What only another method did is a thin bar of its own below: it is no change of emissions.

    Parameters
    ----------
    panels
        From top to bottom, each on its own scale.
    path
        PNG to write.
    base, year
        Title and year of the run that all are compared with.
    source
        Source line.
    """
    title = TEXT["summary_title"].format(base)
    subtitle = TEXT["summary_subtitle"].format(year)
    head, foot = head_and_foot(title, source, _WIDTH)
    shown = {cause for panel in panels for bar in panel.bars for cause, _ in bar.causes}
    key = _to_lines([cause for cause in _COLOURS if cause in shown])
    heights = [_LINE * (len(panel.bars) + 1.15) for panel in panels]
    above = 0.22 * len(key) + 0.3
    with plain_style():
        sheet = Sheet(_WIDTH, head + above + sum(heights) + _GAP * len(panels) + foot)
        sheet.frame(title, subtitle, source)
        top = sheet.height - head - 0.14
        for line in key:
            _draw_key(sheet, line, top)
            top -= 0.22
        top -= 0.2
        for panel, height in zip(panels, heights, strict=True):
            _draw_panel(sheet, panel, top)
            top -= height + _GAP
        sheet.write(path)


def _word(cause: str) -> str:
    return TEXT["summary_method"] if cause == "method" else TEXT[f"cause_{cause}"]


def _to_lines(causes: Sequence[str]) -> list[list[str]]:
    """Break the key into lines; the mark of the whole comes last."""
    lines: list[list[str]] = [[]]
    x = 0.0
    for name in [*causes, "whole"]:
        room = _room(name)
        if lines[-1] and x + room > _WIDTH - 2 * MARGIN:
            lines.append([])
            x = 0.0
        lines[-1].append(name)
        x += room
    return lines


def _room(name: str) -> float:
    words = TEXT["summary_whole"] if name == "whole" else _word(name)
    return width_of(words, 8) + 0.5


def _draw_key(sheet: Sheet, line: Sequence[str], y: float) -> None:
    x = MARGIN
    for name in line:
        if name == "whole":
            _mark(sheet, x + 0.1, y + 0.04)
            sheet.text(x + 0.25, y, TEXT["summary_whole"], size=8)
        else:
            high = _THIN if name == "method" else 0.12
            at = (x, y + 0.04 - high / 2)
            sheet.paper.add_patch(Rectangle(at, 0.18, high, facecolor=_COLOURS[name], lw=0))
            sheet.text(x + 0.25, y, _word(name), size=8)
        x += _room(name)


def _mark(sheet: Sheet, x: float, y: float) -> None:
    sheet.paper.plot(
        [x], [y], marker="D", markersize=4.5, color=INK, markeredgecolor="white",
        markeredgewidth=0.7, linestyle="none", zorder=5,
    )  # fmt: skip


def _draw_panel(sheet: Sheet, panel: SummaryPanel, top: float) -> None:
    left, right = MARGIN + _LABELS, _WIDTH - MARGIN - _FIGURES
    ends = [0.0]
    for bar in panel.bars:
        real = [step for cause, step in bar.causes if cause != "method"]
        ends += [sum(s for s in real if s < 0.0), sum(s for s in real if s > 0.0), bar.difference]
        ends += [step for cause, step in bar.causes if cause == "method"]
    low, high = min(ends), max(ends)
    per_inch = (high - low) / (right - left - 0.2) or 1.0
    zero = left + 0.1 - low / per_inch

    edges = _WIDTH - MARGIN - 0.85, _WIDTH - MARGIN
    sheet.text(MARGIN, top, panel.heading, size=9.5, weight="bold")
    sheet.text(edges[0], top, TEXT["summary_difference"], size=7.5, color=GREY, ha="right")
    sheet.text(edges[1], top, TEXT["of_base"], size=7.5, color=GREY, ha="right")
    y = top - 0.02
    for bar in panel.bars:
        y -= _LINE
        words = cut_short(bar.label, _LABELS - 0.15, 8.5)
        sheet.text(left - 0.1, y, words, size=8.5, ha="right")
        _draw_bar(sheet, bar, zero, per_inch, y)
        sheet.text(edges[0], y, signed(bar.difference), size=8.5, ha="right", weight="bold")
        share = bar.difference / panel.amount_base if panel.amount_base else float("nan")
        sheet.text(edges[1], y, change(100.0 * share), size=8.5, ha="right", color=GREY)
    bottom = y - 0.16
    sheet.line([zero, zero], [top - 0.13, bottom], color=INK, lw=0.9)
    words = TEXT["summary_zero"].format(number(panel.amount_base, 4))
    half = width_of(words, 7.5) / 2
    at = min(max(zero, left + half), right - half)
    sheet.text(at, bottom - 0.13, words, size=7.5, color=GREY, ha="center")


def _draw_bar(sheet: Sheet, bar: SummaryBar, zero: float, per_inch: float, y: float) -> None:
    reached = {True: zero, False: zero}  # to the right, to the left
    middle = y + 0.04
    for cause, step in bar.causes:
        size = step / per_inch
        if cause == "method":
            at = (min(zero, zero + size), middle - _HIGH / 2 - 0.02 - _THIN)
            patch = Rectangle(at, abs(size), _THIN, facecolor=_COLOURS[cause], lw=0)
        else:
            start = reached[step > 0.0]
            reached[step > 0.0] = start + size
            at = (min(start, start + size), middle - _HIGH / 2)
            patch = Rectangle(at, abs(size), _HIGH, facecolor=_COLOURS[cause], lw=0)
        sheet.paper.add_patch(patch)
    _mark(sheet, zero + bar.difference / per_inch, middle)
