"""What the digits of volumes and the names beside them tell of their unit and kind."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from transmod.traffic.findings import Finding, limits, warn
from transmod.traffic.speeds import passenger_car_units
from transmod.traffic.volume_summary import VolumeSummary

# car units that handbooks give trucks, buses and two-wheelers, beside those shipped
USUAL_UNITS = (1.5, 1.75, 2.0, 2.25, 2.5, 3.0, 3.5, 4.0, 0.3, 0.4, 0.5)

# words of other programs and countries for what the scenario calls `kind` and `unit`
_KIND_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("aawdt", "awdt", "awt", "dtvw", "weekday", "workday", "werktag"), "aawdt"),
    **dict.fromkeys(("aadt", "adt", "dtv", "tmda", "tmja"), "aadt"),
    **dict.fromkeys(("hourly", "peakhour"), "hourly"),
}
_UNIT_WORDS: Mapping[str, str] = dict.fromkeys(("pcu", "pce", "pkwe", "uvp"), "pcu")


def judge_counts(volumes: VolumeSummary, unit: str) -> list[Finding]:
    """
    Judge the unit of volumes by what counts are multiples of.

    Parameters
    ----------
    volumes : VolumeSummary
        Of the run.
    unit : "veh" or "pcu"
        As the scenario has it.

    Notes
    -----
    Only whole numbers, or whole numbers times a car unit, tell anything: volumes of a model do not.
    """
    units = passenger_car_units()
    findings: list[Finding] = []
    light = [name for name in ("car", "taxi", "lcv") if name in volumes.counts]
    axles = [
        n for n in light if _share_of(volumes.counts[n], 2.0) >= limits("axle_counts")["share"]
    ]
    for name in axles[:1]:
        values = volumes.counts[name]
        findings.append(
            warn(
                "axle_counts",
                f"Volumes of {name} are even numbers",
                _is_multiple(values, 2.0),
                cause="axles are given as vehicles, or every count was doubled",
                remedy="Divide by the axles of a vehicle: 2 for cars and vans, 2 to 5 for trucks",
            )
        )
    if axles:
        return findings
    for kind, values in volumes.counts.items():
        own = units[kind]
        if own == 1.0 or values.size < limits("all")["counts"]:
            continue
        if unit == "veh":
            found = [p for p in (own, *USUAL_UNITS) if _is_made_by(values, p)]
            if found:
                findings.append(
                    warn(
                        "pcu_as_vehicles",
                        f"Volumes of {kind} are multiples of {found[0]:g}",
                        _is_multiple(values, found[0]),
                        cause=f"they are car units, {found[0]:g} a vehicle",
                        remedy="Say [traffic] unit = 'pcu', or divide by the car units",
                    )
                )
        elif _whole(values).mean() >= limits("pcu_as_vehicles")["share"]:
            share = _is_multiple(values, own).mean()
            if share < limits("vehicles_as_pcu")["share"]:
                findings.append(
                    warn(
                        "vehicles_as_pcu",
                        f"Volumes of {kind} are whole numbers, and no multiples of its car units, "
                        f"{own:g}",
                        ~_is_multiple(values, own),
                        cause="they are vehicles, not car units",
                        remedy="Say [traffic] unit = 'veh'",
                    )
                )
    return findings


def judge_names(names: Sequence[str], kind: str, unit: str) -> list[Finding]:
    """
    Compare the scenario with what file, columns and metadata are called.

    Parameters
    ----------
    names : sequence of str
        Name of the file, of its columns, and values of its metadata.
    kind, unit : str
        As the scenario has them.
    """
    findings = []
    for rule, key, words, stated in (
        ("stated_kind", "kind", _KIND_WORDS, kind),
        ("stated_unit", "unit", _UNIT_WORDS, unit),
    ):
        said = [
            (name, words[word])
            for name in names
            for word in re.split(r"[^a-z]+", name.lower())
            if word in words
        ]
        if said and all(value != stated for _, value in said):
            findings.append(
                warn(
                    rule,
                    f"The scenario says {key} = '{stated}', the volume file says '{said[0][0]}'",
                    cause=f"the volumes are of {key} '{said[0][1]}'",
                    remedy=f"Say [traffic] {key} = '{said[0][1]}', or rename what is called so",
                )
            )
    return findings


def _is_multiple(values: NDArray[np.float64], step: float) -> NDArray[np.bool_]:
    """Say which values are whole multiples of `step`, as far as single precision shows."""
    times = values / step
    near: NDArray[np.bool_] = np.abs(times - np.round(times)) <= 1e-6 * times + 1e-9
    return near & (np.round(times) > 0)


def _whole(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    return _is_multiple(values, 1.0)


def _share_of(values: NDArray[np.float64], step: float) -> float:
    """Return the share of multiples of `step`, 0 if they are multiples of more than that."""
    if values.size < limits("all")["counts"]:
        return 0.0
    is_multiple = _is_multiple(values, step)
    share = float(is_multiple.mean())
    if not is_multiple.any():
        return 0.0
    times = np.round(values[is_multiple] / step)
    # of numbers that nobody rounded half are odd and a fifth ends on 0 or 5
    odd, fives = (times % 2 == 1).mean(), (times % 5 == 0).mean()
    return share if 0.25 <= odd <= 0.75 and fives < 0.5 else 0.0


def _is_made_by(values: NDArray[np.float64], unit: float) -> bool:
    """Say whether values look like counts times car units."""
    if _share_of(values, unit) < limits("pcu_as_vehicles")["share"]:
        return False
    # multiples of 1/2 or 0.4 below 1 mean something only where they are not whole by themselves
    return unit > 1.0 or _whole(values).mean() < limits("pcu_as_vehicles")["share"]
