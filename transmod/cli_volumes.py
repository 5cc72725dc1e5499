"""Commands that bring traffic onto the links; `cli` hangs them up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from transmod.console import figure, report_faults, say, say_json, say_notes, say_table
from transmod.errors import InputError

if TYPE_CHECKING:
    from transmod.traffic.local_time import SeriesTime
    from transmod.volume_profiles import FitFacts
    from transmod.volumes import SourceFacts

volumes_app = typer.Typer(no_args_is_help=True, help="Bring traffic in from other programs.")

Json = Annotated[bool, typer.Option("--json", help="Print the facts as one JSON object.")]


@volumes_app.command("import")
def import_command(
    files: Annotated[list[Path], typer.Argument(help="Files that belong together; packed or not.")],
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    columns: Annotated[
        Path | None, typer.Option(help="TOML that says what the columns of a table are.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help="What volumes stand for: aadt, aawdt or hourly.")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="What volumes count: veh or pcu.")] = None,
    crs: Annotated[str | None, typer.Option(help="CRS of coordinates, as EPSG:4326.")] = None,
    coordinates: Annotated[
        str, typer.Option(help="Of Chinese maps: gcj02 or bd09 are turned into wgs84.")
    ] = "wgs84",
    classes: Annotated[
        list[str] | None,
        typer.Option("--class", help="THEIRS=OURS, as 'trucks=rigid_truck'; repeat it."),
    ] = None,
    mix: Annotated[
        str | None, typer.Option(help="Of volumes not split by class: car=0.9,bus=0.1.")
    ] = None,
    length_unit: Annotated[
        str | None, typer.Option(help="Of lengths without a unit: km, m, mi, ft.")
    ] = None,
    table: Annotated[str | None, typer.Option(help="Table of results in a database.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of text that is not UTF-8.")] = None,
    begin_hour: Annotated[int, typer.Option(help="Hour of the day at second 0.")] = 0,
    scale: Annotated[float, typer.Option(help="Vehicles that one of a sample stands for.")] = 1.0,
    day_factor: Annotated[
        float | None, typer.Option(help="Make days: a day over the period of the files.")
    ] = None,
    mean_hour: Annotated[bool, typer.Option(help="Make the period one average hour.")] = False,
    force: Annotated[bool, typer.Option(help="Replace a source that is there.")] = False,
    as_json: Json = False,
) -> None:
    """Read the traffic of another program: SUMO, MATSim, Visum, AequilibraE, TNTP, GIS, tables."""
    with report_faults():
        from transmod.inputs.chinese_coordinates import read_coordinates
        from transmod.volumes import ImportOptions, import_volumes

        options = ImportOptions(
            classes=_pairs(classes or [], "--class"),
            mix={name: _share(text) for name, text in _pairs((mix or "").split(","), "--mix").items()},
            kind=kind, unit=unit, crs=crs, length_unit=length_unit, encoding=encoding,
            begin_hour=begin_hour, scale=scale, day_factor=day_factor, mean_hour=mean_hour,
        )  # fmt: skip
        facts = import_volumes(
            files, out, columns=columns, table=table, options=options,
            coordinates=read_coordinates(coordinates), force=force,
        )  # fmt: skip
    if as_json:
        say_json(facts)
    else:
        _say_source(facts)


@volumes_app.command("fit")
def fit_command(
    source: Annotated[Path, typer.Argument(help="Imported source with hourly counts.")],
    out: Annotated[Path, typer.Option(help="CSV file to write, for traffic.temporal_profile.")],
    run: Annotated[
        Path | None, typer.Option(help="Run whose scenario says which days the hours are of.")
    ] = None,
    year: Annotated[int | None, typer.Option(help="Year of the counts.")] = None,
    timezone: Annotated[str | None, typer.Option(help="As Europe/Berlin.")] = None,
    clock: Annotated[
        str | None, typer.Option(help="Of a year of hours: local_standard or utc.")
    ] = None,
    fallback: Annotated[
        str, typer.Option(help="Shipped profile of what counts do not tell, or none.")
    ] = "tno_road",
    like: Annotated[
        list[str] | None,
        typer.Option(help="CLASS=COUNTED, as articulated_truck=rigid_truck; repeat it."),
    ] = None,
    missing: Annotated[float, typer.Option(help="Share of hours a station may lack.")] = 0.0,
    as_json: Json = False,
) -> None:
    """Temporal profile by class, day and hour from hourly counts."""
    with report_faults():
        from transmod.volume_profiles import fit_profile

        facts = fit_profile(
            source, out, run=run, year=year, timezone=timezone, series_time=_clock(clock),
            fallback=None if fallback == "none" else fallback,
            like=_pairs(like or [], "--like"), most_missing=missing,
        )  # fmt: skip
    if as_json:
        say_json(facts)
    else:
        _say_fit(facts)


def _clock(name: str | None) -> SeriesTime | None:
    if name not in (None, "local_standard", "utc"):
        raise InputError(f"--clock must be local_standard or utc: {name!r} found.")
    return cast("SeriesTime | None", name)


def _say_fit(facts: FitFacts) -> None:
    told = "days told apart" if facts.days_told_apart else "one day for all"
    months = ", months told apart" if facts.months_told_apart else ""
    say(f"{facts.file}: fitted to {facts.source} ({facts.format}), {told}{months}")
    rows = [
        [
            c.vehicle_class, f"{c.stations:,}", f"{c.left_out:,}", f"{c.hours:,}",
            figure(c.mean_volume), "-" if c.variation is None else f"{c.variation:.1%}",
            f"{c.busiest} ({c.busiest_factor:.2f})",
        ]
        for c in facts.curves
    ]  # fmt: skip
    head = ["", "stations", "left out", "hours", "veh/h in all", "spread", "busiest hour"]
    say_table("Counts, each station by its volume", head, rows)
    say("Curves")
    for name, origin in facts.origin.items():
        say(f"  {name:<18} {origin}")
    say_notes(facts.notes)


def _pairs(texts: list[str], flag: str) -> dict[str, str]:
    """Split NAME=VALUE."""
    pairs = {}
    for text in filter(None, texts):
        name, equals, value = text.rpartition("=")
        if not equals or not name:
            raise InputError(f"{flag} must be NAME=VALUE: {text!r} found.")
        pairs[name.strip()] = value.strip()
    return pairs


def _share(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InputError(f"Shares of --mix must be numbers: {text!r} found.") from error


def _say_source(facts: SourceFacts) -> None:
    say(f"{facts.folder}: {facts.format}")
    for name, what in facts.files.items():
        say(f"  {name}: {what}")
    if facts.links:
        with_volume = f"{facts.links_with_volume:,} with a volume"
        say(f"  {facts.links:,} links, {facts.length_km:,.1f} km, {with_volume}")
    if facts.points:
        say(f"  {facts.points:,} count points, {facts.points_with_volume:,} with a volume")
    series = "" if facts.hours is None else f", series of {facts.hours} hours"
    say(f"  {facts.kind} in {facts.unit}{series}; {facts.crs or 'no coordinates'}")
    rows = [
        [name, f"{value:,.0f}", f"{facts.vkm[name]:,.1f}" if name in facts.vkm else "-"]
        for name, value in facts.vehicles.items()
    ]
    if facts.vkm:
        rows.append(["all", f"{sum(facts.vehicles.values()):,.0f}", f"{facts.vkm_total:,.1f}"])
    say_table(f"Traffic {facts.vkm_of}", ["", "at places [veh]", "veh km"], rows)
    for title, counts in (
        ("Rows left out", facts.rows_left_out),
        ("Rows taken that lack something", facts.rows_remarked),
    ):
        if counts:
            say(f"{title}, each in {facts.remarks}")
            for reason, count in counts.items():
                say(f"  {figure(float(count))}: {reason}")
    say_notes(facts.notes)
    if facts.crs is None:
        return  # without coordinates there is nothing to match
    say(f"Next: transmod volumes match {facts.folder} --network networks/CITY --out DIR")
    if facts.links:
        say(f"  or: transmod network build --source {facts.folder} --boundary FILE --out DIR")
