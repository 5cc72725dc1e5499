"""The overlay: each metre in one district and one cell."""

import geopandas as gpd
import numba
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from numpy.testing import assert_array_equal
from shapely import LineString, MultiPolygon, Point, Polygon, box

from transmod.errors import InputError
from transmod.inputs.network import Network
from transmod.model.grid import Grid, grid_over
from transmod.model.overlay import cut_links, piece_geometry, to_table
from transmod.schema import NO_DISTRICT, OUTSIDE_BOUNDARY, PIECES

UTM = pyproj.CRS("EPSG:32633")


def network(links, districts, boundary=None, crs=UTM):
    """Return a network with `districts` {id: polygon} or a GeoDataFrame."""
    links = np.array([LineString(x) if isinstance(x, list) else x for x in links], object)
    if isinstance(districts, dict):
        districts = gpd.GeoDataFrame(
            {"district_id": list(districts)}, geometry=list(districts.values()), crs=crs
        )
    districts = districts.sort_values("district_id", ignore_index=True)
    return Network(
        city="",
        links=gpd.GeoDataFrame({"link_id": 100 + np.arange(len(links))}, geometry=links, crs=crs),
        districts=districts,
        boundary=districts.union_all() if boundary is None else boundary,
        crs=pyproj.CRS(crs),
        sha256="",
        notes=(),
    )


def shares(net, grid=None):
    """Return {(link_id, district_id): fraction} over all cells."""
    table = to_table(cut_links(net, grid), net)
    return table.groupby(["link_id", "district_id"])["fraction"].sum().to_dict()


def sums(net, by, grid=None):
    """Return metres by `by`."""
    pieces = cut_links(net, grid)
    metres = pieces.fraction * shapely.length(net.links.geometry.to_numpy())[pieces.link]
    return np.bincount(getattr(pieces, by) + 1, metres)


def zigzags(number, low, high, seed=5, reach=0.3):
    rng = np.random.default_rng(seed)
    low, high = np.asarray(low, float), np.asarray(high, float)
    links = []
    for _ in range(number):
        begin = rng.uniform(low, high)
        steps = rng.normal(0, reach, (rng.integers(1, 7), 2)) * (high - low)
        links.append(LineString(np.vstack([begin, begin + np.cumsum(steps, axis=0)])))
    return links


HALVES = {"A": box(0, 0, 500, 1000), "B": box(500, 0, 1000, 1000)}


def test_a_link_through_a_border_and_two_cells():
    # 400 m east from x = 350: border at 500, grid line at 500 and 700, boundary at 1000 not met
    net = network([[(350, 40), (750, 40)]], HALVES)
    grid = Grid(UTM, x0=100.0, y0=0.0, cell_size_m=200.0, n_columns=5, n_rows=5)
    table = to_table(cut_links(net, grid), net)
    assert tuple(table.columns) == PIECES.names
    assert table["link_id"].tolist() == [100, 100, 100]
    assert table["district_id"].tolist() == ["A", "B", "B"]
    assert table["cell_id"].tolist() == [1, 2, 3]
    assert table["fraction"].tolist() == pytest.approx([150 / 400, 200 / 400, 50 / 400], abs=1e-15)
    assert table["link_id"].dtype == "int64"
    assert table["cell_id"].dtype == "int64"


@pytest.mark.parametrize("y", [(200.0, 800.0), (800.0, 200.0)])
def test_a_road_on_a_shared_border_counts_once_in_the_lowest_district(y):
    net = network([[(500, y[0]), (500, y[1])]], HALVES)
    assert shares(net) == {(100, "A"): 1.0}
    geometry, districts = net.links.geometry.iloc[0], net.districts.geometry
    assert sum(districts.intersection(geometry).length) == pytest.approx(2 * 600.0)


def test_a_road_on_a_slanting_shared_border_counts_once_in_the_lowest_district():
    # the link's vertices lie on the border up to rounding only
    corner, top = (501_000.3, 4_600_000.7), (503_000.9, 4_601_700.2)
    left = Polygon([corner, top, (501_000.3, 4_601_700.2)])
    right = Polygon([corner, (503_000.9, 4_600_000.7), top])
    line = LineString([corner, top])
    link = LineString([line.interpolate(t, normalized=True) for t in (0.1, 0.27, 0.5, 0.93)])
    assert shares(network([link], {"x": left, "y": right})) == {(100, "x"): 1.0}
    assert shares(network([link], {"x": right, "y": left})) == {(100, "x"): 1.0}


