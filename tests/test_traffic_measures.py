"""Measures of traffic on the small city: hand-worked numbers, laws, and what is refused."""

import re
from dataclasses import replace

import numpy as np
import pytest
from shapely import box
from small_measures import OLD, build_town, count, write_zone
from small_run import FLEET, write_daily, write_fleet, write_volumes

from transmod.errors import InputError
from transmod.inputs.volumes import Volumes

CAR, TRUCK, BUS = 0, 1, 2  # streams in the order of the schema
CLASSES = ("car", "taxi", "coach")
COACHES = (("coach", "coach_diesel_standard_euro6abc_dpf_scr", 1.0),)
DAILY = {"traffic": {"kind": "aadt", "volumes": "input/daily.parquet"}, "period": "year"}
MIX = {"fleet": {"mix": "input/mixed.csv"}}
PERSONS = {"fleet": {"occupancy": {"car": 1.5, "bus": 20.0}}}
ZONE = {"zone": "input/zone.geojson"}  # links 2, 5, 6 and, by their midpoints, 0 and 1


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    town = build_town(tmp_path_factory.mktemp("town"))
    write_zone(town.run / "input" / "zone.geojson", box(-50, -50, 1100, 1050))
    write_zone(town.run / "input" / "far.geojson", box(9000, 9000, 9500, 9500))
    network = town.run / "../../networks/small"
    write_volumes(town.run / "input/built.parquet", network, volumes={"car": {6: 50.0}})
    with_taxis = {"car": {6: 50.0}, "taxi": {6: 5.0}}
    write_volumes(town.run / "input/taxis.parquet", network, volumes=with_taxis)
    more = (("taxi", "taxi_petrol_medium_euro3_gdi", 1.0), *COACHES)
    write_fleet(town.run / "input/more.csv", (*FLEET, *more))
    write_volumes(town.run / "input/other.parquet", network, volumes={"car": {7: 60.0}})
    write_daily(town.run / "input/built_daily.parquet", network, volumes={"car": {6: 50.0}})
    return town


def faults_of(town, *measures, **tables):
    with pytest.raises(InputError) as caught:
        town.change(*measures, **tables)
    return "\n".join(caught.value.faults)


@pytest.fixture(scope="module")
def before(town):
    return town.vehicles()


def test_no_measure_leaves_the_records_as_they_are(town):
    changed, _ = town.change()
    assert type(changed.volumes) is Volumes
    assert changed.areas.zone_of_link is None
    assert changed.notes == ()


def test_scaling_by_one_changes_nothing_at_all(town):
    changed, _ = town.change({"kind": "scale_traffic", "factor": 1.0})
    assert type(changed.volumes) is Volumes
    vkm = town.vkm().sum()
    assert f"{vkm:,.0f} to {vkm:,.0f} (+0.00%) veh km an hour" in changed.notes[0]


@pytest.mark.parametrize(
    ("where", "links", "streams"),
    [
        ({}, range(8), range(3)),
        ({"vehicle_class": "car"}, range(8), [CAR]),
        ({"vehicle_class": ["car", "bus"], "trip_kind": "all"}, range(8), [CAR, BUS]),
        ({"road_class": "primary"}, [0, 1], range(3)),
        ({"road_class": ["primary", "motorway"]}, [0, 1, 5], range(3)),
        ({"links": 5}, [5], range(3)),
        ({"links": [5, 3], "vehicle_class": "car"}, [3, 5], [CAR]),
        ({"district_id": "west"}, [5], range(3)),
        # the midpoints of 0, 1 and 2 lie on the border: that of the lower id has them
        ({"district_id": "east"}, [0, 1, 2], range(3)),
        ({"district_id": "no_district"}, [7], range(3)),
        # that of 3 lies on the boundary, by rounding beyond it
        ({"district_id": "outside_boundary"}, [3, 4], range(3)),
        (ZONE, [0, 1, 2, 5], range(3)),
        (ZONE | {"road_class": "residential"}, [2], range(3)),
    ],
)
def test_a_factor_touches_what_is_named_and_nothing_else(town, before, where, links, streams):
    after = town.vehicles({"kind": "scale_traffic", "factor": 1.25} | where)
    expected = before.copy()
    expected[np.ix_(list(links), list(streams))] *= 1.25
    np.testing.assert_allclose(after, expected, rtol=1e-15)


