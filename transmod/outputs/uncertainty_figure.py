"""The tornado figure: how far each uncertain input moves a total by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.patches import Rectangle

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
from transmod.outputs.wording import TEXT, number

_WIDTH = 9.3  # in
_LINE, _GAP = 0.25, 0.35  # in: of an input, between panels
_LABELS, _FIGURES = 3.0, 2.15  # in: left and right of the bars
_LESS, _MORE, _ALL = "#4a78b0", "#b5442e", "#70767c"


@dataclass(frozen=True)
class Swing:
    """An interval about a value, and the share of the variance that belongs to it."""

    label: str
    low: float
    high: float
    share: float | None = None


@dataclass(frozen=True)
class TornadoPanel:
    """Inputs of one total, the one that matters most first; `whole` is all of them together."""

    heading: str
    value: float
    whole: Swing
    inputs: tuple[Swing, ...]


def draw_tornado(
    panels: Sequence[TornadoPanel], path: Path, *, title: str, subtitle: str, source: str
) -> None:
    """
    Draw how far inputs move totals, one panel a total, all bars of a panel on one scale.

    Parameters
    ----------
    panels
        From top to bottom.
    path
        PNG to write.
    title, subtitle, source
        Texts.
    """
    head, foot = head_and_foot(title, source, _WIDTH)
    heights = [_LINE * (len(panel.inputs) + 2.7) for panel in panels]
    with plain_style():
        sheet = Sheet(_WIDTH, head + 0.1 + sum(heights) + _GAP * len(panels) + foot)
        sheet.frame(title, subtitle, source)
        top = sheet.height - head - 0.15
        for panel, height in zip(panels, heights, strict=True):
            _draw_panel(sheet, panel, top)
            top -= height + _GAP
        sheet.write(path)


def _draw_panel(sheet: Sheet, panel: TornadoPanel, top: float) -> None:
    left, right = MARGIN + _LABELS, _WIDTH - MARGIN - _FIGURES
    swings = (panel.whole, *panel.inputs)
    low = min(panel.value, *(swing.low for swing in swings))
    high = max(panel.value, *(swing.high for swing in swings))
    per_inch = (high - low) / (right - left) or 1.0

    def place(amount: float) -> float:
        return left + (amount - low) / per_inch

    y = top - 0.1
    edges = [_WIDTH - MARGIN - at for at in (1.42, 0.72, 0.0)]
    sheet.text(MARGIN, y, panel.heading, size=9.5, weight="bold")
    names = (TEXT["swing_low"], TEXT["swing_high"], TEXT["swing_share"])
    for edge, name in zip(edges, names, strict=True):
        sheet.text(edge, y, name, size=7, color=GREY, ha="right")
    centre = place(panel.value)
    bottom = y - _LINE * (len(swings) + 0.25) - 0.1
    sheet.line([centre] * 2, [y - 0.12, bottom], color=INK, lw=0.8)
    for i, swing in enumerate(swings):
        y -= _LINE * (1.25 if i == 1 else 1.0)
        style = {"weight": "bold"} if i == 0 else {}
        for start, end, colour in (
            (swing.low, min(swing.high, panel.value), _LESS),
            (max(swing.low, panel.value), swing.high, _MORE),
        ):
            if end > start:
                sheet.paper.add_patch(
                    Rectangle(
                        (place(start), y - 0.05), (end - start) / per_inch, 0.17,
                        facecolor=colour if i else _ALL, lw=0,
                    )
                )  # fmt: skip
        label = cut_short(swing.label, _LABELS - 0.15, 8.5)
        sheet.text(left - 0.1, y, label, size=8.5, ha="right", **style)
        cells = (_percent(swing.low, panel.value), _percent(swing.high, panel.value))
        for edge, cell in zip(edges, (*cells, _share(swing.share)), strict=True):
            sheet.text(edge, y, cell, size=8.5, ha="right", **style)
    sheet.line([left, right], [bottom] * 2, color=PALE, lw=0.6)
    sheet.text(centre, bottom - 0.15, number(panel.value, 4), size=7.5, ha="center", color=GREY)


def _percent(amount: float, value: float) -> str:
    if value == 0.0:
        return ""
    part = 100.0 * (amount / value - 1.0)
    digits = 1 if abs(part) < 100.0 else 0
    sign = "+" if part > 0.0 else "\N{MINUS SIGN}" if part < 0.0 else ""
    return f"{sign}{abs(part):.{digits}f} %"


def _share(share: float | None) -> str:
    if share is None:
        return ""
    return "< 1 %" if share < 0.01 else f"{100.0 * share:.0f} %"
