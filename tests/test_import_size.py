"""Edge data of a gigabyte stay below a gigabyte of memory."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

EDGES, BYTES = 20_000, 2**30
NET = """<net><location netOffset="0,0" projParameter="+proj=utm +zone=48 +ellps=WGS84"/>
{edges}
<junction id="A" type="x" x="400000" y="3380000"/>
<junction id="B" type="x" x="400100" y="3380000"/></net>"""
EDGE = '<edge id="{0}" from="A" to="B"><lane id="{0}_0" speed="10" length="100"/></edge>'
ROW = (
    '        <edge id="{}" sampledSeconds="948.41" traveltime="10.55" overlapTraveltime="11.72" '
    'density="1.28" overlapDensity="1.42" laneDensity="1.28" occupancy="0.66" waitingTime="0.00" '
    'timeLoss="166.79" speed="10.00" speedRelative="0.79" departed="0" arrived="19" entered="81" '
    'left="62" laneChangedFrom="0" laneChangedTo="0" flow="54.00"/>\n'
)
# ru_maxrss of a process holds that of the one it was started from: the kernel's own mark does not
PROGRAM = """
import resource, sys
from pathlib import Path
from transmod.volumes import import_volumes
facts = import_volumes([Path(sys.argv[1]), Path(sys.argv[2])], Path(sys.argv[3]))
usage = resource.getrusage(resource.RUSAGE_SELF)
status = Path("/proc/self/status")
lines = status.read_text().splitlines() if status.exists() else []
peak = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")] or [usage.ru_maxrss]
print(facts.vkm_total, peak[0] * 1024, usage.ru_utime)
"""


def test_a_gigabyte_of_edge_data(tmp_path):
    """Two hours of 150 s intervals on 20,000 edges: 948.41 s x 10 m/s on each, 3 million times."""
    net, data = tmp_path / "net.xml", tmp_path / "data.xml"
    net.write_text(NET.format(edges="\n".join(EDGE.format(i) for i in range(EDGES))))
    rows = "".join(ROW.format(i) for i in range(EDGES)).encode()
    number = -(-BYTES // len(rows))
    with data.open("wb") as file:
        file.write(b"<meandata>\n")
        for i in range(number):
            head = f'    <interval begin="{i * 60}" end="{(i + 1) * 60}" id="all">\n'
            file.write(head.encode() + rows + b"    </interval>\n")
        file.write(b"</meandata>\n")
    assert data.stat().st_size >= BYTES
    try:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, net, data, tmp_path / "out"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    finally:
        data.unlink()
    vkm, memory, seconds = map(float, done.stdout.split())
    print(f"{number} intervals, {memory / 2**20:.0f} MiB, {seconds:.0f} s")
    assert vkm == pytest.approx(number * EDGES * 9.4841, rel=1e-6)
    assert memory < 2**30
    assert seconds < 120