def test_two_factors_are_their_product_in_any_order(town):
    one = {"kind": "scale_traffic", "factor": 1.5, "vehicle_class": "car"}
    other = {"kind": "scale_traffic", "factor": 0.5, "road_class": "primary"}
    np.testing.assert_array_equal(town.vehicles(one, other), town.vehicles(other, one))


def test_a_closed_road_is_empty_and_its_traffic_goes_where_it_is_said(town, before):
    close = {"kind": "close_road", "links": [7]}
    changed, _ = town.change(close)
    assert "stays away" in changed.notes[0]
    after = town.vehicles(close)
    assert not after[7].any()
    np.testing.assert_array_equal(np.delete(after, 7, 0), np.delete(before, 7, 0))

    onto = [{"links": [3], "share": 0.5}, {"links": [0, 5], "share": 0.25}]
    after = town.vehicles(close | {"onto": onto})
    # 80 cars: 40 onto link 3, 20 onto each of the way 0, 5; the rest stays away
    assert after[:, CAR].tolist() == [920.0, 700.0, 120.0, 440.0, 300.0, 2520.0, 0.0, 0.0]
    np.testing.assert_array_equal(after[:, TRUCK], before[:, TRUCK])


def test_a_closure_onto_one_link_keeps_all_vehicles(town, before):
    onto = {"onto": [{"links": [5], "share": 1.0}]}
    after = town.vehicles({"kind": "close_road", "links": [3]} | onto)
    np.testing.assert_allclose(after.sum(axis=0), before.sum(axis=0), rtol=1e-15)


def test_a_way_around_takes_the_largest_volume_of_the_links_closed(town, before):
    close = {"kind": "close_road", "links": [3, 7], "onto": [{"links": [5], "share": 1.0}]}
    after = town.vehicles(close)
    assert after[5].tolist() == [2500.0 + 400.0, 310.0 + 20.0, 0.0]  # not 400 + 80


def test_a_road_is_built_with_the_volumes_of_a_file(town, before):
    build = {"kind": "build_road", "volumes": "input/taxis.parquet"}
    changed, calendar = town.change(build, fleet={"mix": "input/more.csv"})
    names = ("car", "taxi", "rigid_truck", "bus")
    assert changed.volumes.streams == tuple((name, "all") for name in names)
    after = count(changed, calendar, 8)
    assert after[6].tolist() == [50.0, 5.0, 0.0, 0.0]
    np.testing.assert_array_equal(np.delete(after, 6, 0)[:, [0, 2, 3]], np.delete(before, 6, 0))
    assert changed.volumes.has_volume.all()
    assert changed.volumes.n_links_given == 8


def test_blocks_of_any_size_hold_the_same(town):
    build = {"kind": "build_road", "volumes": "input/built.parquet"}
    onto = [{"links": [3], "share": 0.5}]
    changed, _ = town.change(build, {"kind": "close_road", "links": [7], "onto": onto})
    (whole,) = changed.volumes.blocks()
    single = list(changed.volumes.blocks(max_bytes=1))
    assert [(block.first, block.last) for block in single] == [(i, i + 1) for i in range(8)]
    np.testing.assert_array_equal(np.concatenate([b.volume for b in single]), whole.volume)
    np.testing.assert_array_equal(np.concatenate([b.given for b in single]), whole.given)


def test_reassigned_links_get_the_volumes_of_the_file_of_all_streams(town, before):
    after = town.vehicles({"kind": "reassign_traffic", "volumes": "input/other.parquet"})
    assert after[7].tolist() == [60.0, 0.0, 0.0]
    np.testing.assert_array_equal(np.delete(after, 7, 0), np.delete(before, 7, 0))


def test_a_later_measure_sees_what_an_earlier_one_left(town):
    build = {"kind": "build_road", "volumes": "input/built.parquet"}
    double = {"kind": "scale_traffic", "factor": 2.0, "links": [6]}
    assert town.vehicles(build, double)[6, CAR] == 100.0
    assert "none of its streams when its turn comes" in faults_of(town, double, build)


