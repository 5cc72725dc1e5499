"""Judge the inputs of a run: nothing in them is at fault, yet something may be wrong."""

from __future__ import annotations

from pathlib import Path

from transmod.inputs.hashes import hash_shapes
from transmod.inputs.network import Network
from transmod.inputs.volume_files import read_labels
from transmod.inputs.volumes import Volumes
from transmod.memory import remember
from transmod.scenario import Scenario, resolve
from transmod.traffic.calendar import Calendar
from transmod.traffic.findings import Finding
from transmod.traffic.plausibility import judge_network, judge_traffic


def judge_inputs(
    run: Path,
    scenario: Scenario,
    network: Network | None,
    volumes: Volumes | None,
    calendar: Calendar | None,
) -> tuple[Finding, ...]:
    """Judge what could be read of a run; what could not is None."""
    if network is None:
        return ()
    districts = network.districts
    parts = [
        network.sha256,
        hash_shapes(network.boundary),
        hash_shapes(districts.geometry),
        districts[["district_id", "name"]].to_numpy(object).tolist(),
    ]
    findings = remember("networks", parts, lambda: judge_network(network))
    if volumes is not None:
        traffic = scenario.traffic
        findings += judge_traffic(
            network,
            volumes,
            calendar,
            unit=traffic.unit,
            timezone=scenario.timezone,
            year=scenario.year,
            names=read_labels(resolve(run, traffic.volumes)),
        )
    return tuple(findings)
