"""
One link, one class, one hour: worked on paper to the gram, found again in the result files.

100 cars (petrol, medium, Euro 5, direct injection) drive 500 m of an urban primary road at 50 km/h,
from 8 to 9 on a working day: 100 x 0.5 km = 50 veh km, in 50 / 50 = 1 veh h.

The published rows are (a v^2 + b v + c + d / v) / (e v^2 + f v + g), at v = 50 km/h:

    energy  (0.00013172301 x 2500 + 0.0054859593 x 50 + 2.6191951 + 1.7277461e-9 / 50)
            / (-8.5041501e-5 x 2500 + 0.023584384 x 50 + 0.34429758)
            = 3.22280059003 / 1.3109130275                             = 2.45843966947 MJ/km
            x 50 km                                                     = 122.921983474 MJ
    CO2     69.3 g/MJ (IPCC 2006, motor gasoline)                       = 8518.49345473 g
    SO2     122.921983474 MJ / 44.3 MJ/kg = 2.77476260 kg of petrol,
            with 10 mg/kg of sulphur, each gram of it 2 g of SO2        = 0.0554952521 g
    CO      (0.00044526581 x 2500 - 0.10207593 x 50 + 6.8769282 + 10.383849 / 50)
            / (0.001621048 x 2500 - 0.43756306 x 50 + 30.337333)
            = 3.093973205 / 12.5118 = 0.247284419908 g/km               = 12.3642209954 g
    NOx     4.598758322 / 186.9039683 = 0.0246049260689 g/km            = 1.23024630344 g
    CH4     urban, peak: 2.87 / 1000 g/km                               = 0.1435 g
    NMVOC   VOC 0.02287769465 / 4.00989255 = 0.00570531363739 g/km less CH4 = 0.14176568187 g
    PM      exhaust 0.003328901595 / 2.447993425 = 0.00135984907517 g/km = 0.0679924537583 g
    N2O     urban, at 100,000 km: 0.0024 x (7.83e-7 x 1e5 + 0.861) = 0.00225432 g/km = 0.112716 g
    NH3     urban, at 100,000 km: 0.0041 x (1.73e-6 x 1e5 + 0.955) = 0.0046248 g/km = 0.23124 g
    tyre    0.0107 g/km x (1.78 - 0.00974 x 50 = 1.293) = 0.0138351 g/km, 0.691755 g:
            60 % PM10, 42 % PM2.5, 10 % BC
    brake   0.0075 g/km x (2.75 - 0.027 x 50 = 1.4) = 0.0105 g/km, 0.525 g: 98 %, 39 %, 10 %
    road    0.015 g/km, 0.75 g: 50 % PM10, 27 % PM2.5; its BC has no factor
    BC      15 % of exhaust particles                                   = 0.0101988680637 g
    NO2     3 % of NOx                                                  = 0.0369073891032 g
    lead    122.921983474 MJ x 0.0367 ug/MJ                             = 4.5112367935e-6 g
    oil     0.6188 g/km of CO2                                          = 30.94 g

    CO2e    AR5: 8518.49345473 + 28 x 0.1435 + 265 x 0.112716           = 8552.38119473 g,
            with the oil 8583.32119473 g; CO2 8549.43345473 g
    energy  122.921983474 MJ / 29307.6 MJ/tce                           = 0.00419420162 tce
"""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import small_run
import xarray as xr

from transmod.run import run

GRAMS = {
    ("hot", "co2"): 8518.49345473,
    ("hot", "so2"): 0.0554952521,
    ("hot", "co"): 12.3642209954,
    ("hot", "nox"): 1.23024630344,
    ("hot", "ch4"): 0.1435,
    ("hot", "nmvoc"): 0.14176568187,
    ("hot", "pm10"): 0.0679924537583,
    ("hot", "pm2_5"): 0.0679924537583,
    ("hot", "bc"): 0.0101988680637,
    ("hot", "n2o"): 0.112716,
    ("hot", "nh3"): 0.23124,
    ("hot", "no2"): 0.0369073891032,
    ("hot", "pb"): 4.5112367935e-6,
    ("lubricant", "co2"): 30.94,
    ("tyre", "pm10"): 0.415053,
    ("tyre", "pm2_5"): 0.2905371,
    ("tyre", "bc"): 0.0691755,
    ("brake", "pm10"): 0.5145,
    ("brake", "pm2_5"): 0.20475,
    ("brake", "bc"): 0.0525,
    ("road_surface", "pm10"): 0.375,
    ("road_surface", "pm2_5"): 0.2025,
}
NEAR = {"rel": 1e-9}


def one_link(root, speed, types):
    """Compute a run of one link of 500 m with 100 cars an hour and return its results folder."""
    links = small_run.lay_links([(0, [(100, 500), (600, 500)], "primary", True, 1, 60, 0.0)])
    folder = small_run.build(
        root,
        links=links,
        volumes={"car": {0: 100.0}},
        traffic={"speed": "given"},
        outputs=["accounts", "links", "grid"],
    )
    network = root / "networks" / "small"
    small_run.write_volumes(
        folder / "input" / "volumes.parquet",
        network,
        volumes={"car": {0: 100.0}},
        speeds={"car": {0: speed}},
    )
    small_run.write_fleet(folder / "input" / "fleet.csv", types)
    run(folder)
    return folder / "results"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    root = tmp_path_factory.mktemp("by_hand")
    return one_link(root, 50.0, [("car", "car_petrol_medium_euro5_gdi", 1.0)])