def test_limits_hold_free_speeds_and_the_lower_one_counts(town):
    changed, _ = town.change(
        {"kind": "limit_speed", "max_kmh": 50, "road_class": "primary"},
        {"kind": "limit_speed", "max_kmh": 30, "links": [0, 3]},
    )
    limit = changed.limit
    assert limit[[0, 1, 3]].tolist() == [30.0, 50.0, 30.0]
    assert np.isinf(limit[[2, 4, 5, 6, 7]]).all()
    assert type(changed.volumes) is Volumes
    assert "free speeds of 2 links held at 30 km/h" in changed.notes[1]


def test_new_signs_scale_the_free_speeds(town):
    changed, _ = town.change({"kind": "limit_speed", "factor": 0.75, "links": [0, 3]})
    assert changed.limit[[0, 3]].tolist() == [45.0, 37.5]
    assert np.isinf(changed.limit[[1, 2, 4, 5, 6, 7]]).all()
    assert "free speeds of 2 links held at 75 % of them" in changed.notes[0]


def test_persons_who_leave_a_class_ride_in_another(town, before):
    after = town.vehicles(
        {"kind": "shift_mode", "vehicle_class": "car", "share": 0.2, "to": "bus"}, **PERSONS
    )
    np.testing.assert_allclose(after[:, CAR], 0.8 * before[:, CAR], rtol=1e-15)
    riders = 0.2 * before[:, CAR] * 1.5
    np.testing.assert_allclose(after[:, BUS], before[:, BUS] + riders / 20.0, rtol=1e-14)
    persons = [
        before[:, CAR] * 1.5 + before[:, BUS] * 20.0,
        after[:, CAR] * 1.5 + after[:, BUS] * 20,
    ]
    np.testing.assert_allclose(*persons, rtol=1e-14)


def test_persons_may_go_to_a_class_that_does_not_drive_yet(town, before):
    shift = {"kind": "shift_mode", "vehicle_class": "car", "share": 0.1, "to": "coach"}
    persons = {"fleet": {"mix": "input/more.csv", "occupancy": {"car": 1.5, "coach": 30.0}}}
    changed, calendar = town.change(shift, **persons)
    assert ("coach", "all") in changed.volumes.streams
    after = count(changed, calendar, 8)
    column = changed.volumes.streams.index(("coach", "all"))
    np.testing.assert_allclose(after[:, column], 0.1 * before[:, CAR] * 1.5 / 30.0, rtol=1e-14)


def test_persons_may_change_twice_and_again_find_a_class_that_does_not_drive_yet(town, before):
    persons = {"fleet": {"mix": "input/more.csv", "occupancy": dict.fromkeys(CLASSES, 2.0)}}
    to_taxi = {"kind": "shift_mode", "vehicle_class": "car", "share": 0.5, "to": "taxi"}
    to_coach = {"kind": "shift_mode", "vehicle_class": "taxi", "share": 0.5, "to": "coach"}
    changed, calendar = town.change(to_taxi, to_coach, **persons)
    names = [name for name, _ in changed.volumes.streams]
    after = count(changed, calendar, 8)
    for name, share in (("car", 0.5), ("taxi", 0.25), ("coach", 0.25)):
        np.testing.assert_allclose(after[:, names.index(name)], share * before[:, CAR])


def test_those_who_walk_need_no_occupancy(town, before):
    after = town.vehicles({"kind": "shift_mode", "vehicle_class": "car", "share": 0.1})
    np.testing.assert_allclose(after[:, CAR], 0.9 * before[:, CAR], rtol=1e-15)


def test_freight_leaves_the_road_by_its_share(town, before):
    after = town.vehicles(
        {"kind": "shift_freight_to_rail", "vehicle_class": "rigid_truck", "share": 0.3}
    )
    np.testing.assert_allclose(after[:, TRUCK], 0.7 * before[:, TRUCK], rtol=1e-15)
    np.testing.assert_array_equal(after[:, [CAR, BUS]], before[:, [CAR, BUS]])


