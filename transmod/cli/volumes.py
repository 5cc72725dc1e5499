"""Commands that bring traffic onto the links; `cli` hangs them up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from transmod.cli.console import (
    figure,
    report_faults,
    say,
    say_json,
    say_notes,
    say_table,
    show_progress,
)
from transmod.errors import InputError

if TYPE_CHECKING:
    from transmod.traffic.local_time import SeriesTime
    from transmod.volume_matching import MatchFacts
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
            mix={name: _share(x) for name, x in _pairs((mix or "").split(","), "--mix").items()},
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


@volumes_app.command("match")
def match_command(
    source: Annotated[
        Path, typer.Argument(help="Folder of `volumes import`, or a network with --volumes.")
    ],
    network: Annotated[Path, typer.Option(help="Network folder to match to.")],
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    volumes: Annotated[
        Path | None, typer.Option(help="Volumes on SOURCE, where that is a network.")
    ] = None,
    kind: Annotated[str, typer.Option(help="Of --volumes: aadt, aawdt or hourly.")] = "aadt",
    unit: Annotated[str, typer.Option(help="Of --volumes: veh or pcu.")] = "veh",
    direction: Annotated[str, typer.Option(help="Of --volumes: per_link or both.")] = "per_link",
    spread: Annotated[
        float | None,
        typer.Option(help="Standard deviation of places about their links [m]; default: measured."),
    ] = None,
    review: Annotated[
        Path | None, typer.Option(help="review.gpkg of a former match, corrected.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Replace a match that is there.")] = False,
    as_json: Json = False,
) -> None:
    """Put links of a traffic model, or count points, onto the links of a network."""
    with report_faults(), show_progress() as progress:
        from transmod.volume_matching import match_volumes

        facts = match_volumes(
            source, network, out, volumes=volumes,
            kind=_choice(kind, "--kind", ("aadt", "aawdt", "hourly")),  # type: ignore[arg-type]
            unit=_choice(unit, "--unit", ("veh", "pcu")),  # type: ignore[arg-type]
            direction=_choice(direction, "--direction", ("per_link", "both")),  # type: ignore[arg-type]
            spread_m=spread, review=review, force=force,
            progress=lambda step: progress(step, None),
        )  # fmt: skip
    if as_json:
        say_json(facts)
    else:
        _say_match(facts)


def _choice(text: str, flag: str, valid: tuple[str, ...]) -> str:
    if text not in valid:
        raise InputError(f"{flag} must be one of {', '.join(valid)}: {text!r} found.")
    return text


def _say_match(facts: MatchFacts) -> None:
    what = "count points" if facts.points else "links"
    say(f"{facts.folder}: {facts.places:,} {what} of {facts.source} onto {facts.network}")
    say(f"  matched {facts.matched:,}, doubtful {facts.doubtful:,}, unmatched {facts.unmatched:,}")
    if facts.accepted or facts.refused:
        say(f"  of these accepted in the review {facts.accepted:,}, refused {facts.refused:,}")
    spread = f"places are taken to scatter by {facts.spread_m:g} m about their links"
    say(f"  {facts.links_with_volume:,} links have a volume; {spread}")
    if not facts.points:
        rows = [(row.road_class, row.given_vkm, row.unmatched_vkm) for row in facts.road_classes]
        rows.append(("all", facts.given_vkm, facts.unmatched_vkm))
        say_table(
            "Vehicle-kilometres by road class of the source",
            ["", "given", "transferred", "unmatched", "%"],
            [
                [name, f"{given:,.1f}", f"{given - lost:,.1f}", f"{lost:,.1f}",
                 f"{lost / given:.2%}" if given else "-"]
                for name, given, lost in rows
            ],
        )  # fmt: skip
    if facts.reasons:
        rows_of = [
            [f"{row.status}: {row.reason}", f"{row.places:,}", figure(row.vkm) if row.vkm else "-"]
            for row in facts.reasons
        ]
        say_table("To look at, in review.gpkg", ["", "places", "veh km"], rows_of)
    say_notes(facts.notes)
    say(f"In a scenario: kind = {facts.kind!r}, unit = {facts.unit!r}; volumes.parquet beside.")
    if facts.seconds is not None:
        say(f"Matched in {facts.seconds:.1f} s")


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
