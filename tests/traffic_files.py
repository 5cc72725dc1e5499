"""
Small files of planners' programs, as these programs write them, for tests.

SUMO, MATSim and TNTP follow real files and the programs' manuals. No file of Visum was at hand:
its text follows the published layout of network files and attribute lists (version block, tables
with `$NAME:` and attributes, rows divided by semicolons, units written behind numbers).
"""

import bz2
import gzip
import sqlite3
import zipfile

import geopandas as gpd
import pandas as pd
from shapely import LineString

SUMO_NET = """<?xml version="1.0" encoding="UTF-8"?>
<net version="1.20">
  <location netOffset="-400000.00,-3380000.00" convBoundary="0,0,1000,500"
    origBoundary="0,0,1,1" projParameter="+proj=utm +zone=48 +ellps=WGS84 +datum=WGS84 +units=m"/>
  <type id="highway.primary" priority="12" numLanes="2" speed="16.67"/>
  <edge id=":B_0" function="internal">
    <lane id=":B_0_0" index="0" speed="8.00" length="10.00" shape="495,0 505,0"/>
  </edge>
  <edge id="123#1" from="A" to="B" name="Main" type="highway.primary">
    <lane id="123#1_0" index="0" speed="16.67" length="490.00" shape="5,-1 495,-1"/>
    <lane id="123#1_1" index="1" speed="13.89" length="490.00" shape="5,-4 495,-4"/>
  </edge>
  <edge id="-123#1" from="B" to="A" type="highway.primary_link" shape="500,0 250,20 0,0">
    <lane id="-123#1_0" index="0" speed="10.00" length="500.00" shape="5,1 495,1"/>
  </edge>
  <edge id="E7.22" from="B" to="C">
    <lane id="E7.22_0" index="0" speed="10.00" length="250.00" shape="505,0 750,0">
      <param key="origId" value="-77"/>
    </lane>
  </edge>
  <edge id="foot" from="B" to="C" type="highway.footway">
    <lane id="foot_0" index="0" allow="pedestrian" speed="1.50" length="250.00" shape="5,9 7,9"/>
  </edge>
  <junction id="A" type="dead_end" x="0.00" y="0.00"/>
  <junction id="B" type="priority" x="500.00" y="0.00"/>
  <junction id="C" type="dead_end" x="750.00" y="0.00"/>
  <junction id=":B_0_0" type="internal" x="500.00" y="0.00"/>
</net>
"""
# 20 vehicles on 123#1 in the first hour and a half, 49 m/s x s; a bus alone on E7.22
SUMO_DATA = """<meandata>
  <interval begin="0.00" end="5400.00" id="cars">
    <edge id="123#1" sampledSeconds="980.00" speed="10.00" entered="20" distance="9700.00"/>
    <edge id="-123#1" sampledSeconds="100.00" speed="5.00" entered="1" distance="500.00"/>
    <edge id=":B_0" sampledSeconds="20.00" speed="10.00" entered="20" distance="200.00"/>
    <edge id="gone" sampledSeconds="20.00" speed="5.00" entered="1" distance="100.00"/>
  </interval>
</meandata>
"""

MATSIM_NETWORK = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE network SYSTEM "http://www.matsim.org/files/dtd/network_v2.dtd">
<network>
  <attributes>
    <attribute name="coordinateReferenceSystem" class="java.lang.String">EPSG:25833</attribute>
  </attributes>
  <nodes>
    <node id="n1" x="390000.0" y="5820000.0"></node>
    <node id="n2" x="391000.0" y="5820000.0"></node>
  </nodes>
  <links capperiod="01:00:00" effectivecellsize="7.5" effectivelanewidth="3.75">
    <link id="1" from="n1" to="n2" length="1020.0" freespeed="13.8889" capacity="1800.0"
      permlanes="2.0" oneway="1" modes="car,ride">
      <attributes>
        <attribute name="origid" class="java.lang.String">4711</attribute>
        <attribute name="type" class="java.lang.String">highway.secondary_link</attribute>
      </attributes>
    </link>
    <link id="2" from="n2" to="n1" length="1000.0" freespeed="9999" capacity="900.0"
      permlanes="1.0" modes="car"/>
    <link id="pt_1" from="n1" to="n2" length="1000.0" freespeed="20" capacity="99999"
      permlanes="1.0" modes="pt"/>
    <link id="3" from="n1" to="lost" length="10.0" freespeed="10" capacity="1" permlanes="1.0"/>
  </links>