def test_freight_that_leaves_is_loaded_as_where_it_drove(town):
    large = "rigid_diesel_20_26t_euro6abc_dpf_scr"
    lines = ["vehicle_class,trip_kind,vehicle_type,share,district_id"]
    lines += [f"{name},all,{vehicle_type},{share}," for name, vehicle_type, share in FLEET]
    lines += [f"rigid_truck,all,{large},1.0,west"]
    (town.run / "input/large.csv").write_text("\n".join(lines) + "\n")
    tables = {
        "fleet": {"mix": "input/large.csv"},
        "freight": {"rigid_truck": {"load_factor": 0.5, "empty_share": 0.2}},
    }
    shift = {"kind": "shift_freight_to_rail", "vehicle_class": "rigid_truck", "share": 0.3}
    changed, _ = town.change(shift, **tables)
    gone = 0.3 * town.vkm(**tables)[:, TRUCK]
    own = town.profiles.freight.query("vehicle_class == 'rigid_truck' and use == 'general'")
    capacity = own.set_index("size")["payload_capacity_t"]
    load = np.full(gone.size, 0.4 * capacity["7_5_12t"])
    load[5] = 0.4 * capacity["20_26t"]  # the one link in the west with trucks
    assert changed.freight_t_km == {0: pytest.approx((gone * load).sum(), rel=1e-12)}


def test_fuller_trucks_carry_the_same_with_fewer_kilometres(town, before):
    fuller = {"kind": "consolidate_freight", "vehicle_class": "rigid_truck", "load_factor": 0.8}
    base = {"freight": {"rigid_truck": {"load_factor": 0.5, "empty_share": 0.4}}}
    after = town.vehicles(fuller | {"empty_share": 0.25}, **base)
    # 0.6 x 0.5 = 0.3 of capacity before, 0.75 x 0.8 = 0.6 after: half the kilometres
    np.testing.assert_allclose(after[:, TRUCK], 0.5 * before[:, TRUCK], rtol=1e-14)
    np.testing.assert_array_equal(after[:, [CAR, BUS]], before[:, [CAR, BUS]])
    # done in two steps it is the same
    twice = town.vehicles(
        fuller,
        {"kind": "consolidate_freight", "vehicle_class": "rigid_truck", "empty_share": 0.25},
        **base,
    )  # fmt: skip
    np.testing.assert_allclose(twice, after, rtol=1e-14)


# hours


def test_hours_on_all_links_change_the_shapes_of_daily_volumes(town):
    base, calendar = town.change(**DAILY)
    changed, _ = town.change(
        {"kind": "scale_traffic", "factor": 0.5, "hours": [7, 8], "vehicle_class": "car"}, **DAILY
    )
    busy = np.isin(calendar.hour, [7, 8])
    expected = base.shapes.values.copy()
    expected[CAR, busy] *= 0.5
    np.testing.assert_array_equal(changed.shapes.values, expected)
    assert changed.volumes.n_hours is None


def test_hours_on_some_links_lay_daily_volumes_out_by_hour(town):
    base, calendar = town.change(**DAILY)
    scale = {"kind": "scale_traffic", "factor": 0.5, "hours": [7, 8], "links": [0]}
    changed, _ = town.change(scale | {"day_types": "workday"}, **DAILY)
    assert changed.shapes is None
    assert changed.volumes.kind == "hourly"
    assert changed.volumes.n_hours == calendar.n_slots
    assert "laid out by hour" in changed.notes[-1]
    chosen = np.isin(calendar.hour, [7, 8])
    chosen &= calendar.day_type == calendar.day_types.index("workday")
    (old,), (new,) = list(base.volumes.blocks()), list(changed.volumes.blocks())
    expected = old.average[..., None] * base.shapes.values
    expected[0][:, chosen] *= 0.5
    np.testing.assert_allclose(new.volume, expected, rtol=1e-15)


