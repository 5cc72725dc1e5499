"""The figure of causes: from one run to the other, step by step."""

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
    PALE,
    Sheet,
    cut_short,
    head_and_foot,
    plain_style,
)
from transmod.outputs.wording import TEXT, change, number, word

_WIDTH = 9.3  # in
_LINE, _GAP = 0.27, 0.3  # in: of a step, between panels
_LABELS, _FIGURES = 2.7, 1.95  # in: left and right of the bars
_LESS, _MORE = "#4a78b0", "#b5442e"


@dataclass(frozen=True)
class CausePanel:
    """One waterfall: what it is of, the amounts of both runs, and what each cause did."""

    heading: str
    amount_a: float
    amount_b: float
    steps: tuple[tuple[str, float], ...]


def draw_causes(
    panels: Sequence[CausePanel],
    path: Path,
    *,
    names: tuple[str, str],
    title: str,
    subtitle: str,
    source: str,
) -> None:
    """
    Draw how each cause leads from run A to run B, one panel an account and substance.

    The scale of a panel does not begin at zero: amounts of the runs are points, and only steps are
    bars, whose lengths may be compared.

    Parameters
    ----------
    panels
        From top to bottom.
    path
        PNG to write.
    names
        What both runs are called.
    title, subtitle, source
        Texts.
    """
    head, foot = head_and_foot(title, source, _WIDTH)
    heights = [_LINE * (len(panel.steps) + 3) for panel in panels]
    with plain_style():
        sheet = Sheet(_WIDTH, head + sum(heights) + _GAP * len(panels) + foot)
        sheet.frame(title, subtitle, source)
        top = sheet.height - head - 0.15
        for panel, height in zip(panels, heights, strict=True):
            _draw_panel(sheet, panel, top, names)
            top -= height + _GAP
        sheet.write(path)


def _draw_panel(sheet: Sheet, panel: CausePanel, top: float, names: tuple[str, str]) -> None:
    left, right = MARGIN + _LABELS, _WIDTH - MARGIN - _FIGURES
    reached = [panel.amount_a]
    for _, step in panel.steps:
        reached.append(reached[-1] + step)
    low, high = min(*reached, panel.amount_b), max(*reached, panel.amount_b)
    per_inch = (high - low) / (right - left - 0.2) or 1.0

    def place(value: float) -> float:
        return left + 0.1 + (value - low) / per_inch

    y = top - 0.1
    sheet.text(MARGIN, y, panel.heading, size=9.5, weight="bold")
    edges = _WIDTH - MARGIN - 0.85, _WIDTH - MARGIN
    sheet.text(edges[1], y, TEXT["of_a"], size=7.5, color=GREY, ha="right")
    y -= _LINE
    _draw_run(sheet, ("A", names[0]), panel.amount_a, place(panel.amount_a), y, edges[0])
    before = panel.amount_a
    for name, step in panel.steps:
        # from the line above, so that the eye follows the way down
        sheet.line([place(before)] * 2, [y + 0.04, y - _LINE + 0.04], color=PALE, lw=0.7)
        y -= _LINE
        start = place(min(before, before + step))
        colour = _MORE if step > 0 else _LESS
        sheet.paper.add_patch(
            Rectangle((start, y - 0.05), abs(step) / per_inch, 0.18, facecolor=colour, lw=0)
        )
        sheet.text(left - 0.1, y, TEXT[f"cause_{name}"], size=8.5, ha="right")
        sheet.text(edges[0], y, signed(step), size=8.5, ha="right")
        sheet.text(edges[1], y, _percent(step, panel.amount_a), size=8.5, ha="right", color=GREY)
        before += step
    sheet.line([place(before)] * 2, [y + 0.04, y - _LINE + 0.04], color=PALE, lw=0.7)
    y -= _LINE
    _draw_run(sheet, ("B", names[1]), panel.amount_b, place(panel.amount_b), y, edges[0])
    in_all = _percent(panel.amount_b - panel.amount_a, panel.amount_a)
    sheet.text(edges[1], y, in_all, size=8.5, ha="right", weight="bold")


def _draw_run(
    sheet: Sheet, name: tuple[str, str], amount: float, x: float, y: float, edge: float
) -> None:
    sheet.paper.plot([x], [y + 0.04], marker="o", markersize=6, color=INK, linestyle="none")
    words = cut_short(f"{name[0]}  {name[1]}", _LABELS - 0.15, 8.5, "bold")
    sheet.text(MARGIN + _LABELS - 0.1, y, words, size=8.5, ha="right", weight="bold")
    sheet.text(edge, y, number(amount, 4), size=8.5, ha="right", weight="bold")


def _percent(part: float, whole: float) -> str:
    if whole == 0.0:
        return ""
    return change(100.0 * part / whole)


def heading(account: str, pollutant: str, unit: str, period: str) -> str:
    """Say what a panel is of."""
    return TEXT["panel_of"].format(
        TEXT.get(f"substance_{pollutant}", pollutant.upper()), unit, word(period), word(account)
    )
