"""A project that ships with AequilibraE, assigned by AequilibraE, imported from its own files."""

import sqlite3
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from transmod.inputs.traffic_source import read_traffic_source
from transmod.volumes import ImportOptions, import_volumes

pytestmark = pytest.mark.slow


def assign(links, trips=400.0):
    """Return the results of an equilibrium between all pairs of nodes."""
    matrix_module = pytest.importorskip("aequilibrae.matrix")
    paths = pytest.importorskip("aequilibrae.paths")
    zones = np.unique(links[["a_node", "b_node"]])
    network = links.assign(
        capacity=links["capacity_ab"].astype(float), free_flow_time=links["free_flow_time"] * 1.0
    )
    graph = paths.Graph()
    graph.network = network[
        ["link_id", "a_node", "b_node", "direction", "capacity", "free_flow_time"]
    ].assign(id=np.arange(len(network)) + 1)
    graph.prepare_graph(zones)
    graph.set_graph("free_flow_time")
    graph.set_blocked_centroid_flows(False)
    matrix = matrix_module.AequilibraeMatrix()
    matrix.create_empty(zones=len(zones), matrix_names=["car", "truck"], memory_only=True)
    matrix.index[:] = zones
    matrix.matrices[:, :, 0], matrix.matrices[:, :, 1] = trips, trips / 10
    matrix.computational_view(["car", "truck"])
    assignment = paths.TrafficAssignment()
    assignment.set_classes([paths.TrafficClass("all", graph, matrix)])
    assignment.set_vdf("BPR")
    assignment.set_vdf_parameters({"alpha": 0.15, "beta": 4.0})
    assignment.set_capacity_field("capacity")
    assignment.set_time_field("free_flow_time")
    assignment.set_algorithm("msa")
    assignment.max_iter = 10
    assignment.set_cores(1)
    assignment.execute()
    return assignment.results()


@pytest.mark.parametrize("form", ["csv", "parquet", "database"])
def test_sioux_falls_of_aequilibrae(tmp_path, form):
    package = Path(pytest.importorskip("aequilibrae").__file__).parent
    with zipfile.ZipFile(package / "reference_files" / "sioux_falls.zip") as archive:
        project = Path(archive.extract("project_database.sqlite", tmp_path))
    columns = "link_id, a_node, b_node, direction, distance, capacity_ab, free_flow_time"
    with sqlite3.connect(project) as database:
        links = pd.read_sql_query(f"SELECT {columns} FROM links", database)
    results = assign(links)
    path = tmp_path / f"results.{form}"
    if form == "csv":
        results.to_csv(path)
    elif form == "parquet":
        results.reset_index().to_parquet(path)
    else:
        with sqlite3.connect(path) as database:
            results.to_sql("base", database)
    options = ImportOptions(kind="hourly")
    facts = import_volumes([project, path], tmp_path / "source", options=options)
    source = read_traffic_source(tmp_path / "source")
    km = links.set_index("link_id")["distance"] / 1e3
    for name, ours in (("car", "car"), ("truck", "rigid_truck")):
        expected = (results[f"{name}_tot"] * km.reindex(results.index)).sum()
        assert facts.vkm[ours] == pytest.approx(expected, rel=1e-6)
    assert (facts.links, facts.links_with_volume, facts.rows_left_out) == (76, 76, {})
    assert source.places.crs == "EPSG:4326"
    assert facts.format == "aequilibrae"