@pytest.mark.parametrize("where", [{}, {"links": [0, 5]}], ids=["everywhere", "on links"])
def test_deliveries_that_move_to_other_hours_keep_their_kilometres(town, where):
    move = {
        "kind": "off_peak_delivery", "vehicle_class": "rigid_truck", "share": 0.4,
        "from_hours": [7, 8, 9], "to_hours": [22, 23, 0, 5],
    } | where  # fmt: skip
    old = town.vehicles(**DAILY)
    np.testing.assert_allclose(town.vehicles(move, **DAILY), old, rtol=1e-12)
    base, calendar = town.change(**DAILY)
    changed, _ = town.change(move, **DAILY)
    (block,) = list(base.volumes.blocks())
    hourly = block.average[0, TRUCK] * base.shapes.values[TRUCK]
    (block,) = list(changed.volumes.blocks())
    if changed.shapes is None:
        after = block.volume[0, TRUCK]
    else:
        after = block.average[0, TRUCK] * changed.shapes.values[TRUCK]
    leaves, enters = np.isin(calendar.hour, [7, 8, 9]), np.isin(calendar.hour, [22, 23, 0, 5])
    np.testing.assert_allclose(after[leaves], 0.6 * hourly[leaves], rtol=1e-14)
    assert (after[enters] > hourly[enters]).all()
    np.testing.assert_allclose(after[~leaves & ~enters], hourly[~leaves & ~enters], rtol=1e-15)
    # day by day
    day = np.cumsum(np.diff(calendar.hour, prepend=0) < 0)
    sums = [np.bincount(day, values * calendar.weight) for values in (hourly, after)]
    np.testing.assert_allclose(*sums, rtol=1e-12)


def test_riders_of_daily_volumes_take_the_hours_of_their_new_class(town):
    shift = {"kind": "shift_mode", "vehicle_class": "car", "share": 0.1, "to": "bus"}
    old = town.vehicles(**DAILY)
    new = town.vehicles(shift, **DAILY, **PERSONS)
    np.testing.assert_allclose(new[:, BUS] - old[:, BUS], 0.1 * old[:, CAR] * 1.5 / 20, rtol=1e-11)
    by_hour = town.vehicles(shift | {"hours": [7, 8]}, **DAILY, **PERSONS)
    riders = (old - by_hour)[:, CAR] * 1.5
    np.testing.assert_allclose((by_hour - old)[:, BUS] * 20.0, riders, rtol=1e-11)
    assert (riders > 0.0).any()


def test_a_built_road_of_daily_volumes_has_their_shape_by_hour_too(town):
    build = {"kind": "build_road", "volumes": "input/built_daily.parquet"}
    scale = {"kind": "scale_traffic", "factor": 1.5, "hours": [7], "links": [0]}
    plain, hourly = town.vehicles(build, **DAILY), town.vehicles(build, scale, **DAILY)
    np.testing.assert_allclose(plain[6], hourly[6], rtol=1e-12)
    assert plain[6, CAR] == pytest.approx(50.0 * 12.0 * 365)


@pytest.mark.parametrize(
    "first",
    [
        {"kind": "scale_traffic", "factor": 1.5, "hours": [7]},
        {"kind": "off_peak_delivery", "share": 0.4, "from_hours": [7], "to_hours": [22]},
    ],
    ids=lambda measure: measure["kind"],
)
def test_volumes_that_come_later_have_hours_that_no_measure_changed(town, first):
    build = {"kind": "build_road", "volumes": "input/built_daily.parquet"}
    plain, base = town.change(build, **DAILY)
    changed, _ = town.change(first, build, **DAILY)
    (new,) = (block for block in changed.volumes.blocks() if block.first <= 6 < block.last)
    hourly = 50.0 * 12.0 / 24.0 * plain.shapes.values[CAR]
    np.testing.assert_allclose(new.volume[6 - new.first, CAR], hourly, rtol=1e-12)
    assert base.n_slots == hourly.size


# zones


def test_a_ban_of_all_traffic_leaves_none_in_the_zone(town, before):
    after = town.vehicles({"kind": "restrict_access"} | ZONE)
    assert not after[[0, 1, 2, 5]].any()
    np.testing.assert_array_equal(after[[3, 4, 6, 7]], before[[3, 4, 6, 7]])


def test_a_charge_takes_its_share_of_a_class(town, before):
    charge = {"kind": "restrict_access", "vehicle_class": "car", "share": 0.3} | ZONE
    changed, _ = town.change(charge)
    assert changed.areas.zone_of_link is None  # the fleet is the same
    after = town.vehicles(charge)
    np.testing.assert_allclose(after[[0, 1, 2, 5], CAR], 0.7 * before[[0, 1, 2, 5], CAR])
    np.testing.assert_array_equal(after[:, TRUCK], before[:, TRUCK])