def test_a_link_along_a_border_for_a_while():
    # 100 m in B, 300 m on the border, 100 m in B again, and the same from A
    from_b = [(600, 200), (500, 200), (500, 500), (600, 500)]
    from_a = [(400, 200), (500, 200), (500, 500), (400, 500)]
    net = network([from_b, from_a], HALVES)
    assert shares(net) == pytest.approx({(100, "A"): 0.6, (100, "B"): 0.4, (101, "A"): 1.0})


def test_a_link_that_touches_a_border_stays_in_its_district():
    touching = [(600, 200), (500, 300), (600, 400)]
    net = network([touching, [(500, 300), (900, 300)], [(500, 300), (100, 300)]], HALVES)
    assert shares(net) == {(100, "B"): 1.0, (101, "B"): 1.0, (102, "A"): 1.0}


def test_outside_the_boundary_wins_and_the_boundary_is_inside():
    boundary = box(0, 0, 1000, 800)
    net = network([[(250, 700), (250, 900)], [(100, 800), (400, 800)]], HALVES, boundary)
    assert shares(net) == {
        (100, "A"): 0.5,
        (100, OUTSIDE_BOUNDARY): 0.5,
        (101, "A"): 1.0,
    }


def test_inside_the_boundary_and_in_no_district():
    net = network([[(900, 500), (1100, 500)]], HALVES, box(0, 0, 1050, 1000))
    assert shares(net) == pytest.approx(
        {(100, "B"): 0.5, (100, NO_DISTRICT): 0.25, (100, OUTSIDE_BOUNDARY): 0.25}
    )


def test_a_boundary_with_a_hole_and_an_exclave():
    ring = box(0, 0, 1000, 1000) - box(400, 400, 600, 600)
    boundary = MultiPolygon([ring, box(2000, 0, 2500, 1000)])
    net = network([[(0, 500), (2500, 500)]], {"A": boundary})
    assert shares(net) == pytest.approx({(100, "A"): 0.52, (100, OUTSIDE_BOUNDARY): 0.48})


def test_a_district_of_several_parts():
    parts = {"A": MultiPolygon([box(0, 0, 100, 100), box(200, 0, 300, 100)])}
    net = network([[(0, 50), (300, 50)]], parts | {"B": box(100, 0, 200, 100)})
    pieces = cut_links(net, None)
    assert_array_equal(pieces.district, [0, 1])
    assert pieces.fraction == pytest.approx([2 / 3, 1 / 3], abs=1e-15)
    _, _, geometry = piece_geometry(pieces, net)
    assert geometry[0].equals(shapely.from_wkt("MULTILINESTRING((0 50,100 50),(200 50,300 50))"))
    assert geometry[1].equals(LineString([(100, 50), (200, 50)]))


def test_overlapping_districts_go_to_the_lowest_id():
    net = network([[(0, 50), (300, 50)]], {"A": box(100, 0, 300, 100), "0": box(0, 0, 200, 100)})
    assert shares(net) == pytest.approx({(100, "0"): 2 / 3, (100, "A"): 1 / 3})


def test_a_corner_where_three_districts_meet_leaves_no_crumbs():
    three = {
        "A": Polygon([(0, 0), (1000, 0), (333.3, 333.3)]),
        "B": Polygon([(0, 0), (333.3, 333.3), (0, 1000)]),
        "C": Polygon([(333.3, 333.3), (1000, 0), (1000, 1000), (0, 1000)]),
    }
    net = network([[(100, 100.1), (333.3, 333.3), (900, 900)]], three)
    assert set(shares(net)) == {(100, "B"), (100, "C")}


def test_a_point_like_and_a_repeated_link():
    net = network([[(600, 5), (600, 5)], [(400, 5), (400, 5), (600, 5), (600, 5)]], HALVES)
    assert shares(net) == {(100, "B"): 1.0, (101, "A"): 0.5, (101, "B"): 0.5}


