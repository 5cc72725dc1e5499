"""Figures: readable, complete, the same bytes each time."""

from itertools import combinations, pairwise
from types import SimpleNamespace

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from shapely import LineString, MultiPolygon, box

from transmod.outputs.figures import draw_figures, draw_hours, draw_totals_by_class
from transmod.outputs.maps import draw_district_map, draw_links_map, draw_network_map
from transmod.outputs.sheet import Sheet, break_lines, cut_short, plain_style, width_of
from transmod.outputs.wording import change, class_labels, class_limits, large, number, percent

CRS = "EPSG:32719"
TEXTS = {"title": "A city: CO₂ of road traffic", "source": "made for a test"}


def small_city(width=9_000.0, height=12_000.0, n_districts=3, n_links=400):
    """Return links, boundary and districts of a city of `width` by `height` [m]."""
    rng = np.random.default_rng(7)
    start = rng.random((n_links, 2)) * (width, height)
    end = np.clip(start + rng.normal(0, 400, (n_links, 2)), 0, (width, height))
    lines = [LineString(pair) for pair in zip(start, end, strict=True)]
    boundary = box(0, 0, width, height)
    edges = np.linspace(0, height, n_districts + 1)
    districts = gpd.GeoDataFrame(
        {
            "district_id": [f"{i:02d}" for i in range(n_districts)],
            "name": [f"District of the river {i}" for i in range(n_districts)],
            "co2_t": rng.lognormal(9, 1, n_districts),
        },
        geometry=[box(0, a, width, b) for a, b in pairwise(edges)],
        crs=CRS,
    )
    links = gpd.GeoDataFrame(
        {
            "road_class": rng.choice(["motorway", "primary", "residential"], n_links),
            "length_m": [line.length for line in lines],
            "co2_t": rng.lognormal(3, 2, n_links),
        },
        geometry=lines,
        crs=CRS,
    )
    return links, boundary, districts


def grid_of(width, height, size=500.0):
    grid = SimpleNamespace(
        x0=0.0,
        y0=0.0,
        cell_size_m=size,
        n_columns=int(np.ceil(width / size)),
        n_rows=int(np.ceil(height / size)),
    )
    cells = np.random.default_rng(3).lognormal(4, 2, (grid.n_rows, grid.n_columns))
    cells[0, :] = np.nan
    cells[-1, :] = 0.0
    return grid, cells


def totals_by_class():
    return pd.DataFrame(
        {
            "vehicle_class": ["car", "bus", "articulated_truck", "moped"],
            "co2_t": [62_000.0, 4_000.0, 31_000.5, np.nan],
            "vkm": [4.1e8, 5e6, 3.3e7, 1e6],
        }
    )


def hours_of_days(*day_types):
    rows = [
        (day, hour, name, 1_000.0 * scale * (1 + hour % 12))
        for day in day_types
        for name, scale in (("car", 20), ("articulated_truck", 1))
        for hour in range(24)
    ]
    return pd.DataFrame(rows, columns=["day_type", "hour", "vehicle_class", "vkm"])


def draw_all(folder, width=9_000.0, height=12_000.0, **kwargs):
    links, boundary, districts = small_city(width, height, **kwargs)
    grid, cells = grid_of(width, height)
    return draw_figures(
        folder,
        boundary=boundary,
        districts=districts,
        totals=totals_by_class(),
        links=links,
        grid=grid,
        cells=cells,
        hours=hours_of_days("workday", "saturday", "sunday"),
        title="A city",
        year=2019,
        period="year",
        source="made for a test",
    )


@pytest.fixture
def written(monkeypatch):
    """Gather the words on each sheet, and check that they lie apart and on it; write nothing."""
    words = []

    def check(sheet, path):
        assert max(sheet.width, sheet.height) < 12.5, path
        renderer = sheet.canvas.get_renderer()
        sheet.figure.draw(renderer)
        page = sheet.figure.bbox
        found = [
            (text.get_text(), text.get_window_extent(renderer))
            for axes in sheet.figure.axes
            for text in axes.findobj(mpl.text.Text)
            if text.get_text() and text.get_visible()
        ]
        for name, extent in found:
            assert extent.x0 >= 0, name
            assert extent.y0 >= 0, name
            assert extent.x1 <= page.x1, name
            assert extent.y1 <= page.y1, name
        for (name, a), (other, b) in combinations(found, 2):
            apart = a.x1 <= b.x0 + 1 or b.x1 <= a.x0 + 1 or a.y1 <= b.y0 + 2 or b.y1 <= a.y0 + 2
            assert apart, (name, other)
        words.extend(name for name, _ in found)

    monkeypatch.setattr(Sheet, "write", check)
    return words


