"""
The sheet a figure is drawn on: measured in inches, with title, source line and keys.

Everything has a place of its own, so nothing can be hidden or cut off.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.patches import Rectangle

DPI = 150
INK, GREY, PALE = "#222222", "#6b7075", "#a9afb5"
MARGIN, GAP, ROW, PANEL, COLUMN = 0.35, 0.25, 0.185, 2.7, 0.68  # in
FONT = "DejaVu Sans"  # comes with matplotlib


@dataclass(frozen=True)
class Row:
    """A line of a key: a mark (colour and line width, or None) and its cells, label first."""

    cells: tuple[str, ...]
    colour: str | None = None
    width: float | None = None  # pt; None: a filled box


@dataclass(frozen=True)
class Block:
    """A key or table beside the map: heading, names of the number columns, lines."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def lines(self) -> list[str]:
        """The heading, broken to the width of the panel."""
        return break_lines(self.heading, PANEL, 8, "bold") or [""]

    @property
    def height(self) -> float:
        """Height on the sheet [in]."""
        return ROW * (len(self.lines) + bool(self.columns) + len(self.rows)) + 0.08

    def in_columns(self, most: int) -> list[Block]:
        """Break a table of more than `most` lines into two columns."""
        if len(self.rows) <= most:
            return [self]
        half = (len(self.rows) + 1) // 2
        return [
            Block(self.heading, self.columns, self.rows[:half]),
            Block(" ", self.columns, self.rows[half:]),
        ]


@contextmanager
def plain_style() -> Iterator[None]:
    """Draw with matplotlib's own defaults and fonts, whatever the user's settings say."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update({"font.family": FONT, "font.size": 8, "text.color": INK})
        yield


class Sheet:
    """A figure measured in inches from its lower left corner."""

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        self.figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
        self.canvas = FigureCanvasAgg(self.figure)
        self.paper = self.axes(0, 0, width, height)
        self.paper.set(xlim=(0, width), ylim=(0, height))
        self.paper.set_axis_off()

    def axes(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """Add axes at a place on the sheet [in]."""
        w, h = self.width, self.height
        return self.figure.add_axes((left / w, bottom / h, width / w, height / h))

    def text(self, x: float, y: float, words: str, **style: Any) -> None:
        """Write words at a place on the sheet [in]; letters the font lacks are left out."""
        self.paper.text(x, y, readable(words), **{"va": "baseline", **style})

    def line(self, x: Sequence[float], y: Sequence[float], **style: Any) -> None:
        """Draw a line on the sheet [in]."""
        self.paper.plot(x, y, **{"solid_capstyle": "butt", **style})

    def frame(self, title: str, subtitle: str, source: str) -> None:
        """Write the title and subtitle on top, the source line at the bottom."""
        y = self.height - MARGIN - 0.05
        for line in _title_lines(title, self.width):
            self.text(MARGIN, y, line, size=13, weight="bold")
            y -= 0.24
        self.text(MARGIN, y + 0.02, subtitle, size=9, color=GREY)
        for i, line in enumerate(reversed(_source_lines(source, self.width))):
            self.text(MARGIN, 0.18 + 0.13 * i, line, size=6.5, color=GREY)

    def write(self, path: Path) -> None:
        """Write a PNG without date or program name: the same drawing gives the same bytes."""
        self.figure.savefig(path, format="png", metadata={"Software": None})


# fine enough that rounding letters to whole pixels does not shorten a long line
_MEASURE_DPI = 1200


@lru_cache(maxsize=4096)
def width_of(words: str, size: float, weight: str = "normal") -> float:
    """Return how wide a line of text is [in] at `size` [pt]."""
    font = get_font(findfont(FontProperties(family=FONT, weight=weight)))
    font.set_size(size, _MEASURE_DPI)
    font.set_text(readable(words))
    return font.get_width_height()[0] / 64 / _MEASURE_DPI


def break_lines(words: str, room: float, size: float, weight: str = "normal") -> list[str]:
    """Break text between words into lines no wider than `room` [in], where words allow it."""
    lines: list[str] = []
    for piece in words.split():
        longer = f"{lines[-1]} {piece}" if lines else piece
        if lines and width_of(longer, size, weight) <= room:
            lines[-1] = longer
        else:
            lines.append(piece)
    return lines


def cut_short(words: str, room: float, size: float, weight: str = "normal") -> str:
    """Return as much of a text as fits into `room` [in]."""
    if width_of(words, size, weight) <= room:
        return words
    while words and width_of(words + "…", size, weight) > room:
        words = words[:-1]
    return words.rstrip() + "…"


def _title_lines(title: str, width: float) -> list[str]:
    return break_lines(title, width - 2 * MARGIN, 13, "bold")


def _source_lines(source: str, width: float) -> list[str]:
    return break_lines(source, width - 2 * MARGIN, 6.5)


def head_and_foot(title: str, source: str, width: float) -> tuple[float, float]:
    """Return the heights that title and source line need [in]."""
    head = MARGIN + 0.24 * len(_title_lines(title, width)) + 0.14
    return head, 0.26 + 0.13 * len(_source_lines(source, width))


def readable(words: str) -> str:
    """Leave out the letters that the font does not have: they would print as boxes."""
    font = get_font(findfont(FONT))
    return "".join(c for c in words if c == "\n" or font.get_char_index(ord(c)))


def draw_block(sheet: Sheet, block: Block, x: float, top: float, width: float) -> None:
    """Draw a key with its upper left corner at (x, top) [in]."""
    y = top - 0.12
    for line in block.lines:
        sheet.text(x, y, line, size=8, weight="bold")
        y -= ROW
    right = [x + width - COLUMN * i for i in range(len(block.columns))][::-1]
    if block.columns:
        for edge, name in zip(right, block.columns, strict=True):
            sheet.text(edge, y, name, size=7, color=GREY, ha="right")
        y -= ROW
    figures = max((width_of(r.cells[1], 7.5) for r in block.rows if len(r.cells) > 1), default=0)
    for row in block.rows:
        label = x
        if row.colour is not None:
            label = x + 0.36
            if row.width is None:
                sheet.paper.add_patch(
                    Rectangle(
                        (x, y - 0.02), 0.26, 0.12, facecolor=row.colour, edgecolor=PALE, lw=0.4
                    )
                )
            else:
                sheet.line([x, x + 0.26], [y + 0.04] * 2, color=row.colour, lw=row.width)
        end = right[0] - figures - 0.08 if right else x + width
        sheet.text(label, y, cut_short(row.cells[0], end - label, 7.5), size=7.5)
        for edge, cell in zip(right, row.cells[1:], strict=False):
            sheet.text(edge, y, cell, size=7.5, ha="right")
        y -= ROW
