"""The finished run that a scenario stands on: whether its link pass serves the scenario too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from transmod import __version__
from transmod.columns import Columns
from transmod.inputs.hashes import sha256_file
from transmod.inputs.link_pass import LinkPass, read_link_pass
from transmod.inputs.results import MANIFEST, RESULTS, read_manifest, read_result_columns
from transmod.intake.hashes import find_set_folder, hash_inputs
from transmod.intake.source_files import movement_factors
from transmod.memory import remember
from transmod.model.areas import Areas
from transmod.model.driven import Driven, to_driven
from transmod.model.factors import Factors
from transmod.model.road import Integers, StreamSums, sum_streams
from transmod.outputs.folder import repair
from transmod.scenario import Scenario, read_scenario, resolve
from transmod.scenario.extends import move_paths
from transmod.schema import EMISSION_KEYS

if TYPE_CHECKING:
    from transmod.scenario.traffic_measures import RestrictAccess

# what the link pass and the sources beside the road stand on; all else is fleet, factors, account
_OF_LINKS = (
    "year", "timezone", "network", "calendar", "traffic", "climate", "grid", "memo", "aviation",
    "shipping", "rail", "off_road",
)  # fmt: skip
# of `traffic`: what fleets and factors are asked, not links
_NOT_OF_LINKS = ("trip_length_km", "parked", "origin")
# measures of traffic that ask how vehicles are loaded or who drives them
_ASKING = ("consolidate_freight", "shift_mode", "shift_freight_to_rail")
_ELECTRICITY = (
    "electricity_area", "electricity_year", "electricity_kg_per_kwh", "grid_loss_share",
)  # fmt: skip
# how the note begins that says why
NOT_USED = "Links were driven"
# files of the base's results that are read, so what they hold must be what it was
READ = ("spectrum.parquet", "ledger.parquet", "energy.parquet")
# files of the base's results that hold for the scenario too
SHARED = ("spectrum.parquet", "hours.parquet", "pieces.parquet")


@dataclass(frozen=True, eq=False)
class Base:
    """A finished run whose link pass another scenario can take over."""

    folder: Path
    manifest: Mapping[str, Any]
    link_pass: LinkPass


@dataclass(frozen=True, eq=False)
class Traffic:
    """
    What a scenario takes over from its base.

    `driven` is the spectrum; `emissions` and `energy` are the rows for the ledger of all that is
    not road traffic.
    """

    driven: Driven
    emissions: Columns
    energy: Columns


def read_traffic(base: Base, areas: Areas) -> Traffic:
    """Read what a scenario takes over from its base, or recall it from an earlier scenario."""
    link_pass = base.link_pass

    def read() -> Traffic:
        spectrum = read_result_columns(base.folder, "spectrum")
        return Traffic(
            to_driven(spectrum, link_pass.streams, areas, link_pass.n_seasons),
            _rows_beside(base, "ledger", (*EMISSION_KEYS, "process", "pollutant", "mass_t")),
            _rows_beside(base, "energy", (*EMISSION_KEYS, "energy_tj")),
        )

    return remember("traffic", _traffic_parts(base, areas), read)


def recall_sums(
    base: Base,
    areas: Areas,
    traffic: Traffic,
    factors: Factors,
    key: str | None,
    types: Sequence[Integers],
) -> list[StreamSums]:
    """
    Add streams up for the types of a scenario, or recall what an earlier one added up.

    Scenarios that differ in shares of the same types alone have the same sums. `key` tells the
    factors from all others; without it nothing is recalled.
    """

    def add() -> list[StreamSums]:
        return list(sum_streams(traffic.driven, factors, types))

    if key is None:
        return add()
    of_types = [of_stream.tolist() for of_stream in types]
    return remember("sums", [_traffic_parts(base, areas), key, of_types], add)


def _traffic_parts(base: Base, areas: Areas) -> list[Any]:
    """Return what tells the traffic of a base from all other."""
    link_pass, results = base.link_pass, base.manifest["results"]
    return [[results[name] for name in READ], link_pass.streams, link_pass.n_seasons, vars(areas)]


def _rows_beside(base: Base, name: str, columns: Sequence[str]) -> Columns:
    """Return the rows of the base that do not come from road traffic."""
    rows = read_result_columns(base.folder, name, columns)
    return rows[rows["subsector"] != "road"]


def find_base(run: Path, scenario: Scenario) -> tuple[Base | None, str | None]:
    """
    Find the finished run that a scenario stands on, if nothing that it changes touches links.

    Parameters
    ----------
    run : Path
        Folder of the scenario.
    scenario : Scenario
        What was asked.

    Returns
    -------
    Base or None, str or None
        The run; or why links must be driven, as a note. Neither, where it extends none or asks for
        more than accounts.
    """
    if scenario.extends is None or scenario.outputs != ("accounts",):
        return None, None
    folder = resolve(run, scenario.extends)
    repair(folder)
    found = _read_base(run, scenario, folder)
    if isinstance(found, Base):
        return found, None
    return None, f"{NOT_USED}, and the results of {folder} not used: {found}."


def _read_base(run: Path, scenario: Scenario, folder: Path) -> Base | str:
    """Return the finished run in a folder, or why it does not serve."""
    if not (folder / RESULTS / MANIFEST).is_file():
        return "it has none yet"
    manifest, asked = read_manifest(folder), read_scenario(folder)
    link_pass = read_link_pass(manifest)
    if link_pass is None or manifest["version"] != __version__:
        return "another version of transmod made them"
    if manifest["inputs"] != hash_inputs(folder, asked) or not _is_whole(folder, manifest):
        return "they are not of its present inputs, or no longer whole"
    if len(link_pass.zones) > 1:
        return "its zones have fleets of their own, which hang on its volumes"
    touched = _find_touched(run, scenario, folder, asked)
    if touched:
        return f"the scenario changes {', '.join(touched)}"
    return Base(folder, manifest, link_pass)


def _find_touched(run: Path, scenario: Scenario, folder: Path, base: Scenario) -> list[str]:
    """Return what a scenario changes of the traffic of its base."""
    mine = scenario.model_dump()
    theirs = move_paths(base.model_dump(), folder, run)
    # as they were moved, so that lists and paths look alike
    mine = move_paths(mine, run, run)
    found = [name for name in _OF_LINKS if name != "traffic" and mine[name] != theirs[name]]
    found += [
        f"traffic.{key}"
        for key, value in mine["traffic"].items()
        if key not in _NOT_OF_LINKS and value != theirs["traffic"][key]
    ]
    measures = [
        [dump for measure, dump in zip(own.measures, dumped["measures"], strict=True)
         if measure.touches == "traffic"]
        for own, dumped in ((scenario, mine), (base, theirs))
    ]  # fmt: skip
    if measures[0] != measures[1]:
        found.append("measures of traffic")
    if _asks_fleet(scenario) and any(
        mine[name] != theirs[name] for name in ("fleet", "freight", "profiles", "measures")
    ):
        found.append("the fleet that measures of traffic ask for")
    profiles, others = mine["profiles"], theirs["profiles"]
    sets = find_set_folder(run, scenario), find_set_folder(folder, base)
    has_other_set = sets[0].resolve() != sets[1].resolve()
    # its electricity.csv stands behind their plugs, its fuels in the tanks of ships and aircraft
    has_other_power = has_other_set or any(profiles[key] != others[key] for key in _ELECTRICITY)
    if has_other_power and _plugs_in(folder):
        found.append("electricity of sources beside the road")
    if scenario.memo.names_movements and has_other_set:
        found.append("fuels of flights and voyages")
    tables = [movement_factors(run, scenario), movement_factors(folder, base)]
    if len({table.resolve() for table in tables if table is not None}) > 1:
        found.append("factors of sources beside the road")
    has_other_processes = has_other_set or profiles["processes"] != others["processes"]
    if has_other_processes and _tells_seasons(scenario):
        found.append("processes that ask for seasons")
    return found


def _tells_seasons(scenario: Scenario) -> bool:
    """Say whether the spectrum may have seasons."""
    return scenario.climate is not None and scenario.climate.seasons != "year"


def _asks_fleet(scenario: Scenario) -> bool:
    """Say whether a measure of traffic changes volumes by what the fleet is."""
    return any(
        (measure.touches == "traffic" and measure.kind in _ASKING)
        or (measure.kind == "restrict_access" and cast("RestrictAccess", measure).picks_types)
        for measure in scenario.measures
    )  # fmt: skip


def _plugs_in(folder: Path) -> bool:
    """Say whether sources beside the road take grid electricity."""
    energy = read_result_columns(folder, "energy", ["subsector", "fuel"])
    return bool(((energy["subsector"] != "road") & (energy["fuel"] == "electricity")).any())


def _is_whole(folder: Path, manifest: Mapping[str, Any]) -> bool:
    """Say whether the files that are read are those that the manifest knows, and none lacks."""
    results = folder / RESULTS
    return all((results / name).is_file() for name in SHARED) and all(
        (results / name).is_file() and sha256_file(results / name) == manifest["results"].get(name)
        for name in READ
    )