def test_a_network_without_links_or_districts():
    assert len(cut_links(network([], HALVES), None)) == 0
    none = gpd.GeoDataFrame({"district_id": pd.Series([], dtype=str)}, geometry=[], crs=UTM)
    net = network([[(0, 0), (50, 0)]], none, boundary=box(0, 0, 25, 25))
    assert shares(net) == {(100, NO_DISTRICT): 0.5, (100, OUTSIDE_BOUNDARY): 0.5}


def star_districts(seed=4):
    """Slanting districts with shared borders, an enclave and a gap."""
    rng = np.random.default_rng(seed)
    points = shapely.MultiPoint(rng.uniform(0, 10_000, (12, 2)))
    extent = box(0, 0, 10_000, 10_000)
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=extent))
    cells = [cell & extent for cell in cells]
    enclave = Point(cells[3].centroid).buffer(400)
    return {f"{i:02}": cell - enclave for i, cell in enumerate(cells)} | {"30": enclave}


def test_laws_over_random_zigzags():
    districts = star_districts()
    city = Point(5000, 5000).buffer(4200) - Point(6000, 4000).buffer(900)
    net = network(zigzags(1500, (0, 0), (10_000, 10_000)), districts, city)
    grid = Grid(UTM, x0=1000.0, y0=1000.0, cell_size_m=330.0, n_columns=20, n_rows=25)
    pieces = cut_links(net, grid)
    lines = net.links.geometry.to_numpy()
    length = shapely.length(lines)

    assert np.bincount(pieces.link, pieces.fraction) == pytest.approx(np.ones(1500), abs=1e-12)
    rows = list(zip(pieces.link, pieces.district, pieces.cell, strict=True))
    assert rows == sorted(set(rows))
    # districts do not overlap here, so shapely's lengths hold too
    metres = sums(net, "district", grid)[1:]
    polygons = shapely.intersection(net.districts.geometry.to_numpy(), city)
    expected = [shapely.length(shapely.intersection(lines, p)).sum() for p in polygons]
    assert metres[: len(polygons)] == pytest.approx(expected, abs=1e-3)
    outside = shapely.length(shapely.difference(lines, city)).sum()
    assert metres[-1] == pytest.approx(outside, abs=1e-3)
    assert metres.sum() == pytest.approx(length.sum(), rel=1e-12)
    # the grid changes no district sum, the districts no cell sum
    assert sums(net, "district") == pytest.approx(sums(net, "district", grid), rel=1e-9)
    alone = network(lines, {"A": box(-1e6, -1e6, 1e6, 1e6)})
    assert sums(net, "cell", grid) == pytest.approx(sums(alone, "cell", grid), abs=1e-4)


def test_cutting_a_link_in_two_changes_nothing():
    lines = zigzags(400, (0, 0), (10_000, 10_000), seed=11)
    halves = []
    for line in lines:
        xy = shapely.get_coordinates(line)
        middle = (xy[0] + xy[1]) / 2
        halves += [LineString([xy[0], middle]), LineString([middle, *xy[1:]])]
    districts = star_districts(seed=12)
    grid = grid_over(box(0, 0, 10_000, 10_000), UTM, 700.0)
    whole, cut = network(lines, districts), network(halves, districts)
    for by in ("district", "cell"):
        assert sums(cut, by, grid) == pytest.approx(sums(whole, by, grid), abs=1e-5)


def test_turning_the_links_changes_nothing():
    lines = zigzags(400, (0, 0), (10_000, 10_000), seed=13)
    districts = star_districts(seed=14)
    turned = network([line.reverse() for line in lines], districts)
    expected = sums(network(lines, districts), "district")
    assert sums(turned, "district") == pytest.approx(expected, abs=1e-5)