</network>
"""


def matsim_linkstats():
    """Linkstats of links 1 and 2, and of one that is not in the network; hour h has h vehicles."""
    hours = range(24)
    names = ["LINK", "ORIG_ID", "FROM", "TO", "LENGTH", "FREESPEED", "CAPACITY"]
    for kind in ("HRS", "TRAVELTIME"):
        spans = [(h, h + 1) for h in hours] + ([(0, 24)] if kind == "HRS" else [])
        names += [f"{kind}{a}-{b}{x}" for a, b in spans for x in ("min", "avg", "max")]
    lines = ["\t".join(names) + "\t"]
    for link, length in (("1", 1020.0), ("2", 1000.0), ("9", 5.0)):
        row = [link, "", "n1", "n2", str(length), "13.9", "1800.0"]
        row += [str(float(h)) for h in hours for _ in range(3)] + ["276.0"] * 3
        row += [str(length / 10.0)] * 72
        lines.append("\t".join(row))
    return "\n".join(lines) + "\n"


COUNTS_1 = """<counts name="x" year="2018">
  <count loc_id="1" cs_id="Gate"><volume h="1" val="10"/><volume h="24" val="5.5"/></count>
  <count loc_id="7" cs_id="Nowhere"><volume h="8" val="3"/></count>
</counts>
"""
COUNTS_2 = """<counts xmlns="http://www.matsim.org/files/dtd" year="2018">
  <location refId="1" name="Gate" x="390500.0" y="5820000.0">
    <measurements type="volumes" networkMode="car" interval="1800">
      <value t="0" val="4"/><value t="1800" val="6"/><value t="3600" val="9"/>
    </measurements>
    <measurements type="volumes" networkMode="truck" interval="3600">
      <value t="82800" val="2"/>
    </measurements>
    <measurements type="velocities" networkMode="car" interval="3600">
      <value t="0" val="13"/>
    </measurements>
  </location>
  <location refId="2" name="Empty"/>
</counts>
"""

TNTP_NET = """<NUMBER OF ZONES> 2
<NUMBER OF NODES> 3
<FIRST THRU NODE> 1
<NUMBER OF LINKS> 4
<END OF METADATA>

~\tinit_node\tterm_node\tcapacity\tlength\tfree_flow_time\tb\tpower\tspeed\ttoll\tlink_type\t;
\t1\t2\t1000\t0.5\t1\t0.15\t4\t0\t0\t1\t;
\t2\t1\t1000\t0.5\t1\t0.15\t4\t0\t0\t1\t;
\t2\t3\t1000\t1.0\t0\t0.15\t4\t0\t0\t1\t;
\t3\t3\t1000\t1.0\t1\t0.15\t4\t0\t0\t1\t;
"""
TNTP_NODES = "Node\tX\tY\t;\n1\t-96.77\t43.61\t;\n2\t-96.76\t43.61\t;\n3\t-96.75\t43.61\t;\n"
TNTP_FLOWS = (
    "From \tTo \tVolume \tCost \n1 \t2 \t100 \t1\n2 \t3 \t50.5 \t1\n3 \t3 \t7 \t1\n9 \t1 \t8 \t1\n"
)

VISUM_NET = """$VISION
* A city
* 11/22/26
*
* Table: Version block
*
$VERSION:VERSNR;FILETYPE;LANGUAGE;UNIT
13.000;Net;ENG;KM

*
* Table: Nodes
*
$NODE:NO;CODE;NAME;TYPENO;XCOORD;YCOORD
10;;;0;390000.0000;5820000.0000
20;;;0;391000.0000;5820000.0000

*
* Table: Links
*
$LINK:NO;FROMNODENO;TONODENO;NAME;TYPENO;TSYSSET;LENGTH;NUMLANES;CAPPRT;V0PRT;VOLVEH_TSYS(C,AP);VOLVEH_TSYS(HGV,AP)
1;10;20;Main;20;C,HGV,W;1.050km;2;1800;50km/h;900.0;50.0
1;20;10;Main;20;C,HGV,W;1.050km;1;900;50km/h;800.5;40.0
2;10;99;Lost;20;C,HGV;0.100km;1;900;50km/h;1.0;0.0

