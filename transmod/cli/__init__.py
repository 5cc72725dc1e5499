"""The command line: one verb, one function. Libraries are loaded by the command that needs them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from transmod import __version__
from transmod.cli.compare import compare_runs_command
from transmod.cli.console import (
    EXIT_FAILED,
    figure,
    report_faults,
    say,
    say_findings,
    say_json,
    say_notes,
    say_table,
    show_progress,
)
from transmod.cli.profiles import compare_command, plot_command, show_command
from transmod.cli.series import check_series_command, run_series_command
from transmod.cli.volumes import volumes_app
from transmod.errors import InputError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Territorial road transport emissions of a city, link by link and hour by hour.",
    pretty_exceptions_show_locals=False,
)
network_app = typer.Typer(no_args_is_help=True, help="Build and show road networks.")
profiles_app = typer.Typer(
    no_args_is_help=True, help="List, show, draw, compare and check vehicle profiles."
)
app.add_typer(network_app, name="network")
app.add_typer(profiles_app, name="profiles")
app.add_typer(volumes_app, name="volumes")
app.command("compare")(compare_runs_command)
profiles_app.command("show")(show_command)
profiles_app.command("plot")(plot_command)
profiles_app.command("compare")(compare_command)

Run = Annotated[Path, typer.Argument(help="Folder with a scenario.toml.")]
RunOrSeries = Annotated[
    Path, typer.Argument(help="Folder with a scenario.toml, a series.toml, or runs.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the facts as one JSON object.")]


def _version(asked: bool) -> None:
    if asked:
        say(f"transmod {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Territorial road transport emissions of a city, link by link and hour by hour."""


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to lay it out.")],
    as_json: Json = False,
) -> None:
    """Lay out networks/, vehicle_profiles/ and runs/ with the sample city."""
    with report_faults():
        from transmod.outputs.workspace import lay_out

        made = lay_out(folder)
    if as_json:
        say_json({"folder": folder, "made": made})
        return
    for path in made:
        say(f"made {path}")
    say(f"Next: transmod run {folder / 'runs' / 'coquimbo'}")


@app.command()
def check(run: RunOrSeries, as_json: Json = False) -> None:
    """Read and check every input of a run or series, list all faults, compute nothing."""
    with report_faults():
        if _is_series(run):
            check_series_command(run, as_json)
            return
        from transmod.check import examine

        facts = examine(run)
        warnings = [finding for finding in facts.findings if finding.level == "warning"]
        if as_json:
            say_json(facts)
        elif facts.faults:
            say_findings(warnings)
        if facts.faults:
            raise InputError(facts.faults)
    if as_json:
        return
    say(f"{run}: inputs are {'whole, but look at the findings' if warnings else 'good'}.")
    say(f"  links              {facts.links:,} ({facts.links_with_volume:,} with a volume)")
    say(f"  districts          {facts.districts}")
    say(f"  streams            {len(facts.streams)}: {', '.join(facts.streams)}")
    say(f"  vehicle types      {facts.vehicle_types}")
    say(f"  hours computed     {facts.slots:,}")
    say_findings(facts.findings)
    say_notes(facts.notes)


@app.command()
def run(
    run: RunOrSeries,
    threads: Annotated[int | None, typer.Option(help="Threads; default: all.")] = None,
    force: Annotated[bool, typer.Option(help="Replace results of other inputs.")] = False,
    as_json: Json = False,
) -> None:
    """Compute the emissions of a run, or of each run of a series, and write results/."""
    with report_faults():
        if _is_series(run):
            run_series_command(run, threads, force, as_json)
            return
    with report_faults(), show_progress() as progress:
        from transmod.run import run as compute_run

        facts = compute_run(run, threads=threads, force=force, progress=progress)
    if as_json:
        say_json(facts)
        return
    for line in facts.repaired:
        say(line)
    is_known = facts.state == "up to date"
    if is_known:
        say(f"{run / 'results'} is up to date.")
    _say_totals(facts.totals)
    passed = sum(check["passed"] for check in facts.checks)
    worst = max((check["relative_difference"] for check in facts.checks), default=0.0)
    laws = f"{passed} of {len(facts.checks)} laws hold"
    say(f"Checks: {laws} (largest relative difference {worst:.1e}).")
    if is_known:
        say(f"Notes: {len(facts.notes)}, in {run / 'results' / 'manifest.json'}.")
    else:
        say_notes(facts.notes)
        say(f"Results: {run / 'results'} ({facts.seconds:.1f} s)")


