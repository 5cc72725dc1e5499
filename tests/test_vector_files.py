"""Vector files: any CRS in, polygons and lines checked, overlaps and gaps of districts."""

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString, MultiLineString, MultiPolygon, Point, Polygon, box

from transmod.errors import InputError
from transmod.inputs.layers import (
    check_districts,
    read_boundary,
    read_districts,
    read_layer,
    read_link_layer,
)
from transmod.inputs.projections import is_metric, is_web_mercator, read_crs, utm_around

UTM = 32629


def save(folder, shapes, file="a.gpkg", crs=UTM, **columns):
    path = folder / file
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)
    frame.to_parquet(path) if file.endswith("parquet") else frame.to_file(path)
    return path


def squares(*corners, size=1000.0):
    return [box(x, y, x + size, y + size) for x, y in corners]


@pytest.mark.parametrize("file", ["a.gpkg", "a.geojson", "a.parquet", "a.shp"])
def test_formats(tmp_path, file):
    crs, shape = UTM, box(525_000, 4_550_000, 542_000, 4_561_000)
    if file == "a.geojson":
        crs, shape = 4326, box(-8.7, 41.1, -8.5, 41.2)
    path = save(tmp_path, [shape], file, crs, name=["Porto"])
    assert read_boundary(path).crs.to_epsg() == crs


def test_boundary_is_dissolved(tmp_path):
    city = read_boundary(save(tmp_path, squares((0, 0), (1000, 0))))
    assert len(city) == 1
    assert city.area.iloc[0] == 2e6


@pytest.mark.parametrize(
    ("shapes", "sentence"),
    [
        ([LineString([(0, 0), (1, 1)])], "must be polygons: 1 of 1 are not, first at row 1"),
        ([box(0, 0, 1, 1), Point(0, 0)], "must be polygons: 1 of 2 are not, first at row 2"),
        ([box(0, 0, 1, 1), None], "must be present: 1 of 2 are not, first at row 2"),
        ([Polygon([(0, 0), (1, 1), (0, 0)])], "must enclose an area"),
    ],
)
def test_bad_boundary(tmp_path, shapes, sentence):
    with pytest.raises(InputError, match=sentence):
        read_boundary(save(tmp_path, shapes, "a.parquet"))


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_foreign_files(tmp_path):
    path = tmp_path / "a.gpkg"
    path.write_bytes(b"no geopackage at all")
    with pytest.raises(InputError, match="must be a whole vector file"):
        read_layer(path)
    good = save(tmp_path, squares(*[(i, i) for i in range(500)]), "b.gpkg")
    for size in (20_000, 60_000, 100_000):
        path.write_bytes(good.read_bytes()[:size])
        with pytest.raises(InputError, match="must be a whole vector file"):
            read_layer(path)
    path = tmp_path / "a.geojson"
    path.write_text('{"type": "FeatureCollection", "features": [{"type": "Feat')
    with pytest.raises(InputError, match="must be a whole vector file"):
        read_layer(path)
    path.write_text('[{"type": "Feature", "properties": {}}]')
    with pytest.raises(InputError, match="must"):
        read_layer(path)
    with pytest.raises(InputError, match="no such file"):
        read_layer(tmp_path / "none.gpkg")
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="must hold features with a geometry"):
        read_layer(path)
    with pytest.raises(InputError, match="must state a coordinate reference system"):
        read_layer(save(tmp_path, squares((0, 0)), "c.gpkg", None))


def test_several_layers_are_refused(tmp_path):
    path = save(tmp_path, squares((0, 0)))
    gpd.GeoDataFrame(geometry=squares((0, 0)), crs=UTM).to_file(path, layer="b")
    with pytest.raises(InputError, match="must have one layer: it has a, b"):
        read_layer(path)


def test_districts_sorted_with_text_ids(tmp_path):
    path = save(
        tmp_path,
        squares((0, 0), (1000, 0)),
        id=[20.0, 7.0],
        name=["B", None],
        population=[5, 6],
        name_zh=["乙", "甲"],
    )
    table = read_districts(path).table
    assert table["district_id"].tolist() == ["20", "7"]
    assert table["name"].tolist() == ["B", "7"]
    assert table["population"].tolist() == [5.0, 6.0]
    assert table["name_zh"].tolist() == ["乙", "甲"]
    assert read_districts(path, id_column="name_zh").table["district_id"].tolist() == ["乙", "甲"]


def test_bad_districts(tmp_path):
    two = squares((0, 0), (1000, 0))
    with pytest.raises(InputError, match=r"must have a column district_id or id .* it has nr"):
        read_districts(save(tmp_path, two, nr=[1, 2]))
    with pytest.raises(InputError, match="must have a column key"):
        read_districts(save(tmp_path, two, id=[1, 2]), id_column="key")
    path = save(tmp_path, two, id=["a", "a"])
    with pytest.raises(InputError, match=r"each district once: 1 of 2 .* \(value 'a'\)"):
        read_districts(path)
    with pytest.raises(InputError, match="must be present: 1 of 2"):
        read_districts(save(tmp_path, two, id=["a", None]))
    with pytest.raises(InputError, match="must not be outside_boundary or no_district"):
        read_districts(save(tmp_path, two, id=["a", "no_district"]))
    path = save(tmp_path, two, id=["a", "b"], population=["5", "many"])
    with pytest.raises(InputError, match=r"`population` .* must be a number: 1 of 2 .*'many'"):
        read_districts(path)


