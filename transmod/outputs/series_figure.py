"""The figure of a series: amounts over the years, or a bar for each run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from transmod.outputs.sheet import (
    GREY,
    INK,
    MARGIN,
    PALE,
    Sheet,
    break_lines,
    cut_short,
    head_and_foot,
    plain_style,
)
from transmod.outputs.wording import TEXT, change, number

_WIDTH = 9.3  # in
_LINE, _GAP = 0.27, 0.3  # in: of a run, between panels
_LABELS, _FIGURES = 2.9, 1.75  # in: left and right of the bars
_BAR, _BASE = "#4a78b0", "#70767c"
_HIGH, _COLUMN = 1.75, 4.15  # in: of a panel over years
_MOST_WRITTEN = 8  # points of a line that are named


@dataclass(frozen=True)
class SeriesPanel:
    """A figure of every run: its amount and how far it is from its base [%]; NaN: none."""

    heading: str
    amounts: tuple[float, ...]
    percents: tuple[float, ...]


def draw_bars(
    panels: Sequence[SeriesPanel],
    path: Path,
    *,
    labels: Sequence[str],
    is_base: Sequence[bool],
    title: str,
    source: str,
) -> None:
    """
    Draw a bar for each run, one panel a figure, every panel from zero.

    Parameters
    ----------
    panels
        From top to bottom.
    path
        PNG to write.
    labels
        What runs are called (N,).
    is_base
        Whether another run stands on it (N,).
    title, source
        Texts.
    """
    head, foot = head_and_foot(title, source, _WIDTH)
    height = _LINE * (len(labels) + 1)
    with plain_style():
        sheet = Sheet(_WIDTH, head + 0.15 + (height + _GAP) * len(panels) + foot)
        sheet.frame(title, TEXT["series_bars"], source)
        top = sheet.height - head - 0.25
        for panel in panels:
            _draw_bars(sheet, panel, top, labels, is_base)
            top -= height + _GAP
        sheet.write(path)


def _draw_bars(
    sheet: Sheet, panel: SeriesPanel, top: float, labels: Sequence[str], is_base: Sequence[bool]
) -> None:
    left, right = MARGIN + _LABELS, _WIDTH - MARGIN - _FIGURES
    edges = _WIDTH - MARGIN - 0.8, _WIDTH - MARGIN
    per_inch = max(amount for amount in panel.amounts if amount > 0.0) / (right - left)
    sheet.text(MARGIN, top, panel.heading, size=9.5, weight="bold")
    sheet.text(
        edges[1],
        top,
        TEXT["to_base" if sum(is_base) == 1 else "to_own_base"],
        size=7.5,
        color=GREY,
        ha="right",
    )
    y = top
    for label, amount, percent, base in zip(
        labels, panel.amounts, panel.percents, is_base, strict=True
    ):
        y -= _LINE
        style = {"weight": "bold"} if base else {}
        words = cut_short(label, _LABELS - 0.15, 8.5)
        sheet.text(left - 0.1, y, words, size=8.5, ha="right", **style)
        if amount > 0.0:
            colour = _BASE if base else _BAR
            sheet.paper.add_patch(
                Rectangle((left, y - 0.05), amount / per_inch, 0.18, facecolor=colour, lw=0)
            )
        sheet.text(edges[0], y, number(amount, 4), size=8.5, ha="right", **style)
        sheet.text(edges[1], y, change(percent), size=8.5, ha="right", color=GREY)
    bases = [a for a, base in zip(panel.amounts, is_base, strict=True) if base and a > 0.0]
    if len(bases) == 1:  # how far each bar is from it
        x = left + bases[0] / per_inch
        sheet.line([x, x], [top - 0.1, y - 0.09], color=INK, lw=0.8)
    sheet.line([left, left], [top - 0.1, y - 0.09], color=PALE, lw=0.7)


def draw_years(
    panels: Sequence[SeriesPanel],
    path: Path,
    *,
    years: Sequence[int],
    title: str,
    subtitle: str,
    source: str,
) -> None:
    """
    Draw how amounts go through the years, one panel a figure, every panel from zero.

    Parameters
    ----------
    panels
        Two in a row.
    path
        PNG to write.
    years
        Of the runs or their fleets (N,), ascending.
    title, subtitle, source
        Texts.
    """
    head, foot = head_and_foot(title, source, _WIDTH)
    wrapped = [break_lines(panel.heading, _COLUMN - 0.1, 8.5, "bold") for panel in panels]
    above = 0.17 * max(len(lines) for lines in wrapped) + 0.2
    row = above + _HIGH + 0.35
    rows = math.ceil(len(panels) / 2)
    with plain_style():
        sheet = Sheet(_WIDTH, head + row * rows + foot + 0.1)
        sheet.frame(title, subtitle, source)
        for i, (panel, lines) in enumerate(zip(panels, wrapped, strict=True)):
            x = MARGIN + (i % 2) * (_WIDTH - 2 * MARGIN - _COLUMN)
            top = sheet.height - head - 0.2 - (i // 2) * row
            for n, line in enumerate(lines):
                sheet.text(x, top - 0.17 * n, line, size=8.5, weight="bold")
            _draw_years(sheet, panel, years, x, top - above - _HIGH + 0.15)
        sheet.write(path)


def _draw_years(
    sheet: Sheet, panel: SeriesPanel, years: Sequence[int], x: float, bottom: float
) -> None:
    axes = sheet.axes(x + 0.6, bottom, _COLUMN - 0.75, _HIGH)
    axes.plot(years, panel.amounts, color=_BAR, lw=1.6, marker="o", markersize=4.5, clip_on=False)
    highest = max(amount for amount in panel.amounts if amount > 0.0)
    margin = max(1.0, 0.08 * (years[-1] - years[0]))
    axes.set(xlim=(years[0] - margin, years[-1] + margin), ylim=(0.0, 1.18 * highest))
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(PALE)
    axes.grid(axis="y", color=PALE, lw=0.4, alpha=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelsize=7.5, labelcolor=GREY)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    if len(years) <= _MOST_WRITTEN:
        axes.set_xticks(list(years))
        for year, amount in zip(years, panel.amounts, strict=True):
            if math.isfinite(amount):
                axes.annotate(
                    number(amount), (year, amount), xytext=(0, 6), textcoords="offset points",
                    ha="center", fontsize=7.5, color=INK,
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
                )  # fmt: skip
    else:
        axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