def share_of(changed, zone, name):
    share = changed.fleet.share_in("", zone)
    return share[CAR, changed.fleet.types.index(name)]


def test_banned_types_leave_the_zone_and_the_others_drive_as_before(town, before):
    ban = {"kind": "restrict_access", "name": "LEZ", "standards": ["euro3"], "share": 0.8} | ZONE
    changed, _ = town.change(ban, **MIX)
    after = town.vehicles(ban, **MIX)
    # a quarter of the cars are banned, 80 % comply: 0.8 of the cars are left
    np.testing.assert_allclose(after[[0, 1, 2, 5], CAR], 0.8 * before[[0, 1, 2, 5], CAR])
    np.testing.assert_array_equal(after[:, [TRUCK, BUS]], before[:, [TRUCK, BUS]])
    assert changed.areas.zones == ("", "LEZ")
    assert changed.areas.zone_of_link.tolist() == [1, 1, 1, 0, 0, 1, 1, 0]
    assert share_of(changed, "LEZ", OLD) == pytest.approx(0.05 / 0.8)
    assert share_of(changed, "LEZ", "car_bev_medium") == pytest.approx(0.25 / 0.8)
    assert share_of(changed, "", OLD) == 0.25
    for share in (changed.fleet.share_in("", "LEZ"), changed.fleet.share_in("west", "LEZ")):
        np.testing.assert_allclose(share.sum(axis=1), 1.0)


def test_replaced_types_keep_the_kilometres(town, before):
    ban = {"kind": "restrict_access", "fuels": "petrol", "vehicle_class": "car"} | ZONE
    ban |= {"response": "replaced", "share": 0.5, "name": "clean"}
    changed, _ = town.change(ban, **MIX)
    np.testing.assert_array_equal(town.vehicles(ban, **MIX), before)
    assert share_of(changed, "clean", OLD) == pytest.approx(0.125)
    assert share_of(changed, "clean", "car_bev_medium") == pytest.approx(0.25 + 0.375)
    assert "types that may drive take them" in changed.notes[0]


def test_zones_that_overlap_make_a_third(town):
    ban = {"kind": "restrict_access", "standards": "euro3"} | ZONE
    write_zone(town.run / "input" / "inner.geojson", box(50, 600, 950, 800))  # link 5
    changed, _ = town.change(
        ban | {"name": "outer", "response": "replaced"},
        ban | {"name": "inner", "fuels": "petrol", "standards": "euro5",
               "zone": "input/inner.geojson", "response": "replaced"},
        **MIX,
    )  # fmt: skip
    assert changed.areas.zones == ("", "outer", "outer + inner")
    assert changed.areas.zone_of_link.tolist() == [1, 1, 1, 0, 0, 2, 1, 0]
    assert share_of(changed, "outer + inner", "car_bev_medium") == pytest.approx(1.0)


def test_a_ban_in_hours_mixes_the_fleet_by_kilometres(town):
    ban = {"kind": "restrict_access", "standards": "euro3", "hours": [7, 8]} | ZONE
    old = town.vehicles(**DAILY, **MIX)
    changed, calendar = town.change(ban, **DAILY, **MIX)
    after = town.vehicles(ban, **DAILY, **MIX)
    base, _ = town.change(**DAILY, **MIX)
    shape = base.shapes.values[CAR] * calendar.weight
    part = shape[np.isin(calendar.hour, [7, 8])].sum() / shape.sum()
    np.testing.assert_allclose(after[0, CAR], (1.0 - 0.25 * part) * old[0, CAR])
    own = changed.fleet.share_in("", "restrict_access")[CAR, changed.fleet.types.index(OLD)]
    # what the old cars drive is what they drove outside these hours
    assert own * after[0, CAR] == pytest.approx(0.25 * (1.0 - part) * old[0, CAR])