@pytest.mark.slow
def test_all_figures_are_drawn_twice_with_the_same_bytes(tmp_path):
    first, second = draw_all(tmp_path / "a"), draw_all(tmp_path / "b")
    assert [path.name for path in first] == [
        "links_co2.png",
        "grid_co2.png",
        "districts_co2.png",
        "classes_co2.png",
        "hours.png",
    ]
    for a, b in zip(first, second, strict=True):
        assert a.read_bytes() == b.read_bytes()
        assert a.stat().st_size > 8_000
        with Image.open(a) as image:
            assert image.format == "PNG"
            assert set(image.info) == {"dpi"}  # no date, no program


def test_settings_of_the_user_do_not_matter_and_stay(tmp_path):
    a, b = tmp_path / "a.png", tmp_path / "b.png"
    draw_hours(hours_of_days("workday"), a, **TEXTS)
    with mpl.rc_context({"font.size": 30, "lines.linewidth": 9, "font.family": "serif"}):
        draw_hours(hours_of_days("workday"), b, **TEXTS)
        assert mpl.rcParams["font.size"] == 30
    assert a.read_bytes() == b.read_bytes()


@pytest.mark.parametrize(
    ("width", "height", "n_districts"),
    [
        (9_000, 12_000, 3),
        (2_000, 40_000, 8),
        (60_000, 6_000, 1),
        (900, 900, 1),
        pytest.param(150_000, 110_000, 45, marks=pytest.mark.slow),
    ],
)
def test_no_text_is_cut_off_or_overlaps(tmp_path, written, width, height, n_districts):
    draw_all(tmp_path, width, height, n_districts=n_districts)
    assert "t CO₂ per km² and year" in written
    if n_districts == 1:
        assert "district borders" not in written


def test_links_without_value_and_with_zero_are_named_in_the_key(tmp_path, written):
    links, boundary, districts = small_city()
    links["per_km"] = links["co2_t"]
    links.loc[:40, "per_km"] = np.nan
    links.loc[300:, "per_km"] = 0.0
    draw_links_map(
        links, boundary, districts, tmp_path / "a.png", column="per_km", unit="t", **TEXTS
    )
    assert "no value" in written
    assert "zero" in written


@pytest.mark.parametrize("value", [0.0, np.nan, 5.0])
def test_one_value_everywhere(tmp_path, written, value):
    links, boundary, districts = small_city(n_districts=1)
    links["per_km"] = value
    draw_links_map(
        links, boundary, districts, tmp_path / "a.png", column="per_km", unit="t", **TEXTS
    )
    assert {0.0: "zero", 5.0: "5"}.get(value, "no value") in written


def test_city_without_links(tmp_path):
    links, boundary, districts = small_city()
    draw_links_map(
        links.iloc[:0], boundary, districts, tmp_path / "a.png", column="co2_t", unit="t", **TEXTS
    )
    assert (tmp_path / "a.png").stat().st_size > 8_000


def test_districts_without_value_come_last_and_are_named(tmp_path, written):
    _, _, districts = small_city(n_districts=3)
    districts["co2_t"] = [np.nan, 1_234.0, 98_765.0]
    districts["per_km2"] = districts["co2_t"] / 36.0
    islands = MultiPolygon([box(0, 0, 9_000, 12_000), box(9_500, 0, 9_900, 300)])
    draw_district_map(
        districts,
        islands,
        tmp_path / "a.png",
        column="per_km2",
        total="co2_t",
        unit="t CO₂ per km²",
        total_unit="t CO₂",
        **TEXTS,
    )
    assert {"98,765", "1,234", "99", "no value"} <= set(written)
    assert written.index("98,765") < written.index("1,234")


def test_district_name_without_letters_in_the_font_gives_way_to_its_id(tmp_path, written):
    _, boundary, districts = small_city(n_districts=2)
    districts["name"] = ["江岸区", None]
    districts["per_km2"] = districts["co2_t"]
    draw_district_map(
        districts,
        boundary,
        tmp_path / "a.png",
        column="per_km2",
        total="co2_t",
        unit="t",
        total_unit="t",
        **TEXTS,
    )
    assert any(text.endswith(". 00") for text in written)
    assert any(text.endswith(". 01") for text in written)
    assert "Districts by rank, the largest first: t" in written


