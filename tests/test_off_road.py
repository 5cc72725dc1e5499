"""Off-road machines: a forklift by hand, places, faults."""

from pathlib import Path

import pytest
import small_run
from pyproj import Transformer

import transmod
from transmod.errors import InputError
from transmod.inputs.ground_factors import MACHINES, read_machine_factors
from transmod.inputs.network import read_network
from transmod.inputs.off_road import read_machines
from transmod.inputs.tables import read_csv
from transmod.model.grid_power import GridPower
from transmod.model.off_road import off_road_emissions

MOVEMENTS = Path(transmod.__file__).parents[1] / "vehicle_profiles" / "movements"
FACTORS = read_machine_factors(MOVEMENTS)
POWER = GridPower(kg_per_kwh=0.5, loss_share=0.05, notes=())
HEADER = (
    "site,machine,fuel,fuel_t,kwh,number,power_kw,hours,load_factor,consumption_g_kwh,longitude,"
    "latitude,district_id"
)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return read_network(small_run.write_city(tmp_path_factory.mktemp("city") / "small"))


def read(tmp_path, network, *rows):
    path = tmp_path / "machines.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return read_machines(path, FACTORS, network)


def compute(tmp_path, network, *rows):
    return off_road_emissions(read(tmp_path, network, *rows), FACTORS, POWER)


def degrees(x, y):
    """Return longitude and latitude of a point of the small city, as text."""
    back = Transformer.from_crs(small_run.CRS, 4326, always_xy=True)
    lon, lat = back.transform(small_run.ORIGIN[0] + x, small_run.ORIGIN[1] + y)
    return f"{lon},{lat}"


def test_forklifts_by_hand(tmp_path, network):
    """
    4 x 80 kW x 1,000 h x 0.30 are 96,000 kWh of work; at 223 g/kWh 21.408 t of diesel.

    At 43.0 MJ/kg 0.920544 TJ, with 74.1 t of CO2 and 28.6 kg of N2O a TJ; 32.629 g NOx a kg.
    """
    result = compute(tmp_path, network, "Port,forklift,diesel,,,4,80,1000,,,,,west")
    mass = result.emissions.set_index("pollutant")["mass_t"]
    assert result.energy["energy_tj"].item() == pytest.approx(0.920544)
    assert mass["co2"] == pytest.approx(0.920544 * 74.1)
    assert mass["n2o"] == pytest.approx(0.920544 * 28.6e-3)
    assert mass["nox"] == pytest.approx(21.408 * 32.629e-3)
    rows = result.emissions[["activity", "subsector", "location", "district_id", "vehicle_type"]]
    assert rows.drop_duplicates().to_numpy().tolist() == [
        ["off_road_fuel", "off_road", "district", "west", "forklift"]
    ]


def test_electric_tractors_by_hand(tmp_path, network):
    """2 x 50 kW x 200 h x 0.55 are 11,000 kWh of work, 13,200 kWh at the meter: 6.6 t of CO2."""
    result = compute(tmp_path, network, "Apron,baggage_tractor,electricity,,,2,50,200,,,,,")
    mass = result.emissions.set_index("activity")["mass_t"]
    assert mass["off_road_electricity"] == pytest.approx(6.6)
    assert mass["off_road_grid_losses"] == pytest.approx(6.6 * 0.05 / 0.95)
    assert result.energy["energy_tj"].item() == pytest.approx(0.04752)
    assert set(result.emissions["location"]) == {"unallocated"}
    assert "1 of 1 rows of off-road machines name no place" in result.notes[0]


@pytest.mark.parametrize(
    ("point", "district"),
    [((500, 500), "west"), ((1500, 500), "east"), ((1500, 950), "no_district")],
)
def test_a_point_is_in_the_district_it_lies_in(tmp_path, network, point, district):
    result = compute(tmp_path, network, f"Port,crane,diesel,3,,,,,,,{degrees(*point)},")
    assert set(result.emissions["location"]) == {"point"}
    assert set(result.emissions["district_id"]) == {district}


def test_own_figures_go_before_published_ones(tmp_path, network):
    row = "Port,dredger,diesel,,,1,500,100,0.7,200,,,"
    result = compute(tmp_path, network, row)
    assert result.energy["energy_tj"].item() == pytest.approx(500 * 100 * 0.7 * 200e-9 * 43.0)


def test_what_is_not_published_is_not_estimated(tmp_path, network):
    mass = compute(tmp_path, network, "Port,forklift,lpg,3,,,,,,,,,").emissions
    mass = mass.set_index("pollutant")["mass_t"]
    assert mass["co2"] == pytest.approx(3 * 47.3 * 63.1e-3)
    assert mass.drop("co2").isna().all()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("Port,crane,diesel,,,,,,,,,,", "must have either what they took"),
        ("Port,forklift,diesel,3,,2,80,100,,,,,", "must have either what they took"),
        ("Port,forklift,diesel,,,2,80,,,,,,", "or all of `number`, `power_kw`, `hours`: 1 of 1"),
        ("Port,forklift,diesel,,900,,,,,,,,", "`kwh` if their fuel is electricity"),
        ("Port,forklift,electricity,3,,,,,,,,,", "`kwh` if their fuel is electricity"),
        ("Port,fork lift,diesel,,,2,80,100,,,,,", "Did you mean 'forklift'"),
        ("Port,forklift,coal,3,,,,,,,,,", "be one of diesel, petrol, lpg, electricity"),
        ("Port,forklift,diesel,3,,,,,,,-71.27,,", "longitude and latitude, or neither"),
        ("Port,forklift,diesel,3,,,,,,,0,0,", "must work inside the boundary: 1 of 1"),
        ("Port,forklift,diesel,3,,,,,,,,,north", "Districts: east, west, no_district"),
        (f"Port,forklift,diesel,3,,,,,,,{degrees(9, 9)},west", "or a district, not both"),
    ],
)
def test_bad_machines(tmp_path, network, row, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, network, row)


def test_without_a_network_the_rest_is_checked(tmp_path):
    assert read(tmp_path, None, "Port,forklift,diesel,3,,,,,,,,,north") is None
    with pytest.raises(InputError, match="either what they took"):
        read(tmp_path, None, "Port,crane,diesel,,,,,,,,,,")


def test_every_figure_names_a_source_that_is_known():
    known = set(read_csv(MOVEMENTS / "sources.csv")["source"])
    tables = [*MOVEMENTS.glob("rail_*.csv"), *MOVEMENTS.glob("off_road_*.csv")]
    assert len(tables) == 5
    for path in tables:
        assert set(read_csv(path)["source"]) <= known, path.name
    assert MACHINES.name in {path.name for path in tables}