def test_ledger(results):
    ledger = pd.read_parquet(results / "ledger.parquet")
    found = ledger.set_index(["process", "pollutant"])["mass_t"] * 1e6
    assert found.pop(("road_surface", "bc")) is not None
    assert np.isnan(ledger.loc[ledger["notation_key"] == "NE", "mass_t"]).all()
    assert found.to_dict() == pytest.approx(GRAMS, **NEAR)
    for name, only in (
        ("item", "inventory"), ("location", "link"), ("district_id", "west"), ("scope", 1),
        ("vehicle_type", "car_petrol_medium_euro5_gdi"), ("gpc_ref", "II.1.1"),
    ):  # fmt: skip
        assert set(ledger[name]) == {only}
    assert set(ledger.loc[ledger["process"] == "hot", "fuel"]) == {"petrol"}


def test_energy_and_activity(results):
    energy = pd.read_parquet(results / "energy.parquet").iloc[0]
    assert energy["energy_tj"] == pytest.approx(122.921983474e-6, **NEAR)
    assert energy["energy_tce"] == pytest.approx(0.00419420162, rel=1e-8)
    activity = pd.read_parquet(results / "activity.parquet")
    assert activity[["vkm", "vehicle_h"]].to_numpy().tolist() == [[50.0, 1.0]]
    assert activity["road_type"].tolist() == ["urban_peak"]
    spectrum = pd.read_parquet(results / "spectrum.parquet")
    # 50.0 km/h is node 500; gradient 0 and 50 km/h lie on nodes, so one row holds all
    assert spectrum[["gradient", "speed_node", "vkm"]].to_numpy().tolist() == [[0.0, 500.0, 50.0]]


def test_inventory_and_totals(results):
    inventory = pd.read_csv(results / "inventory.csv").set_index("activity")
    fuel = inventory.loc["road_fuel"]
    assert fuel["co2_t"] == pytest.approx(8518.49345473e-6, **NEAR)
    assert fuel["co2e_t"] == pytest.approx(8552.38119473e-6, **NEAR)
    assert fuel["vkm"] == 50.0
    assert inventory.loc[["road_wear"], "co2_t"].isna().all()
    totals = json.loads((results / "manifest.json").read_text())["totals"]
    assert totals["co2e_t"] == pytest.approx(8583.32119473e-6, **NEAR)
    # exhaust, tyre, brake, road
    pm10 = 0.0679924537583 + 0.415053 + 0.5145 + 0.375
    assert totals["pm10_t"] == pytest.approx(pm10 / 1e6, **NEAR)


def test_link_and_cells(results):
    (link,) = gpd.read_parquet(results / "links.parquet").itertuples()
    assert (link.district_id, link.length_m, link.vkm, link.speed_kmh) == ("west", 500, 50, 50)
    assert link.co2_t == pytest.approx(8549.43345473e-6, **NEAR)
    # from x = 100 to 600 m in cells of 250 m: 150, 250 and 100 of 500 m
    pieces = pd.read_parquet(results / "pieces.parquet")
    assert pieces["fraction"].tolist() == pytest.approx([0.3, 0.5, 0.2], **NEAR)
    with xr.open_dataset(results / "grid.nc") as grid:
        masses = grid["co2"].to_numpy()
        cells = grid["cell_id"].to_numpy()
        found = {cell: masses[cells == cell].item() for cell in pieces["cell_id"]}
    expected = [8549.43345473e-6 * share for share in (0.3, 0.5, 0.2)]
    assert list(found.values()) == pytest.approx(expected, **NEAR)
    assert np.nansum(masses) == pytest.approx(sum(expected), **NEAR)


def test_battery_car(tmp_path):
    """
    Battery electric, medium: 0.09410939 + 1.58246674 / 50 + 1.095e-5 x 2500 = 0.1531337248 kWh/km
    of battery; / 0.88 from the grid, x 50 km = 8.70077981818 kWh, at 0.3 kg/kWh 2610.23394545 g
    """
    results = one_link(tmp_path, 50.0, [("car", "car_bev_medium", 1.0)])
    ledger = pd.read_parquet(results / "ledger.parquet")
    grid = ledger[ledger["scope"] == 2]
    assert grid[["process", "pollutant", "gpc_ref", "in_total"]].to_numpy().tolist() == [
        ["electricity", "co2", "II.1.2", False]
    ]
    assert grid["mass_t"].tolist() == pytest.approx([2610.23394545e-6], **NEAR)
    assert "hot" not in set(ledger["process"])
    (link,) = gpd.read_parquet(results / "links.parquet").itertuples()
    assert link.electricity_mwh == pytest.approx(8.70077981818e-3, **NEAR)
    totals = json.loads((results / "manifest.json").read_text())["totals"]
    assert totals["scope_2"]["co2_t"] == pytest.approx(2610.23394545e-6, **NEAR)
    assert "co2_t" not in totals
    assert totals["energy_tj"] == 0.0