def test_network_map_lists_lengths_by_road_class(tmp_path, written):
    links, boundary, districts = small_city()
    links["length_m"] = 1_000.0
    network = SimpleNamespace(city="Somewhere", links=links, boundary=boundary, districts=districts)
    draw_network_map(network, tmp_path / "a.png", source="made for a test")
    count = links["road_class"].value_counts()
    assert {str(count["motorway"]), str(count["residential"])} <= set(written)
    assert "Somewhere: road network" in written


def test_classes_without_emissions(tmp_path, written):
    totals = totals_by_class().assign(co2_t=0.0)
    draw_totals_by_class(totals, tmp_path / "a.png", unit="t CO₂ per year", **TEXTS)
    assert "Cars" in written


def test_classes_show_share_of_mass_beside_share_of_driving(tmp_path, written):
    draw_totals_by_class(totals_by_class(), tmp_path / "a.png", unit="t CO₂ per year", **TEXTS)
    # 31,000.5 of 97,000.5 t and 33 of 449 million veh km
    assert "31,000  (32 %)" in written
    assert "7 %" in written
    assert "no value" in written


def test_hours_say_how_many_have_no_value(tmp_path, written):
    hours = hours_of_days("workday", "weekend")
    hours.loc[[3, 30], "vkm"] = np.nan
    draw_hours(hours, tmp_path / "a.png", **TEXTS)
    assert "2 hours without value" in written
    assert {"Workday", "Weekend"} <= set(written)


def test_no_figure_of_hours_for_one_hour_and_what_is_held_elsewhere_is_said(tmp_path, written):
    _, boundary, districts = small_city()
    paths = draw_figures(
        tmp_path,
        boundary=boundary,
        districts=districts,
        totals=totals_by_class(),
        links=None,
        grid=None,
        cells=None,
        hours=hours_of_days("workday").query("hour == 8"),
        title="A city",
        year=2019,
        period="hour",
        source="",
        held_t=1_234.0,
    )
    assert [path.name for path in paths] == ["districts_co2.png", "classes_co2.png"]
    assert "1,234 t of it included elsewhere in the inventory" in " ".join(written)


def test_class_limits_by_hand():
    # a decade and a half, evenly filled on a log scale: 1-2-5 limits, each in the range
    values = np.geomspace(10.0, 1_000.0, 200)
    limits = class_limits(values, np.ones(200))
    assert limits == sorted(limits)
    assert all(10 < limit <= 1_000 for limit in limits)
    assert all(f"{limit:.0e}"[0] in "1235" for limit in limits)
    assert class_limits(np.array([np.nan, 0.0]), np.ones(2)) == []
    assert class_limits(np.full(5, 7.0), np.ones(5)) == []
    # two values: one limit above the lower is enough to part them
    limits = class_limits(np.array([1.0, 100.0]), np.ones(2))
    assert all(1 < limit <= 100 for limit in limits)
    assert limits


def test_class_labels_cover_all_values():
    assert class_labels([10.0, 2_000.0], 1, 5_000) == ["below 10", "10 to 2,000", "2,000 and more"]
    assert class_labels([], 3.0, 3.0) == ["3"]
    assert class_labels([], 3.0, 4.0) == ["3 to 4"]


def test_numbers_are_written_for_people():
    assert number(1_234_567.8) == "1,234,568"
    assert number(0.000012345) == "0.0000123"
    assert number(0.1 + 0.2) == "0.3"
    assert number(-1_500.0) == "-1,500"
    assert large(5.23e9) == "5,230 million"
    assert percent(0.4, 100) == "< 1"
    assert percent(1, 0) == number(np.nan)


def test_lines_are_broken_and_cut_to_measure():
    with plain_style():
        words = "A long source line " * 8
        assert all(width_of(line, 6.5) <= 2.0 for line in break_lines(words, 2.0, 6.5))
        assert " ".join(break_lines(words, 2.0, 6.5)) == words.strip()
        assert width_of(cut_short(words, 1.0, 7.5), 7.5) <= 1.0
        assert cut_short("short", 1.0, 7.5) == "short"


def test_links_of_no_extent(tmp_path):
    links, boundary, districts = small_city(n_links=3)
    links = links.set_geometry([LineString([(1, 1), (1, 1)])] * 3, crs=CRS)
    path = tmp_path / "a.png"
    draw_links_map(links, boundary, districts, path, column="co2_t", unit="t", **TEXTS)
    assert path.exists()


def test_a_small_change_is_not_written_as_none():
    changes = [change(part) for part in (3199.7, -1.06, -0.034, -0.001, 0.0)]
    minus = "\N{MINUS SIGN}"
    assert changes == ["+3,200 %", f"{minus}1.1 %", f"{minus}0.03 %", "0.0 %", "0.0 %"]