def test_districts_with_a_fleet_of_their_own_keep_it_in_the_zone(town):
    rows = (town.run / "input/mixed.csv").read_text().splitlines()
    own = [rows[0] + ",district_id", *(f"{row}," for row in rows[1:])]
    own += [f"car,all,{OLD},1.0,west"]
    (town.run / "input/west.csv").write_text("\n".join(own) + "\n")
    ban = {"kind": "restrict_access", "standards": "euro3", "share": 0.5, "name": "LEZ"} | ZONE
    changed, _ = town.change(ban, fleet={"mix": "input/west.csv"})
    after = town.vehicles(ban, fleet={"mix": "input/west.csv"})
    place = changed.fleet.types.index(OLD)
    assert changed.fleet.share_in("west", "LEZ")[CAR, place] == 1.0
    assert changed.fleet.share_in("east", "LEZ")[CAR, place] == pytest.approx(0.125 / 0.875)
    assert after[5, CAR] == pytest.approx(0.5 * 2500.0)  # in the west all cars are old
    assert after[0, CAR] == pytest.approx(0.875 * 900.0)


# what is refused


@pytest.mark.parametrize(
    ("measure", "told"),
    [
        ({"kind": "scale_traffic", "factor": 2, "links": [99]},
         "`link_id` of measure 1 (scale_traffic) must"),
        ({"kind": "scale_traffic", "factor": 2, "vehicle_class": "taxi"}, "taxi is not. There are"),
        ({"kind": "scale_traffic", "factor": 2, "trip_kind": "through"}, "through is not"),
        ({"kind": "scale_traffic", "factor": 2, "district_id": "wets"}, "Did you mean west?"),
        ({"kind": "scale_traffic", "factor": 2, "osm_ways": 12}, "`osm_way_id` of measure 1"),
        ({"kind": "scale_traffic", "factor": 2, "road_class": "trunk"}, "Known: motorway, primary"),
        ({"kind": "scale_traffic", "factor": 2, "zone": "input/far.geojson"}, "holds none of 8"),
        ({"kind": "scale_traffic", "factor": 2, "zone": "input/no.geojson"}, "no.geojson"),
        ({"kind": "scale_traffic", "factor": 2, "links": [0], "road_class": "motorway"},
         "must match a link: none has all"),
        ({"kind": "scale_traffic", "factor": 2, "links": [6]}, "must match traffic: 1 links have"),
        ({"kind": "scale_traffic", "factor": 2, "hours": [3]}, "must be in the period of the run"),
        ({"kind": "scale_traffic", "factor": 2, "day_types": "sunday"}, "sunday found"),
        ({"kind": "close_road", "links": [0, 7], "onto": [{"links": [7], "share": 1.0}]},
         "must name open links"),
        ({"kind": "close_road", "links": [6]}, "must match traffic"),
        ({"kind": "build_road", "volumes": "input/other.parquet"}, "links without traffic: 1 of 1"),
        ({"kind": "build_road", "volumes": "input/none.parquet"}, "none.parquet"),
        ({"kind": "limit_speed", "max_kmh": 60, "links": [3]}, "highest of 1 links is 50"),
        ({"kind": "shift_mode", "vehicle_class": "car", "share": 0.1, "to": "bus"},
         "car and bus not found. Say it in [fleet], such as occupancy = {car = 1.4, bus = 25}"),
        ({"kind": "restrict_access", "standards": "euro33", **ZONE}, "Did you mean euro3?"),
        ({"kind": "restrict_access", "standards": "euro1", **ZONE}, "must ban a type that drives"),
        ({"kind": "restrict_access", "vehicle_class": "bus", "standards": "euro6abc",
          "response": "replaced", **ZONE}, "response = 'replaced' of measure 1"),
        ({"kind": "off_peak_delivery", "share": 0.1, "from_hours": [8], "to_hours": [22]},
         "`to_hours` of measure 1 (off_peak_delivery) must be in the period"),
    ],
)  # fmt: skip
def test_a_measure_that_matches_nothing_is_refused(town, measure, told):
    assert re.search(re.escape(told), faults_of(town, measure))


@pytest.mark.parametrize(
    ("measure", "key"),
    [
        ({"kind": "limit_speed", "max_kmh": 30, "district_id": "wets"}, "district_id"),
        ({"kind": "shift_mode", "share": 0.1, "vehicle_class": "taxi"}, "vehicle_class"),
        ({"kind": "restrict_access", "day_types": "sunday", **ZONE}, "day_types"),
        ({"kind": "off_peak_delivery", "share": 0.1, "from_hours": [8], "to_hours": [9],
          "day_types": "sunday"}, "day_types"),
    ],
)  # fmt: skip
def test_a_name_that_is_unknown_is_one_fault(town, measure, key):
    told = faults_of(town, measure).splitlines()
    assert [one.split("`")[1] for one in told] == [key]