def test_invalid_polygon_is_repaired_and_noted(tmp_path):
    bow = Polygon([(0, 0), (1000, 1000), (1000, 0), (0, 1000)])
    districts = read_districts(save(tmp_path, [bow], id=["a"]))
    assert districts.table.geometry.is_valid.all()
    assert districts.table.area.iloc[0] == pytest.approx(500_000)
    assert "1 of 1 polygons of a.gpkg were invalid (Self-intersection" in districts.notes[0]


def district_table(*shapes):
    ids = [chr(97 + i) for i in range(len(shapes))]
    return gpd.GeoDataFrame({"district_id": ids}, geometry=list(shapes), crs=UTM)


def test_overlaps_are_named_with_their_area():
    table = district_table(*squares((0, 0), (900, 0), (5000, 0), (5000, 500)))
    with pytest.raises(InputError) as error:
        check_districts(table, box(0, 0, 6000, 1500))
    assert "2 pairs do, a and b (0.1 km2), c and d (0.5 km2)" in str(error.value)


def test_small_overlaps_and_gaps_are_noted():
    table = district_table(box(0, 0, 1000.01, 1000), box(1000, 0, 2000, 1000))
    overlap, gap, beyond = check_districts(table, box(0, 0, 1990, 1100))
    assert overlap.startswith("1 pairs of districts overlap a little, 10 m2 in all")
    assert gap == "0.199 km2 of the city (9.09%) lie in no district."
    assert beyond == "0.01 km2 of the districts lie outside the boundary."
    assert check_districts(district_table(*squares((0, 0))), box(0, 0, 1000, 1000)) == ()


def test_lines_of_one_part_and_of_parts_that_follow(tmp_path):
    one = MultiLineString([[(0, 0), (1, 0)]])
    two = MultiLineString([[(0, 0), (1, 0)], [(1, 0), (1, 1)]])
    loop = LineString([(0, 0, 5), (1, 0, 5), (1, 1, 5), (0, 0, 5)])
    layer = read_link_layer(save(tmp_path, [one, two, loop], "a.parquet", v=[1, 2, 3]))
    assert layer.geom_type.tolist() == ["LineString"] * 3
    assert layer.length.tolist() == pytest.approx([1.0, 2.0, 2.0 + np.sqrt(2)])
    assert not layer.has_z.any()
    assert layer["v"].tolist() == [1, 2, 3]


def test_parts_keep_their_direction(tmp_path):
    drawn = MultiLineString([[(5, 0), (2, 0)], [(2, 0), (0, 0)]])
    layer = read_link_layer(save(tmp_path, [drawn], "a.parquet"))
    assert list(layer.geometry[0].coords) == [(5, 0), (2, 0), (0, 0)]
    against = MultiLineString([[(5, 0), (2, 0)], [(0, 0), (2, 0)]])
    with pytest.raises(InputError, match="parts do not follow each other"):
        read_link_layer(save(tmp_path, [against], "b.parquet"))


def test_all_faults_of_a_link_layer_at_once(tmp_path):
    shapes = [
        LineString([(0, 0), (1, 0)]),
        None,
        Point(0, 0),
        MultiLineString([[(0, 0), (1, 0)], [(5, 0), (6, 0)]]),
        LineString([(2, 2), (2, 2)]),
        MultiPolygon(squares((0, 0))),
    ]
    with pytest.raises(InputError) as error:
        read_link_layer(save(tmp_path, shapes, "a.parquet", 3857))
    text = str(error.value)
    assert len(error.value.faults) == 5
    assert "must not be in Web Mercator" in text
    assert "must be present: 1 of 6 are not, first at row 2" in text
    assert "must be lines: 2 of 6 are not, first at row 3" in text
    assert "parts do not follow each other: 1 of 6 are not, first at row 4" in text
    assert "must have a length: 1 of 6 are not, first at row 5" in text


def test_degrees_that_are_none(tmp_path):
    path = save(tmp_path, [LineString([(500_000, 4_000_000), (500_001, 4_000_000)])], crs=4326)
    with pytest.raises(InputError, match=r"180 degrees of longitude .* system WGS 84"):
        read_link_layer(path)


def test_which_crs_may_be_measured_in():
    assert is_web_mercator(gpd.GeoSeries(crs=3857).crs)
    assert is_web_mercator(gpd.GeoSeries(crs="ESRI:102100").crs)
    assert not is_web_mercator(gpd.GeoSeries(crs=UTM).crs)
    assert is_metric(gpd.GeoSeries(crs=UTM).crs)
    assert not is_metric(gpd.GeoSeries(crs=4326).crs)
    assert not is_metric(gpd.GeoSeries(crs=26771).crs)  # US survey feet
    assert utm_around((-8.7, 41.1, -8.5, 41.2)).to_epsg() == 32629
    assert utm_around((-47.0, -24.0, -46.0, -23.0)).to_epsg() == 32723
    assert utm_around((179.0, 0.0, 181.0, 1.0)).to_epsg() == 32660
    for bad in ("EPSG:4326", "EPSG:3857", "EPSG:26771", "nonsense"):
        with pytest.raises(InputError, match=r"`crs` must"):
            read_crs(bad)
