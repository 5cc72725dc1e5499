"""Curves of vehicle profiles: factors over speed, a row of panels for each kind of vehicle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from transmod.model.curve_lines import CurveLine
from transmod.outputs.sheet import (
    GREY,
    MARGIN,
    PALE,
    Sheet,
    cut_short,
    head_and_foot,
    plain_style,
)
from transmod.outputs.wording import TEXT, number

PANELS: dict[str, tuple[str, ...]] = {
    "panel_cars": ("car", "taxi"),
    "panel_vans": ("lcv",),
    "panel_trucks": ("rigid_truck", "articulated_truck"),
    "panel_buses": ("bus", "coach"),
    "panel_two_wheelers": ("motorcycle", "moped"),
}
MOST_LINES = 8
_WIDTH = 9.3  # in
_PANEL = 1.8  # in: height of the axes
_STEP = 2.62  # in: height of a row with its heading and axis labels
_KEY = 2.95  # in: width
_LINE = 0.19  # in: height of a line of the key
_FASTEST_KMH = {"panel_cars": 130, "panel_vans": 130, "panel_two_wheelers": 130}
_COLOURS = (
    "#c2452d", "#2f6fb0", "#e39a2d", "#3f9a6c", "#7b4fa0", "#4fb3bf", "#8c6a4f", "#c9639a",
)  # fmt: skip
_HELD = (0, (1, 1.8))
_SECOND = (0, (5, 1.6))


def draw_curves(
    lines: Sequence[CurveLine],
    path: Path,
    *,
    names: Sequence[str],
    title: str,
    subtitle: str,
    source: str,
) -> None:
    """
    Draw factors over speed: solid (a second set: dashed) where published, dotted where held.

    Parameters
    ----------
    lines
        Curves of up to two sets; each kind of vehicle has a row of panels.
    path
        PNG to write.
    names
        Quantities, a column of panels each.
    title, subtitle, source
        Texts.
    """
    sets = list(dict.fromkeys(line.set_name for line in lines))
    rows = {
        panel: [line for line in lines if line.vehicle["vehicle_class"] in classes]
        for panel, classes in PANELS.items()
    }
    rows = {panel: own for panel, own in rows.items() if own}
    head, foot = head_and_foot(title, source, _WIDTH)
    heights = {panel: max(_STEP, _LINE * (_n_types(own) + 2) + 0.3) for panel, own in rows.items()}
    with plain_style():
        sheet = Sheet(_WIDTH, head + 0.15 + sum(heights.values()) + foot)
        sheet.frame(title, subtitle, source)
        room = _WIDTH - 2 * MARGIN - _KEY
        top = sheet.height - head - 0.15
        for panel, own in rows.items():
            sheet.text(MARGIN, top - 0.1, TEXT[panel], size=10, weight="bold")
            colours = _colours(own, sets)
            for column, name in enumerate(names):
                width = room / len(names)
                axes = sheet.axes(
                    MARGIN + 0.35 + column * width, top - 0.42 - _PANEL, width - 0.65, _PANEL
                )
                _draw_panel(axes, [x for x in own if x.name == name], colours, sets)
                axes.set_xlim(0, 1.02 * _FASTEST_KMH.get(panel, 110))
                axes.set_title(_heading(name), size=8, loc="left", color=GREY, pad=4)
            _draw_key(sheet, own, colours, sets, _WIDTH - MARGIN - _KEY + 0.05, top - 0.42)
            top -= heights[panel]
        sheet.write(path)


def _draw_panel(
    axes: Axes,
    lines: Sequence[CurveLine],
    colours: dict[tuple[str, str], str],
    sets: Sequence[str],
) -> None:
    highest = 0.0
    # the first lines are the widest: of two that coincide both are seen
    widths = np.linspace(3.4, 1.2, max(len(lines), 2))
    for line, width in zip(lines, widths, strict=False):
        colour = colours[line.set_name, line.vehicle["vehicle_type"]]
        inside = (line.speed_kmh >= line.low_kmh) & (line.speed_kmh <= line.high_kmh)
        style = _SECOND if sets.index(line.set_name) else "-"
        axes.plot(line.speed_kmh, line.value, color=colour, lw=1.1, ls=_HELD, alpha=0.9)
        axes.plot(line.speed_kmh[inside], line.value[inside], color=colour, lw=width, ls=style)
        ends = np.flatnonzero(inside)[[0, -1]]
        axes.plot(line.speed_kmh[ends], line.value[ends], color=colour, marker="o", ms=2.4, lw=0)
        highest = max(highest, float(line.value[inside].max()))
    axes.set_ylim(0, 1.08 * highest if highest > 0 else 1)
    axes.xaxis.set_major_locator(MultipleLocator(20))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    axes.tick_params(labelsize=7, length=0, colors=GREY)
    axes.set_xlabel(TEXT["mean_speed"], size=7, color=GREY)
    axes.set_axisbelow(True)
    axes.grid(axis="y", color="#dfe3e6", linewidth=0.6)
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.spines["bottom"].set_color(PALE)


def _draw_key(
    sheet: Sheet,
    lines: Sequence[CurveLine],
    colours: dict[tuple[str, str], str],
    sets: Sequence[str],
    x: float,
    y: float,
) -> None:
    """Draw what the colours of a row stand for; each set under its name."""
    vehicles = {(x.set_name, x.vehicle["vehicle_type"]): x.vehicle for x in lines}
    for place, set_name in enumerate(sets):
        own = {name: v for (of, name), v in vehicles.items() if of == set_name}
        if len(sets) > 1 and own:
            sheet.text(x, y, set_name, size=7.5, weight="bold")
            y -= _LINE
        for name, vehicle in own.items():
            style = _SECOND if place else "-"
            colour = colours[set_name, name]
            sheet.line([x, x + 0.28], [y + 0.04] * 2, color=colour, lw=1.6, ls=style)
            label = cut_short(type_label(vehicle), _KEY - 0.4, 7.5)
            sheet.text(x + 0.36, y, label, size=7.5)
            y -= _LINE


def _heading(name: str) -> str:
    return TEXT.get(f"curve_{name}", TEXT["curve_other"].format(name.upper()))


def _n_types(lines: Sequence[CurveLine]) -> int:
    return len({(line.set_name, line.vehicle["vehicle_type"]) for line in lines})


def _colours(lines: Sequence[CurveLine], sets: Sequence[str]) -> dict[tuple[str, str], str]:
    """Return a colour for each type; the same type of a second set has the same."""
    out: dict[tuple[str, str], str] = {}
    for set_name in sets:
        own = [x.vehicle["vehicle_type"] for x in lines if x.set_name == set_name]
        own = list(dict.fromkeys(own))
        taken = {out[sets[0], name] for name in own if (sets[0], name) in out}
        free = iter([c for c in _COLOURS if c not in taken] * 2)
        for name in own:
            out[set_name, name] = out.get((sets[0], name)) or next(free)
    return out


def type_label(vehicle: pd.Series) -> str:
    """
    Say a vehicle type in words: its fuel, size, standard and technology.

    Parameters
    ----------
    vehicle : pandas.Series
        Row of `types.csv`.
    """
    heavy = vehicle["vehicle_class"] in ("rigid_truck", "articulated_truck", "bus", "coach")
    kind = {"rigid_truck": "Rigid", "articulated_truck": "Artic", "coach": "Coach"}
    size = str(vehicle["size"]).replace("_", "\N{EN DASH}")
    size = f"{size.removesuffix('t')} t" if size.endswith("t") and size[-2:-1].isdigit() else size
    fuel = str(vehicle["fuel"])
    if vehicle["powertrain"] in ("hybrid", "plug_in"):
        fuel += " " + str(vehicle["powertrain"]).replace("_", "-")
    fuel = {"electricity": "battery", "cng": "CNG", "lpg": "LPG"}.get(fuel, fuel)
    standard = str(vehicle["emission_standard"])
    if standard.startswith("euro"):
        standard = _euro(standard.removeprefix("euro"), heavy)
    elif standard == "zero_tailpipe":
        standard = ""
    else:
        standard = standard.replace("china", "China ").replace("_", "-").replace("eev", "EEV")
    technology = vehicle["technology"]
    parts = [kind.get(str(vehicle["vehicle_class"]), ""), size, fuel, standard]
    label = " ".join(part for part in parts if part)
    if isinstance(technology, str) and technology:
        label += ", " + technology.replace("_", "+").upper()
    return label[:1].upper() + label[1:]


def _euro(step: str, heavy: bool) -> str:
    letters = {"6abc": "6 a-c", "6d_temp": "6d-temp", "6de": "6 d/e"}
    step = letters.get(step, step)
    if heavy and step[:1].isdigit():
        roman = ("0", "I", "II", "III", "IV", "V", "VI")[int(step[0])]
        return f"Euro {roman}{step[1:].upper()}"
    return f"Euro {step}"
