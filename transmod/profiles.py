"""Vehicle profiles as a user meets them: which sets there are, and whether a set holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from transmod.errors import InputError
from transmod.inputs.hashes import hash_tables
from transmod.inputs.profiles import ProfileSet, read_profiles
from transmod.inputs.shipped import find_shipped
from transmod.memory import remember

if TYPE_CHECKING:  # a run recalls a set, and does not prove its rows
    from transmod.model.profile_checks import ProfileCheck

__all__ = ["check_profiles", "find_set", "list_profiles", "recall_profiles"]


def find_set(name: str | Path) -> Path:
    """Return the folder of a set: a shipped one by its name, else a path."""
    shipped = find_shipped("vehicle_profiles") / name
    return shipped if shipped.is_dir() else Path(name)


def recall_profiles(folder: Path) -> ProfileSet:
    """Read a set of vehicle profiles, or recall it if no file of it has changed."""
    folder = Path(folder)
    parts = [str(folder), hash_tables(folder)]
    return remember("profiles", parts, lambda: read_profiles(folder))


def list_profiles(folder: Path) -> list[dict[str, Any]]:
    """
    List the sets of vehicle profiles in `folder`.

    Parameters
    ----------
    folder : Path
        Folder of sets, `vehicle_profiles/`, or one set.

    Returns
    -------
    list of dict
        For each set `name`, `title`, `licence`, `citation`, `folder`, `hot_rows`, `types` (names by
        vehicle class), `fleets` (name, streams and types), `electricity_areas`, `gwp_sets`.

    Raises
    ------
    InputError
        If there is no set, or one cannot be read.
    """
    folder = Path(folder)
    homes = [folder] if (folder / "set.toml").is_file() else []
    homes = homes or sorted(path.parent for path in folder.glob("*/set.toml"))
    if not homes:
        raise InputError(f"{folder} must hold sets of vehicle profiles: no */set.toml found.")
    return [_summary(recall_profiles(home)) for home in homes]


def _summary(profiles: ProfileSet) -> dict[str, Any]:
    types = profiles.types
    return {
        "name": profiles.name,
        "title": profiles.title,
        "licence": profiles.licence,
        "citation": profiles.citation,
        "folder": str(profiles.folder),
        "hot_rows": len(profiles.hot),
        "types": {
            name: rows["vehicle_type"].tolist() for name, rows in types.groupby("vehicle_class")
        },
        "fleets": [
            {
                "name": name,
                "streams": [
                    " ".join(stream)
                    for stream in table[["vehicle_class", "trip_kind"]]
                    .drop_duplicates()
                    .itertuples(index=False, name=None)
                ],
                "types": int(table["vehicle_type"].nunique()),
            }
            for name, table in profiles.fleets.items()
        ],
        "electricity_areas": sorted(profiles.electricity["area"].unique()),
        "gwp_sets": sorted(profiles.gwp["set"].unique()),
    }


def check_profiles(folder: Path) -> ProfileCheck:
    """
    Prove every row of the set in `folder`.

    Parameters
    ----------
    folder : Path
        `vehicle_profiles/<set>/`.

    Returns
    -------
    ProfileCheck
        Counts, faults and what is listed; see `transmod.model.profile_checks.check_set`.

    Raises
    ------
    InputError
        If the set cannot be read at all, with every fault.
    """
    from transmod.model.profile_checks import check_set

    return check_set(read_profiles(Path(folder)))
