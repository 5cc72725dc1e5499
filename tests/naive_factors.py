"""Naive twins: published curves and factors, one speed at a time, in plain Python."""

import math


def published(row, speed):
    """Evaluate one published row at a speed [km/h], held at the ends of its range."""
    v = min(max(speed, row["speed_min_kmh"], 1.0), row["speed_max_kmh"])
    above = row["num_v2"] * v**2 + row["num_v1"] * v + row["num_v0"] + row["num_inverse_v"] / v
    below = row["den_v2"] * v**2 + row["den_v1"] * v + row["den_v0"]
    return max(0.0, above / below * (1.0 - row["reduction"]))


def rows_of(profiles, segment):
    """Return the published rows of a segment as plain records."""
    return profiles.hot[profiles.hot["segment"] == segment].to_dict("records")


def hot(rows, quantity, speed, road_type, gradient, load):
    """Look one hot factor up among published rows, by load only where it is published."""
    for row in rows:
        if row["quantity"] != quantity:
            continue
        if isinstance(row["road_type"], str) and row["road_type"] != road_type:
            continue
        if not math.isnan(row["gradient"]) and row["gradient"] != gradient:
            continue
        if not math.isnan(row["load_fraction"]) and row["load_fraction"] != load:
            continue
        return published(row, speed)
    raise LookupError((quantity, road_type, gradient, load))