*
* Table: Link polygons
*
$LINKPOLY:FROMNODENO;TONODENO;INDEX;XCOORD;YCOORD;ZCOORD
10;20;2;390600.0000;5820010.0000;0.0000
10;20;1;390400.0000;5820010.0000;0.0000
"""
VISUM_NETZ = """$VISION
* Stadt Köln
$VERSION:VERSNR;FILETYPE;LANGUAGE;UNIT
10.000;Net;DEU;KM
$KNOTEN:NR;CODE;NAME;XKOORD;YKOORD
10;;Köln;390000,0000;5820000,0000
20;;;391000,0000;5820000,0000
$STRECKE:NR;VONKNOTNR;NACHKNOTNR;NAME;TYPNR;VSYSSET;LAENGE;ANZFAHRSTREIFEN;KAPIV;V0IV
1;10;20;Straße;20;PKW,LKW;1,050km;2;1800;50km/h
1;20;10;Straße;20;PKW,LKW;1,050km;1;900;50km/h
$STRECKENPOLY:VONKNOTNR;NACHKNOTNR;INDEX;XKOORD;YKOORD
10;20;1;390500,0000;5820010,0000
"""
VISUM_LISTE = """$VISION
$VERSION:VERSNR;FILETYPE;LANGUAGE;UNIT
10.000;Att;DEU;KM
$STRECKE:NR;VONKNOTNR;NACHKNOTNR;BELFZIV(AP);VAKTIV
1;10;20;1200;40km/h
1;20;10;1100;30km/h
7;10;20;3;30km/h
"""

AEQUILIBRAE_RESULTS = (
    "link_id,car_ab,car_ba,car_tot,truck_ab,truck_ba,truck_tot,Congested_Time_AB,"
    "Congested_Time_BA,PCE_AB,PCE_BA,PCE_tot\n"
    "1,100,80,180,10,0,10,1,2,120,80,200\n2,50,0,50,5,0,5,3,0,60,0,60\n3,9,9,18,0,0,0,1,1,9,9,18\n"
)


def write(folder, name, content):
    """Write text to a file, packed as its name says."""
    path = folder / name
    data = content if isinstance(content, bytes) else content.encode()
    if name.endswith(".zip"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name.removesuffix(".zip"), data)
        return path
    packed = {"gz": gzip.compress, "bz2": bz2.compress}.get(name.rpartition(".")[2])
    path.write_bytes(packed(data) if packed else data)
    return path


def write_project(folder):
    """Write a project of AequilibraE: two links, one of one direction, and a connector."""
    path = folder / "project_database.sqlite"
    links = gpd.GeoDataFrame(
        {
            "link_id": [1, 2, 3],
            "a_node": [10, 20, 20],
            "b_node": [20, 30, 99],
            "direction": [0, 1, 0],
            "distance": [500.0, 900.0, 10.0],
            "modes": ["c", "c", "c"],
            "link_type": ["primary", "motorway_link", "centroid_connector"],
            "name": ["Main", None, None],
            "lanes_ab": [2, 1, None],
            "lanes_ba": [1, None, None],
            "speed_ab": [50.0, 80.0, None],
            "speed_ba": [50.0, None, None],
            "capacity_ab": [1600.0, 1800.0, None],
            "capacity_ba": [800.0, None, None],
        },
        geometry=[
            LineString([(13.0, 52.0), (13.007, 52.0)]),
            LineString([(13.007, 52.0), (13.02, 52.0)]),
            LineString([(13.007, 52.0), (13.007, 52.0001)]),
        ],
        crs="EPSG:4326",
    )
    links.to_file(path, layer="links", driver="SQLite", SPATIALITE="NO")
    with sqlite3.connect(path) as database:
        for table in ("nodes", "link_types"):
            database.execute(f"CREATE TABLE {table} (id INTEGER)")
    return path


def write_results(folder, tables=("base",)):
    """Write the database of results of AequilibraE."""
    path = folder / "results_database.sqlite"
    csv = write(folder, "results.csv", AEQUILIBRAE_RESULTS)
    with sqlite3.connect(path) as database:
        for name in tables:
            pd.read_csv(csv).to_sql(name, database, index=False)
    return path


def remarks_of(imported):
    """Return the remarks as a table, as the file of them has it; None if there is none."""
    rows = [(r.row, r.place, "yes" if r.taken else "no", r.text) for r in imported.remarks]
    return pd.DataFrame(rows, columns=["row", "place_id", "taken", "remark"]) if rows else None