def test_all_faults_of_all_measures_are_told_at_once(town):
    told = faults_of(
        town,
        {"kind": "scale_traffic", "factor": 2, "links": [99]},
        {"kind": "limit_speed", "max_kmh": 130},
        {"kind": "scale_traffic", "factor": 2, "vehicle_class": "taxi", "name": "More taxis"},
    )
    assert "measure 1 (scale_traffic)" in told
    assert "measure 2 (limit_speed)" in told
    assert "measure 3 ('More taxis')" in told


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ({"kind": "close_road", "links": [6]},
         {"kind": "build_road", "volumes": "input/built.parquet"}, "closes 1 links that measure 2"),
        ({"kind": "close_road", "links": [3], "onto": [{"links": [5], "share": 1.0}]},
         {"kind": "close_road", "links": [5]}, "measure 2 (close_road) closes 1 links that"),
        ({"kind": "reassign_traffic", "volumes": "input/other.parquet"},
         {"kind": "reassign_traffic", "volumes": "input/other.parquet"}, "volumes of 1 same links"),
        ({"kind": "restrict_access", "standards": "euro3", **ZONE},
         {"kind": "restrict_access", "fuels": "petrol", "response": "replaced", **ZONE},
         "one removes their kilometres"),
    ],
)  # fmt: skip
def test_measures_that_contradict_are_refused(town, one, other, told):
    assert re.search(re.escape(told), faults_of(town, one, other, **MIX))


def test_both_ways_of_a_road_need_a_measure_each_where_traffic_goes_around(town):
    links = town.network.links.copy()
    links.loc[[0, 1], ["from_node", "to_node"]] = [[10, 11], [11, 10]]
    turned = replace(town, network=replace(town.network, links=links))
    close = {"kind": "close_road", "links": [0, 1], "onto": [{"links": [5], "share": 1.0}]}
    assert "1 links are closed both ways" in faults_of(turned, close)


@pytest.mark.parametrize(
    ("measure", "told"),
    [
        ({"kind": "scale_traffic"}, "`factor` of measure 1 (scale_traffic)"),
        ({"kind": "scale_trafic", "factor": 1.0}, "Did you mean 'scale_traffic'"),
        ({"kind": "scale_traffic", "factor": 1.0, "vehicle_class": "cars"}, "did you mean 'car'"),
        ({"kind": "scale_traffic", "factor": 1.0, "road_class": "highway"}, "is none of motorway"),
        ({"kind": "scale_traffic", "factor": 1.0, "clas": "car"}, "is no key"),
        ({"kind": "scale_traffic", "factor": -1.0}, "from 0 to 100: -1.0 found"),
        ({"kind": "scale_traffic", "factor": 1.0, "hours": [24]}, "from 0 to 23: 24 found"),
        ({"kind": "restrict_access", "share": 1.5, **ZONE}, "from 0 to 1: 1.5 found"),
        ({"kind": "restrict_access", "response": "replaced", **ZONE}, "needs standards, fuels"),
        ({"kind": "close_road"}, "must name the road"),
        ({"kind": "close_road", "links": [1], "onto": [{"links": [2], "share": 0.6},
                                                       {"links": [3], "share": 0.6}]},
         "must add up to 1 at most"),
        ({"kind": "shift_mode", "vehicle_class": "car", "share": 0.1, "to": "car"}, "another"),
        ({"kind": "shift_mode", "vehicle_class": "car", "share": 0.1, "to": "tram"}, "is none of"),
        ({"kind": "off_peak_delivery", "share": 0.1, "from_hours": [7], "to_hours": [7]},
         "no hour in common"),
        ({"kind": "consolidate_freight", "vehicle_class": "rigid_truck"}, "must give load_factor"),
        ({"kind": "shift_freight_to_rail", "share": 0.1, "rail_line": "EFE"}, "given together"),
    ],
)  # fmt: skip
def test_a_record_that_makes_no_sense_is_refused(town, measure, told):
    assert re.search(re.escape(told), faults_of(town, measure))
