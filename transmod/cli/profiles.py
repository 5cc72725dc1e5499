"""Commands that show, draw and compare vehicle profiles; `cli` hangs them up."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from transmod.cli.console import figure, report_faults, say, say_json, say_notes, say_table

Json = Annotated[bool, typer.Option("--json", help="Print the facts as one JSON object.")]


def show_command(
    vehicle_type: Annotated[str, typer.Argument(metavar="TYPE", help="Type of types.csv.")],
    profile_set: Annotated[
        str, typer.Option("--set", help="Name of a shipped set, or a folder.")
    ] = "emep_eea_2019",
    speed: Annotated[list[float] | None, typer.Option(help="Speed [km/h]; repeat it.")] = None,
    as_json: Json = False,
) -> None:
    """Factors of a vehicle type, their range and sources."""
    with report_faults():
        from transmod.profile_sheet import SPEEDS_KMH, show_profile

        sheet = show_profile(vehicle_type, profile_set, speeds_kmh=speed or SPEEDS_KMH)
    if as_json:
        say_json(sheet)
        return
    say(f"{vehicle_type} of {sheet.set}")
    for name, value in sheet.type.items():
        if name != "vehicle_type":
            say(f"  {name.replace('_', ' '):<20} {value}")
    rows = [
        [f"{row['process']} {row['pollutant']} [{row['unit']}], {row['road_type']}"]
        + [f"{value:.4g}" for value in row["values"]]
        for row in sheet.factors
    ]
    speeds = [f"{v:g} km/h" for v in sheet.speeds_kmh]
    say_table("Factors on the flat", ["", *speeds], rows)
    ranges = {f"{low:g} to {high:g} km/h" for low, high in sheet.validity_kmh.values()}
    say(f"Energy curve published for {', '.join(sorted(ranges))}; held beyond.")
    if sheet.not_estimated:
        say(f"Not estimated: {', '.join(sheet.not_estimated)}")
    say("Sources")
    for row in sheet.sources:
        what = f" ({row['what']})" if row["what"] else ""
        say(f"  - {row['file']}{what}: {row['title']}, {row['table']}; {row['verification']}")
        if row["note"]:
            say(f"    {row['note']}")


def compare_command(
    set_a: Annotated[str, typer.Argument(help="Name of a shipped set, or a folder.")],
    set_b: Annotated[str, typer.Argument(help="The other one.")],
    run: Annotated[
        Path | None, typer.Option(help="Run with results; default: the sample city.")
    ] = None,
    fleet_a: Annotated[str | None, typer.Option(help="Fleet; default: that of the run.")] = None,
    fleet_b: Annotated[str | None, typer.Option(help="Fleet; default: that of the run.")] = None,
    condition: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE, such as temperature_c=5; repeat it.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="CSV file to write.")] = None,
    as_json: Json = False,
) -> None:
    """Two sets of vehicle profiles on the activity of one run."""
    with report_faults():
        from transmod.outputs.profile_comparison import write_comparison
        from transmod.profile_comparison import compare_profiles, read_conditions

        facts = compare_profiles(
            set_a, set_b, run or Path("runs/coquimbo"), fleet_a=fleet_a, fleet_b=fleet_b,
            conditions=read_conditions(condition or []),
        )  # fmt: skip
        if out is not None:
            write_comparison(facts.rows, out)
    rows = facts.rows.to_dict("records")
    if as_json:
        say_json({**vars(facts), "rows": rows})
        return
    say(f"{facts.run}: {figure(facts.vkm, 'km')}")
    say(f"  A {facts.set_a}, fleet {facts.fleet_a}")
    say(f"  B {facts.set_b}, fleet {facts.fleet_b}")
    for name in dict.fromkeys(row["vehicle_class"] for row in rows):
        lines = [
            [
                f"{row['process']} {row['pollutant']} [{row['unit']}]",
                _amount(row["amount_a"], row["not_estimated_a"]),
                _amount(row["amount_b"], row["not_estimated_b"]),
                _percent(row["difference_percent"]),
            ]
            for row in rows
            if row["vehicle_class"] == name and row["process"] in ("hot", "electricity")
        ]
        title = "All classes" if name == "all" else name
        say_table(title, ["", "A", "B", "B less A"], lines)
    say_notes(
        [
            *facts.notes,
            "*: some types have no value; they are in no amount.",
            "Wear is in the CSV file (--out) and in --json.",
        ]
    )
    if out is not None:
        say(f"Written: {out}")


def plot_command(
    out: Annotated[Path, typer.Option(help="PNG to write.")],
    profile_set: Annotated[
        str, typer.Option("--set", help="Name of a shipped set, or a folder.")
    ] = "emep_eea_2019",
    types: Annotated[
        list[str] | None, typer.Option(help="Type or pattern such as 'car_*_euro6d*'; repeat it.")
    ] = None,
    pollutant: Annotated[
        str | None, typer.Option(help="energy or a pollutant; default: energy and nox.")
    ] = None,
    against: Annotated[str | None, typer.Option(help="A second set, drawn beside it.")] = None,
    as_json: Json = False,
) -> None:
    """Draw factors over speed, solid where published and dotted where held."""
    with report_faults():
        from transmod.profile_plot import plot_profiles

        drawn = plot_profiles(
            profile_set, out, types=types or (), pollutant=pollutant, against=against
        )
    if as_json:
        say_json({"figure": out, "drawn": drawn})
        return
    for name in drawn:
        say(f"  {name}")
    say(f"Figure: {out}")


def _amount(value: float, not_estimated: float) -> str:
    return figure(value) + (" *" if math.isfinite(value) and not_estimated > 0.0 else "")


def _percent(value: float) -> str:
    return f"{value:+,.1f} %" if math.isfinite(value) else "-"
