"""Areas of the spectrum with zones, in one run and in two, and fleets under a ban."""

import numpy as np
import pandas as pd
import pytest

from transmod.model.access import find_banned, remove_types, replace_types
from transmod.model.area_pairs import pair_areas
from transmod.model.areas import Areas
from transmod.model.fleet import Fleet
from transmod.model.road import area_shares
from transmod.model.rows import Rows

DISTRICTS = ("east", "west", "no_district")


def test_rows_of_a_link_go_to_the_areas_of_its_zone():
    areas = Areas(DISTRICTS, ("", "LEZ"), np.array([0, 1, 0]))
    rows = Rows(
        link=np.array([0, 1, 1, 2]), area=np.array([0, 0, 1, 2]), fraction=np.ones(4),
        of_piece=np.arange(4),
    )  # fmt: skip
    assert areas.cut(rows).area.tolist() == [0, 3, 4, 2]
    assert areas.district_ids == [*DISTRICTS, *DISTRICTS]
    assert areas.zone_names == ["", "", "", "LEZ", "LEZ", "LEZ"]
    assert Areas(DISTRICTS).cut(rows) is rows


def test_rows_of_a_spectrum_are_found_in_their_areas():
    areas = Areas(DISTRICTS, ("", "LEZ"))
    table = pd.DataFrame(
        {"district_id": ["west", "west", "north"], "zone": ["", "LEZ", ""]}, dtype="category"
    )
    assert areas.find(table).tolist() == [1, 4, -1]
    assert Areas(DISTRICTS).find(table[["district_id"]]).tolist() == [1, 1, -1]


def test_each_area_has_the_fleet_of_its_zone_and_district():
    plain, own, zone, both = (np.full((1, 2), value) for value in (0.1, 0.2, 0.3, 0.4))
    fleet = Fleet(
        "mix", (("car", "all"),), ("a", "b"), plain, {"west": own}, (),
        zone_share={("LEZ", ""): zone, ("LEZ", "west"): both},
    )  # fmt: skip
    areas = Areas(DISTRICTS, ("", "LEZ"))
    shares, which = area_shares(fleet, areas.district_ids, areas.zone_names)
    assert shares[which][:, 0, 0].tolist() == [0.1, 0.2, 0.1, 0.3, 0.4, 0.3]
    with pytest.raises(KeyError):
        fleet.share_in("east", "another")


def spectrum(**vkm):
    """Return a spectrum of rows `district_zone`."""
    names = [name.split("_") for name in vkm]
    frame = {"district_id": [d for d, _ in names], "zone": [z for _, z in names]}
    return pd.DataFrame(frame | {"vkm": list(vkm.values())})


def test_runs_with_the_same_zones_are_compared_zone_by_zone():
    a, b = spectrum(west_=6.0, west_LEZ=2.0), spectrum(west_=6.0, west_LEZ=1.0, east_=3.0)
    pairs = pair_areas(a, b)
    assert pairs.places == (
        ("east", ("", "")), ("west", ("", "")), ("west", ("LEZ", "LEZ")),
    )  # fmt: skip
    assert (pairs.part == 1.0).all()


def test_a_run_without_zones_drives_in_them_as_the_other_does():
    a = spectrum(west_=8.0, east_=4.0).drop(columns="zone")
    b = spectrum(west_=3.0, west_LEZ=1.0)
    pairs = pair_areas(a, b)
    assert pairs.places == (
        ("east", ("", "")), ("west", ("", "")), ("west", ("", "LEZ")),
    )  # fmt: skip
    laid = pairs.lay(np.array([4.0, 8.0]), 0)  # east, west
    assert laid.tolist() == [4.0, 6.0, 2.0]
    assert pairs.lay(np.array([3.0, 1.0]), 1).tolist() == [0.0, 3.0, 1.0]
    assert pairs.find(a, 0).tolist() == [1, 0]


def test_runs_with_other_zones_keep_the_sums_of_districts():
    a, b = spectrum(west_=6.0, west_old=2.0), spectrum(west_=1.0, west_new=3.0)
    pairs = pair_areas(a, b)
    assert len(pairs.places) == 4
    assert pairs.lay(np.array([6.0, 2.0]), 0).sum() == pytest.approx(8.0)
    assert pairs.lay(np.array([1.0, 3.0]), 1).sum() == pytest.approx(4.0)


TYPES = pd.DataFrame(
    {
        "vehicle_type": ["a", "b", "c"],
        "emission_standard": ["euro3", "euro5", "euro3"],
        "fuel": ["petrol", "petrol", "diesel"],
    }
)
SHARE = np.array([[0.5, 0.25, 0.25], [1.0, 0.0, 0.0]])


def test_a_run_that_does_not_drive_need_not_have_the_zones_of_the_other():
    a = spectrum(west_=3.0, west_LEZ=1.0)
    pairs = pair_areas(a, a.iloc[:0])
    assert pairs.places == (("west", ("", "")), ("west", ("LEZ", "")))
    np.testing.assert_array_equal(pairs.lay(np.array([3.0, 1.0]), 0), [3.0, 1.0])
    np.testing.assert_array_equal(pairs.lay(np.zeros(0), 1), [0.0, 0.0])


def test_a_type_is_banned_that_has_all_that_is_named():
    banned = find_banned(["c", "a", "b"], TYPES, {"emission_standard": ["euro3"], "fuel": None})
    assert banned.tolist() == [True, True, False]
    banned = find_banned(
        ["c", "a", "b"], TYPES, {"emission_standard": ["euro3"], "fuel": ["petrol"]}
    )
    assert banned.tolist() == [False, True, False]


def test_what_is_removed_leaves_the_rest_as_it_was():
    banned = np.array([True, False, False])
    left = remove_types(SHARE, banned, np.array([0.5, 1.0]))
    np.testing.assert_allclose(left[0], [0.25 / 0.75, 0.25 / 0.75, 0.25 / 0.75])
    assert left[1].tolist() == [1.0, 0.0, 0.0]  # of nothing


def test_what_is_replaced_goes_to_the_others_as_they_drive():
    banned = np.array([True, False, False])
    new = replace_types(SHARE, banned, np.array([0.5, 0.0]))
    np.testing.assert_allclose(new[0], [0.25, 0.375, 0.375])
    assert new[1].tolist() == [1.0, 0.0, 0.0]