def _is_series(run: Path) -> bool:
    """Ask what a folder holds, unless it plainly is a run."""
    if (run / "scenario.toml").is_file() and not (run / "series.toml").is_file():
        return False
    from transmod.pipeline.series import is_series

    return is_series(run)


def _say_totals(totals: dict[str, object]) -> None:
    names = {"vkm": ("vehicle-kilometres, all inside", "km"), "energy_tj": ("energy", "TJ")}
    names["energy_tce"] = ("energy in coal equivalent", "tce")
    apart = {name: value for name, value in totals.items() if isinstance(value, dict)}
    by_scope = apart.pop("in_total", {})
    rows = []
    for name, value in totals.items():
        if isinstance(value, int | float):
            label, unit = names.get(name, (name.removesuffix("_t"), "t"))
            rows.append([label, figure(value), unit])
        if name == "co2e_t":
            for scope, masses in by_scope.items():
                rows.append([f"  of {_spaced(scope)}", figure(masses.get(name)), "t"])
    title = f"In the total of the rule {totals['rule']}, per {totals['period']}"
    if "calibration" in apart:
        rows.append(["of co2, by calibration", figure(apart.pop("calibration").get("co2_t")), "t"])
    say_table(title, ["", "amount", "unit"], rows)
    rows = []
    elsewhere = {f"held in {k}": v for k, v in apart.pop("included_elsewhere", {}).items()}
    memo = {f"memo: {_spaced(k)}": v for k, v in apart.pop("memo", {}).items()}
    kinds = {_spaced(k): v for k, v in apart.items()} | elsewhere | memo
    for kind, figures in kinds.items():
        co2 = figures.get("co2_t", figures.get("co2_biogenic_t"))
        rows.append([kind, figure(co2), figure(figures.get("co2e_t"))])
    if rows:
        say_table("Apart, never in the total", ["", "CO2 [t]", "CO2e [t]"], rows)


def _spaced(name: str) -> str:
    return name.replace("_", " ")


@app.command()
def verify(run: Run, as_json: Json = False) -> None:
    """Compare inputs and results with the hashes in the manifest."""
    with report_faults():
        from transmod.run import verify as verify_run

        differences = verify_run(run)
    if as_json:
        say_json({"run": run, "verified": not differences, "differences": differences})
    elif differences:
        for difference in differences:
            say(str(difference))
    else:
        say(f"{run}: inputs and results are as the manifest says.")
    if differences:
        raise typer.Exit(EXIT_FAILED)


@network_app.command("build")
def build(
    out: Annotated[Path, typer.Option(help="Folder to write: networks/CITY.")],
    osm: Annotated[Path | None, typer.Option(help=".osm.pbf, .osm or .osm.gz.")] = None,
    place: Annotated[str | None, typer.Option(help="Place to ask OpenStreetMap for.")] = None,
    links: Annotated[Path | None, typer.Option(help="A planner's link layer.")] = None,
    columns: Annotated[Path | None, typer.Option(help="TOML that maps its columns.")] = None,
    source: Annotated[
        Path | None, typer.Option(help="An imported traffic source: its links.")
    ] = None,
    volumes: Annotated[
        Path | None, typer.Option(help="File to write the volumes of the source to.")
    ] = None,
    boundary: Annotated[Path | None, typer.Option(help="Polygon of the city.")] = None,
    districts: Annotated[Path | None, typer.Option(help="Polygons of its districts.")] = None,
    district_id: Annotated[str | None, typer.Option(help="Column with the id.")] = None,
    district_name: Annotated[str | None, typer.Option(help="Column with the name.")] = None,
    service: Annotated[bool, typer.Option(help="Keep service roads.")] = False,
    restricted: Annotated[bool, typer.Option(help="Keep roads closed to the public.")] = False,
    keep_outside: Annotated[
        bool | None, typer.Option(help="Keep links outside the city; default: of a link layer.")
    ] = None,
    crs: Annotated[str | None, typer.Option(help="CRS to store, such as EPSG:32719.")] = None,
    coordinates: Annotated[
        str | None, typer.Option(help="Of boundary and districts: wgs84, gcj02 or bd09.")
    ] = None,
    link_coordinates: Annotated[
        str, typer.Option(help="Of a planner's links: wgs84, gcj02 or bd09.")
    ] = "wgs84",
    licence: Annotated[str | None, typer.Option(help="Licence of a planner's links.")] = None,
    force: Annotated[bool, typer.Option(help="Replace a network that is there.")] = False,
    as_json: Json = False,
) -> None:
    """Build a network from an OSM extract, a place name, a link layer or a traffic source."""
    with report_faults(), show_progress() as progress:
        from transmod.inputs.chinese_coordinates import read_coordinates
        from transmod.network import build_network

        facts = build_network(
            out, osm=osm, place=place, links=links, columns=columns, source=source,
            volumes=volumes, boundary=boundary, districts=districts, district_id=district_id,
            district_name=district_name, service=service, restricted=restricted,
            keep_outside=keep_outside, crs=crs,
            coordinates=read_coordinates(coordinates) if coordinates else None,
            link_coordinates=read_coordinates(link_coordinates), licence=licence, force=force,
            progress=lambda step: progress(step, None),
        )  # fmt: skip
    _say_network(facts, as_json)


