"""Fuels: families that are never mixed, and biofuels blended by volume."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from profile_set import narrow, shipped

from transmod.errors import InputError
from transmod.model.blends import Blend, choose_fuels, energy_share, mix_by_volume
from transmod.model.factor_table import build_factors
from transmod.model.service import Service
from transmod.schema import GRADIENT_NODES, ROAD_TYPES

FLAT = GRADIENT_NODES.index(0.0)
PETROL = "car_petrol_medium_euro4_pfi"
DIESEL = "car_diesel_medium_euro5_dpf"
ENERGY, CO2, BIOGENIC = ("hot", "energy"), ("hot", "co2"), ("hot", "co2_biogenic")
FAMILIES = ("ipcc_2006", "china_guideline", "china_db2")


def value(factors, vehicle_type, quantity, speed=50):
    j = factors.types["vehicle_type"].tolist().index(vehicle_type)
    q = factors.quantities.index(quantity)
    row = factors.index[j, q, ROAD_TYPES.index("rural"), FLAT]
    return factors.curve[row, round(speed * 10)]


def built(vehicle_type=PETROL, profiles=None, **service):
    return build_factors(
        profiles or narrow(vehicle_type), [vehicle_type], year=2022, service=Service(**service)
    )


def fuel(name, family=None):
    profiles, _ = choose_fuels(shipped(), family)
    return profiles.fuels.set_index("fuel").loc[name]


def test_the_set_has_three_families():
    assert shipped().fuel_family == "ipcc_2006"
    assert sorted(shipped().fuel_families) == ["china_db2", "china_guideline"]


# tC/TJ, share oxidised, calorific value [MJ/kg], published kg CO2/kg
@pytest.mark.parametrize(
    ("family", "name", "carbon", "oxidised", "ncv", "kg_per_kg"),
    [
        ("ipcc_2006", "petrol", 18.9, 1.0, 44.3, 3.07),
        ("ipcc_2006", "diesel", 20.2, 1.0, 43.0, 3.1863),
        ("china_guideline", "petrol", 18.9, 0.98, 43.07, 2.9251),
        ("china_guideline", "diesel", 20.2, 0.98, 42.652, 3.0959),
        ("china_guideline", "lpg", 17.2, 0.98, 50.179, 3.1013),
        ("china_db2", "diesel", 20.480956, 0.99, 42.652, 3.171),
    ],
)
def test_carbon_of_each_family_by_hand(family, name, carbon, oxidised, ncv, kg_per_kg):
    row = fuel(name, family)
    # IPCC rounds to three digits: 18.9 x 44/12 = 69.3, 20.2 x 44/12 = 74.07, published as 74.1
    near = 5e-4 if family == "ipcc_2006" else 1e-9
    assert row["co2_g_mj"] == pytest.approx(carbon * oxidised * 44 / 12, rel=near)
    assert row["ncv_mj_kg"] == ncv
    assert row["co2_g_mj"] * ncv / 1e3 == pytest.approx(kg_per_kg, rel=5e-5)


def test_coal_equivalents_as_published():
    # GB/T 2589: petrol 1.4714 kgce/kg is 43.07 MJ/kg over 29.271 MJ, not 29.3076
    assert fuel("petrol", "china_guideline")["coal_kgce_kg"] == pytest.approx(
        43.070 / 29.271, rel=1e-4
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_co2_over_energy_is_the_factor_of_the_family(family):
    factors = built(DIESEL, fuels=family)
    for speed in (15, 50, 110):
        assert value(factors, DIESEL, CO2, speed) == pytest.approx(
            fuel("diesel", family)["co2_g_mj"] * value(factors, DIESEL, ENERGY, speed), rel=1e-15
        )


@pytest.mark.parametrize("change", [0.5, 0.9, 1.7])
def test_no_calorific_value_has_a_say_in_co2(change):
    # neither one of another family, nor the family's own: MJ to CO2 never passes through mass
    profiles = narrow(PETROL)
    for family in FAMILIES[:2]:
        before = value(built(fuels=family), PETROL, CO2)
        others = {
            name: table.assign(ncv_mj_kg=table["ncv_mj_kg"] * change)
            for name, table in profiles.fuel_families.items()
        }
        own = profiles.fuels.assign(ncv_mj_kg=profiles.fuels["ncv_mj_kg"] * change)
        other = dataclasses.replace(profiles, fuels=own, fuel_families=others)
        assert value(built(profiles=other, fuels=family), PETROL, CO2) == before


def test_another_family_changes_nothing_at_all():
    profiles = narrow(PETROL)
    others = {
        name: table.assign(co2_g_mj=1.0, ncv_mj_kg=1.0, sulphur_mg_kg=0.0)
        for name, table in profiles.fuel_families.items()
    }
    other = dataclasses.replace(profiles, fuel_families=others)
    blends = {"petrol": "E10"}
    here, there = built(blends=blends), built(profiles=other, blends=blends)
    assert (here.curve == there.curve).all()


def test_energy_is_the_same_in_every_family():
    energy = {value(built(DIESEL, fuels=family), DIESEL, ENERGY) for family in FAMILIES}
    assert len(energy) == 1


def test_a_fuel_that_a_family_lacks_is_not_taken_from_another():
    with pytest.raises(
        InputError, match=r"petrol of 1 vehicle types, .* china_guideline, ipcc_2006"
    ):
        built(fuels="china_db2")


def test_e10_by_hand():
    # a litre of E10: 0.1 * 0.778 kg * 27 MJ/kg = 2.1006 MJ of ethanol,
    # 0.9 * 0.745 kg * 44.3 MJ/kg = 29.70315 MJ of petrol: 6.6050 % of the energy
    share = 2.1006 / (2.1006 + 29.70315)
    factors = built(blends={"petrol": "E10"})
    energy = value(factors, PETROL, ENERGY)
    assert value(factors, PETROL, CO2) == pytest.approx((1 - share) * 69.3 * energy, rel=1e-12)
    assert value(factors, PETROL, BIOGENIC) == pytest.approx(share * 70.76 * energy, rel=1e-12)
    assert any("0.1 of ethanol by volume, 0.06605 by energy" in note for note in factors.notes)


def test_b5_by_hand():
    # 0.05 * 0.892 * 37 = 1.6502 MJ of FAME, 0.95 * 0.84 * 43 = 34.314 MJ of diesel: 4.5886 %
    share = 1.6502 / (1.6502 + 34.314)
    factors = built(DIESEL, blends={"diesel": "B5"})
    assert value(factors, DIESEL, BIOGENIC) == pytest.approx(
        share * 76.22 * value(factors, DIESEL, ENERGY), rel=1e-12
    )


def test_biofuels_by_formula():
    # kg CO2 per kg: ethanol 2 * 44.0095 / 46.0684, methyl oleate 19 * 44.0095 / 296.49,
    # heptadecane 17 * 44.0095 / 240.47
    rows = shipped().biofuels.set_index("biofuel")
    for name, kg in (("ethanol", 1.91062), ("fame", 2.82027), ("hvo", 3.11122)):
        assert rows.loc[name, "co2_biogenic_g_mj"] == pytest.approx(
            1e3 * kg / rows.loc[name, "ncv_mj_kg"], abs=0.006
        )


@given(st.floats(0.0, 1.0))
def test_carbon_of_a_litre_is_conserved(volume_share):
    fossil, bio = fuel("petrol"), shipped().biofuels.set_index("biofuel").loc["ethanol"]
    blend = mix_by_volume(fossil, bio, volume_share)
    in_parts = volume_share * bio["density_kg_l"] * bio["ncv_mj_kg"] * bio["co2_biogenic_g_mj"]
    in_parts += (
        (1 - volume_share) * fossil["density_kg_l"] * fossil["ncv_mj_kg"] * fossil["co2_g_mj"]
    )
    energy = blend["density_kg_l"] * blend["ncv_mj_kg"]
    carbon = (blend["co2_g_mj"] + blend["co2_biogenic_g_mj"]) * energy
    assert carbon == pytest.approx(in_parts, rel=1e-12)


def test_fossil_co2_is_linear_in_the_fossil_share_of_energy():
    fossil, bio = fuel("petrol"), shipped().biofuels.set_index("biofuel").loc["ethanol"]
    for volume_share in (0.0, 0.1, 0.5, 1.0):
        blend = {"petrol": Blend("ethanol", volume_share)}
        share = energy_share(fossil, bio, volume_share)
        assert value(built(blends=blend), PETROL, CO2) == pytest.approx(
            (1 - share) * value(built(), PETROL, CO2), rel=1e-12, abs=1e-12
        )


def test_a_blend_leaves_energy_and_other_fuels_alone():
    plain, mixed = built(DIESEL), built(DIESEL, blends={"petrol": "E10"})
    assert (plain.curve == mixed.curve).all()
    assert value(built(), PETROL, ENERGY) == value(built(blends={"petrol": "E85"}), PETROL, ENERGY)


def test_an_own_blend_in_another_family():
    factors = built(fuels="china_guideline", blends={"petrol": Blend("ethanol", 0.1)})
    share = 2.1006 / (2.1006 + 0.9 * 0.745 * 43.07)
    assert value(factors, PETROL, CO2) == pytest.approx(
        (1 - share) * 18.9 * 0.98 * 44 / 12 * value(factors, PETROL, ENERGY), rel=1e-12
    )


@pytest.mark.parametrize(
    ("service", "message"),
    [
        ({"fuels": "china"}, "`profiles.fuels` must be one of china_db2, china_guideline, ipcc"),
        ({"blends": {"petrol": "E11"}}, "'E11' found. Given: E10, E5, E85"),
        ({"blends": {"petroleum": Blend("ethanol", 0.1)}}, "'petroleum' found. Given: biodiesel"),
        ({"blends": {"electricity": Blend("ethanol", 0.1)}}, "must name fuels of the family"),
        ({"blends": {"petrol": Blend("ethanole", 0.1)}}, "'ethanole' found. Given: ethanol, fame"),
        ({"blends": {"petrol": Blend("ethanol", 10)}}, r"must be >= 0 and <= 1 \[-\]: 10 found"),
        ({"blends": {"cng": Blend("ethanol", 0.1)}}, "`density_kg_l` of cng in the family"),
    ],
)
def test_fuels_that_make_no_sense(service, message):
    with pytest.raises(InputError, match=message):
        built(**service)


def test_all_faults_of_blends_at_once():
    blends = {"petrol": "E11", "diesel": Blend("nothing", 0.1), "coal": Blend("ethanol", 0.1)}
    with pytest.raises(InputError) as caught:
        built(blends=blends)
    assert len(caught.value.faults) == 3
