"""Curves of vehicle profiles as a figure."""

import numpy as np
import pytest
from matplotlib.image import imread
from profile_set import FOLDER, shipped
from typer.testing import CliRunner

from transmod.cli import app
from transmod.errors import InputError
from transmod.model.curve_lines import gather_lines
from transmod.model.curves import evaluate
from transmod.outputs.curves import MOST_LINES, type_label
from transmod.profile_plot import MAIN_TYPES, plot_profiles

CAR = "car_petrol_medium_euro6d_gdi_gpf"
TRUCK = "articulated_diesel_34_40t_euro6de_dpf_scr"


@pytest.fixture(autouse=True)
def _read_once(monkeypatch):
    monkeypatch.setattr("transmod.profile_plot.recall_profiles", lambda folder: shipped())


def test_a_line_is_the_published_curve_inside_its_range_and_held_outside():
    (line,) = gather_lines(shipped(), [CAR], ["nox"])
    row = shipped().hot.query("segment == @CAR and quantity == 'nox'")
    inside = (line.speed_kmh >= line.low_kmh) & (line.speed_kmh <= line.high_kmh)
    twin = evaluate(row, line.speed_kmh[None, inside])[0]
    np.testing.assert_allclose(line.value[inside], np.maximum(twin, 0.0), rtol=1e-12)
    (truck,) = gather_lines(shipped(), [TRUCK], ["energy"])
    beyond = truck.value[truck.speed_kmh >= truck.high_kmh]
    assert truck.high_kmh < 90
    assert (beyond == beyond[0]).all()


def test_a_battery_has_energy_from_the_grid_and_no_line_of_exhaust():
    lines = gather_lines(shipped(), ["car_bev_medium"], ["energy", "nox"])
    assert [line.name for line in lines] == ["energy"]
    assert lines[0].value.min() > 0.3  # MJ/km


def test_main_types_are_in_the_shipped_sets():
    assert {t for t in MAIN_TYPES if "china" not in t} <= set(shipped().types["vehicle_type"])


def test_figure_of_the_main_types(tmp_path):
    drawn = plot_profiles(FOLDER, tmp_path / "a.png")
    assert f"emep_eea_2019: {CAR}" in drawn
    image = imread(tmp_path / "a.png")
    assert image.shape[1] > 1000
    assert (image[..., :3].std(axis=(0, 1)) > 0.02).all()


def test_same_bytes_each_time(tmp_path):
    for name in ("a.png", "b.png"):
        plot_profiles(FOLDER, tmp_path / name, types=[CAR], pollutant="nox")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_second_set_beside(tmp_path):
    drawn = plot_profiles(FOLDER, tmp_path / "a.png", types=[CAR], pollutant="co", against=FOLDER)
    assert drawn == [f"emep_eea_2019: {CAR}"]


def test_all_faults_at_once(tmp_path):
    with pytest.raises(InputError) as caught:
        plot_profiles(FOLDER, tmp_path / "a.pdf", pollutant="soot")
    assert len(caught.value.faults) == 2
    with pytest.raises(InputError, match=r"'hovercraft\*' finds none"):
        plot_profiles(FOLDER, tmp_path / "a.png", types=["hovercraft*"])
    with pytest.raises(InputError, match=rf"at most {MOST_LINES} .* are cars"):
        plot_profiles(FOLDER, tmp_path / "a.png", types=["car_*"])
    with pytest.raises(InputError, match="none of car_bev_medium has"):
        plot_profiles(FOLDER, tmp_path / "a.png", types=["car_bev_medium"], pollutant="nox")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "label"),
    [
        (CAR, "Medium petrol Euro 6d, GDI+GPF"),
        (TRUCK, "Artic 34\N{EN DASH}40 t diesel Euro VI D/E, DPF+SCR"),
        ("car_bev_medium", "Medium battery"),
        ("bus_cng_standard_eev", "Standard CNG EEV"),
    ],
)
def test_types_in_words(name, label):
    assert type_label(shipped().types.set_index("vehicle_type").loc[name]) == label


def test_command(tmp_path):
    out = tmp_path / "a.png"
    run = CliRunner().invoke(app, ["profiles", "plot", "--types", CAR, "--out", str(out)])
    assert run.exit_code == 0
    assert str(out) in run.output.replace("\n", "")
    assert out.is_file()