@network_app.command("show")
def show(
    network: Annotated[Path, typer.Argument(help="Network folder.")],
    draw: Annotated[bool, typer.Option("--map/--no-map", help="Draw network.png.")] = True,
    as_json: Json = False,
) -> None:
    """Show counts, lengths by road class, what is missing or imputed, and draw a map."""
    with report_faults():
        from transmod.network import show_network

        facts = show_network(network, draw=draw)
    _say_network(facts, as_json)


def _say_network(facts: object, as_json: bool) -> None:
    from transmod.network import NetworkFacts

    assert isinstance(facts, NetworkFacts)
    if as_json:
        say_json(facts)
        return
    say(f"{facts.folder}: {facts.links:,} links, {facts.length_km:,.1f} km, {facts.nodes:,} nodes")
    say(f"  {facts.districts} districts, {facts.city_area_km2:,.1f} km2, {facts.crs}")
    rows = [
        [
            c.road_class, f"{c.links:,}", f"{c.length_km:,.1f}", f"{c.ramp_length_km:,.1f}",
            f"{c.urban_length_km / c.length_km:.0%}",
        ]
        for c in facts.road_classes
    ]  # fmt: skip
    say_table("By road class", ["", "links", "km", "of it ramps [km]", "urban"], rows)
    if facts.imputed:
        shares = ", ".join(f"{name} {share:.0%}" for name, share in facts.imputed.items())
        say(f"Assumed, share of links: {shares}")
    say_findings(facts.findings)
    say_notes(facts.notes)
    if facts.map:
        say(f"Map: {facts.map}")
    if facts.volumes:
        say(f"Volumes: {facts.volumes}")
    if facts.seconds is not None:
        say(f"Built in {facts.seconds:.1f} s")


@profiles_app.command("list")
def list_command(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of sets; default: the shipped ones.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the sets of vehicle profiles, their types and fleets."""
    with report_faults():
        from transmod.inputs.shipped import find_shipped
        from transmod.profiles import list_profiles

        sets = list_profiles(folder or find_shipped("vehicle_profiles"))
    if as_json:
        say_json({"sets": sets})
        return
    for facts in sets:
        say(f"{facts['name']}: {facts['title']}")
        say(f"  {facts['hot_rows']:,} hot factor rows; licence: {facts['licence']}")
        say(f"  fleets: {', '.join(fleet['name'] for fleet in facts['fleets'])}")
        say(f"  warming potentials: {', '.join(facts['gwp_sets'])}")
        say(f"  grid electricity: {', '.join(facts['electricity_areas'])}")
        rows = [[name, f"{len(types)}"] for name, types in facts["types"].items()]
        say_table("Vehicle types", ["class", "types"], rows)


@profiles_app.command("check")
def check_command(
    folder: Annotated[
        str, typer.Argument(metavar="SET", help="Name of a shipped set, or a folder.")
    ] = "emep_eea_2019",
    most: Annotated[int, typer.Option(help="Findings shown of each kind.")] = 5,
    as_json: Json = False,
) -> None:
    """Prove every row of a set of vehicle profiles."""
    with report_faults():
        from transmod.profiles import check_profiles, find_set

        facts = check_profiles(find_set(folder))
    if as_json:
        say_json(facts)
    else:
        say(f"{facts.name}: {'all rows hold' if facts.passed else 'faults found'}")
        for name, count in facts.counts.items():
            say(f"  {name.replace('_', ' '):<40} {figure(count)}")
        for rule in dict.fromkeys(finding.rule for finding in facts.findings):
            own = [finding for finding in facts.findings if finding.rule == rule]
            say(f"{'Fault' if own[0].fault else 'Listed'}: {rule} ({len(own)})")
            for finding in own[:most]:
                say(f"  - {finding.file}: {finding.row}: {finding.text}")
            if len(own) > most:
                say(f"  ... and {len(own) - most} more (--most {len(own)} shows all)")
    if not facts.passed:
        raise typer.Exit(EXIT_FAILED)