def test_streets_on_lattice_borders_agree_with_points_along_them():
    # everything coincides: vertices, borders, boundary and grid lines stand on one lattice
    rng = np.random.default_rng(15)
    order = rng.permutation(16)
    districts = {f"{order[k]:02}": box(*(k % 4, k // 4), k % 4 + 1, k // 4 + 1) for k in range(15)}
    steps = np.array([(1, 0), (-1, 0), (0, 1), (0, -1)])
    walks = [
        rng.integers(-1, 6, 2) + np.cumsum(steps[rng.integers(0, 4, 12)], axis=0) for _ in range(60)
    ]
    net = network([LineString(walk * 0.5) for walk in walks], districts, box(0, 0, 3.5, 4))
    grid = Grid(UTM, x0=0.0, y0=0.0, cell_size_m=0.5, n_columns=7, n_rows=7)
    pieces = cut_links(net, grid)
    found = np.zeros((len(walks), 17, grid.n_cells + 1))
    found[pieces.link, pieces.district, pieces.cell] = pieces.fraction

    expected = np.zeros_like(found)
    for i, line in enumerate(net.links.geometry):
        for middle in shapely.line_interpolate_point(line, (np.arange(11) + 0.5) / 2):
            covers = np.flatnonzero(shapely.covers(net.districts.geometry.to_numpy(), middle))
            district = covers[0] if covers.size else 15
            if not net.boundary.covers(middle):
                district = 16
            column, row = int(middle.x // 0.5), int(middle.y // 0.5)
            cell = row * 7 + column if 0 <= column < 7 and 0 <= row < 7 else -1
            expected[i, district, cell] += 1 / 11
    assert found == pytest.approx(expected, abs=1e-12)


def test_does_not_depend_on_thread_count():
    net = network(zigzags(300, (0, 0), (10_000, 10_000)), star_districts())
    grid = grid_over(net.boundary, UTM, 500.0)
    threads = numba.get_num_threads()
    expected = to_table(cut_links(net, grid), net)
    try:
        numba.set_num_threads(1)
        pd.testing.assert_frame_equal(
            to_table(cut_links(net, grid), net), expected, check_exact=True
        )
    finally:
        numba.set_num_threads(threads)


def test_parts_of_links_are_as_long_as_their_fractions():
    city = Point(5000, 5000).buffer(4200) - Point(6000, 4000).buffer(900)
    net = network(zigzags(500, (0, 0), (10_000, 10_000)), star_districts(), city)
    grid = grid_over(city, UTM, 500.0)
    pieces = cut_links(net, grid)
    link, district, geometry = piece_geometry(pieces, net)
    lines = net.links.geometry.to_numpy()

    pairs = pd.DataFrame({"link": pieces.link, "district": pieces.district})
    expected = (
        pairs.assign(fraction=pieces.fraction).groupby(["link", "district"])["fraction"].sum()
    )
    assert list(zip(link, district, strict=True)) == expected.index.to_list()
    assert shapely.length(geometry) == pytest.approx(
        expected.to_numpy() * shapely.length(lines)[link], abs=1e-6
    )
    kinds = {shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING}
    assert set(shapely.get_type_id(geometry)) == kinds
    # a whole link is handed on as it is; a part keeps the driving direction
    whole = np.bincount(link)[link] == 1
    assert all(a is b for a, b in zip(geometry[whole], lines[link[whole]], strict=True))
    for part, line in zip(geometry[~whole], lines[link[~whole]], strict=True):
        for one in shapely.get_parts(part):
            ends = shapely.line_locate_point(line, shapely.points(one.coords[:2]))
            if line.is_simple:
                assert ends[0] < ends[1]


def test_table_is_sorted_by_id_also_after_no_district():
    net = network([[(-10, 5), (20, 5)]], {"浦东": box(0, 0, 10, 10)}, box(0, 0, 15, 10))
    table = to_table(cut_links(net, None), net)
    assert table["district_id"].tolist() == [NO_DISTRICT, OUTSIDE_BOUNDARY, "浦东"]
    assert table["fraction"].tolist() == pytest.approx([1 / 6, 1 / 2, 1 / 3])
    assert (table["cell_id"] == -1).all()


def test_refuses_degrees():
    net = network([[(0, 0), (1, 1)]], {"A": box(0, 0, 1, 1)}, crs="EPSG:4326")
    with pytest.raises(InputError, match=r"must be projected, in metres.*found 'WGS 84'"):
        cut_links(net, None)


def test_refuses_what_cannot_be_cut():
    with np.errstate(invalid="ignore"):
        without_place = LineString([(0, np.nan), (1, 1)])
    links = [
        LineString([(0, 0), (1, 1)]),
        shapely.MultiLineString([[(0, 0), (1, 1)]]),
        LineString(),
        without_place,
    ]
    net = network(links, {NO_DISTRICT: box(0, 0, 1, 1)})
    grid = grid_over(net.boundary, "EPSG:32634", 1.0)
    with pytest.raises(InputError) as caught:
        cut_links(net, grid)
    faults = " ".join(caught.value.faults)
    assert len(caught.value.faults) == 3
    assert "The grid must be in the network's CRS" in faults
    assert "finite coordinates: 3 of 4 links are not, first link_id 101" in faults
    assert "`district_id` must not be 'no_district'" in faults


@pytest.mark.realdata
def test_wuhan(data_dir):
    streets = gpd.read_parquet(data_dir / "wuhan" / "wuhan_osm_streets_utm50n.parquet")
    districts = gpd.read_file(data_dir / "wuhan" / "wuhan_districts_wgs84.geojson")
    districts = districts.rename(columns={"adcode": "district_id"}).to_crs(32650)
    districts["district_id"] = districts["district_id"].astype(str)
    net = network(streets.geometry.to_numpy(), districts, crs="EPSG:32650")
    grid = grid_over(net.boundary, net.crs, 1000.0)
    pieces = cut_links(net, grid)
    total = np.bincount(pieces.link, pieces.fraction)
    assert total == pytest.approx(np.ones(len(streets)), abs=1e-12)
    assert sums(net, "district", grid).sum() == pytest.approx(streets.length.sum(), rel=1e-12)
    hit = np.unique(pieces.district[pieces.district < len(districts)])
    assert len(hit) == 11
    assert (pieces.cell[pieces.district < len(districts)] >= 0).all()


@pytest.mark.realdata
def test_sao_paulo_vehicle_kilometres(data_dir):
    # the figures of the data's own description, by `lkm`
    roads = gpd.read_file(data_dir / "sao_paulo" / "masp_net_8h.gpkg")
    towns = gpd.read_file(data_dir / "sao_paulo" / "municipalities.geojson").to_crs(roads.crs)
    towns = towns.rename(columns={"id": "district_id"})
    net = network(roads.geometry.to_numpy(), towns, crs=roads.crs)
    pieces = cut_links(net, grid_over(net.boundary, net.crs, 1000.0))
    vkm = (roads[["pc", "lcv", "trucks", "bus", "mc"]].sum(axis=1) * roads["lkm"]).to_numpy()
    by_district = np.bincount(pieces.district, pieces.fraction * vkm[pieces.link])
    assert by_district.sum() == pytest.approx(vkm.sum(), rel=1e-12)
    assert round(by_district.sum()) == 4_873_341
    assert round(by_district[: len(towns) + 1].sum()) == 4_872_497
    assert round(by_district[len(towns) + 1]) == 845


@pytest.mark.realdata
def test_columbus_neighbourhoods(data_dir):
    areas = gpd.read_file(data_dir / "columbus" / "columbus_neighbourhoods.geojson")
    areas = areas.to_crs(32617).rename(columns={"name": "district_id"})
    areas["geometry"] = shapely.buffer(areas.geometry.to_numpy(), 0.0)
    west, south, east, north = areas.total_bounds
    links = zigzags(2000, (west, south), (east, north), seed=6, reach=0.02)
    net = network(links, areas, crs="EPSG:32617")
    lines = net.links.geometry.to_numpy()
    metres = sums(net, "district")[1:]
    n = len(areas)
    inside = shapely.length(shapely.intersection(lines, net.boundary)).sum()
    assert metres[:n].sum() == pytest.approx(inside, abs=0.01)
    assert metres.sum() == pytest.approx(shapely.length(lines).sum(), rel=1e-12)
    # where neighbourhoods overlap, shapely counts twice: never less than the overlay
    polygons = net.districts.geometry.to_numpy()
    each = np.array([shapely.length(shapely.intersection(lines, p)).sum() for p in polygons])
    assert (metres[:n] <= each + 0.01).all()
