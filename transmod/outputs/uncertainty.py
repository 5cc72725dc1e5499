"""How sure an account is, as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from transmod.accounts.uncertainty import Uncertainty
from transmod.outputs.caption import Caption
from transmod.outputs.tables import write_csv
from transmod.outputs.wording import TEXT, word
from transmod.schema import SENSITIVITY, UNCERTAINTY

if TYPE_CHECKING:  # drawn where figures are wanted
    from transmod.outputs.uncertainty_figure import TornadoPanel

MOST_INPUTS = 10  # of a panel: those that matter most
_ALIKE = {"voc": "VOC", "pm": "PM", "co": "CO", "bc": "BC", "lcv": "van"}
LEAST_SHARE = 0.0005  # of the variance: what has less is not drawn


def write_uncertainty(found: Uncertainty, folder: Path) -> None:
    """Write `uncertainty.csv` and `sensitivity.csv` into a folder."""
    write_csv(found.table, UNCERTAINTY, folder / "uncertainty.csv")
    write_csv(found.sensitivity, SENSITIVITY, folder / "sensitivity.csv")


def draw_uncertainty(found: Uncertainty, folder: Path, caption: Caption) -> None:
    """Draw `uncertainty.png` into a folder: which inputs move the totals, and how far."""
    from transmod.outputs.uncertainty_figure import draw_tornado

    panels = [
        _to_panel(found, str(name), rows, caption)
        for name, rows in found.sensitivity.groupby("pollutant", sort=False)
    ]
    if not panels:
        return
    folder.mkdir(exist_ok=True)
    draw_tornado(
        panels,
        folder / "uncertainty.png",
        title=TEXT["uncertainty_title"].format(caption.title),
        subtitle=TEXT["uncertainty_subtitle"].format(
            caption.year, f"{100 * found.question.interval:g}"
        ),
        source=caption.source,
    )


def _to_panel(found: Uncertainty, name: str, rows: pd.DataFrame, caption: Caption) -> TornadoPanel:
    from transmod.outputs.uncertainty_figure import Swing, TornadoPanel

    table = found.table
    of_city = (table["by"] == "city") & (table["account"] == "total") & (table["pollutant"] == name)
    whole = table[of_city].iloc[0]
    shown = rows[rows["total_index"] >= LEAST_SHARE].head(MOST_INPUTS)
    return TornadoPanel(
        heading=TEXT["uncertainty_panel"].format(
            TEXT.get(f"substance_{name}", name.upper()), word(caption.period)
        ),
        value=float(whole["value_t"]),
        whole=Swing(TEXT["all_inputs"], float(whole["low_t"]), float(whole["high_t"])),
        inputs=tuple(
            Swing(_to_words(row["input"]), row["low_t"], row["high_t"], row["total_index"])
            for row in shown.to_dict("records")
        ),
    )


def _to_words(name: str) -> str:
    """Write the name of an input as people read it; what correlates goes by the first."""
    first, *others = name.split(" with ")
    words = [
        part if part == "energy" else TEXT.get(f"substance_{part}", part)
        for part in first.split("_")
    ]
    text = " ".join(_ALIKE.get(part, part) for part in words)
    text = text[:1].upper() + text[1:]
    return TEXT["and_correlated"].format(text, len(others)) if others else text
