"""
Tell the phases of ships apart in tracks of positions, and cut them at the city's border.

Symbols and shapes:

S ships, N positions of all ships one after another, by time; Z zones, E edges, B bands of edges
start       (S+1,)  first position of each ship; the last entry is N
time        (N,)    moment                                                               [s]
lon, lat    (N,)    position on the sphere                                               [rad]
x, y        (N,)    position in the plane of the zones                                   [m]
speed       (N,)    over ground; negative: not known                                     [kn]
design, factor (S,) speed at the main engine's rated power [kn], and its load there      [-]
rule        (12,)   see RULE
edge        (E, 4)  x and y of both ends of each edge of all zones                       [m]
zone        (Z, 4)  y of the lowest band, height of its bands [m], first band, bands
band_start  (B+1,)  first entry of each band in band_edge
band_edge   (M,)    edges that reach into a band
state       (S, 10)  see STATE; read at the beginning, and written for the next block
fate        (N,)    what became of a position: see FATES
hours       (N,)    time from the position before                                        [h]
phase       (N,)    SEA, MANOEUVRING, ANCHORAGE or BERTH in these hours
load        (N,)    of the main engine                                                   [-]
inside      (N,)    share of these hours in the city                                     [-]
area        (N,)    zone of the part inside, counted from FIRST_AREA; -1: none
excursion   (N,)    number of the ship's way outside to which the part outside belongs
departed    (N,)    the ship came out of the city on it, and was not out of sight or at rest far
back        (N,)    the city is reached again on it
doubt       (N,)    the speed reported is not possible, that between positions is taken

Zones: CITY, BERTHS, REACH (of a port), ANCHORAGES, LAND, then areas: districts and the like.
One thread: a million positions take about a second, and the parallel form took longer to compile.
"""

import numpy as np

from .compile import kernel

CITY, BERTHS, REACH, ANCHORAGES, LAND, FIRST_AREA = 0, 1, 2, 3, 4, 5
SEA, MANOEUVRING, ANCHORAGE, BERTH = 0, 1, 2, 3
# first of a track; counted; same time and place; same time elsewhere; too far to be reached; a gap
# that is not counted; a gap at rest that is; on land
FATES = (
    "first", "counted", "duplicate", "contradicting", "jump", "gap", "rest", "on_land",
)  # fmt: skip
RULE = (
    "berth_speed_kn", "anchorage_speed_kn", "manoeuvring_below_kn", "load_floor", "gap_s",
    "rest_gap_s", "rest_m", "jump_speed_ratio", "jump_m", "jumps", "same_m",
    "reported_s",
)  # fmt: skip
# position and speed last taken (time NaN: none yet), jumps since, excursion, on it out of the city,
# in the city
STATE = ("time", "lon", "lat", "x", "y", "speed", "jumps", "excursion", "departed", "inside")

EARTH_M = 6_371_008.8
KNOT = 1852.0 / 3600.0  # [m/s]


@kernel
def between(lon0, lat0, lon1, lat1):
    """Return the great-circle distance [m] of two positions [rad]."""
    s = np.sin(0.5 * (lat1 - lat0)) ** 2
    s += np.cos(lat0) * np.cos(lat1) * np.sin(0.5 * (lon1 - lon0)) ** 2
    return 2.0 * EARTH_M * np.arcsin(min(np.sqrt(s), 1.0))


@kernel
def lies_in(z, px, py, edge, zone, band_start, band_edge):
    """Tell whether a point lies in zone `z`: a ray to the east meets an odd number of edges."""
    band = np.floor((py - zone[z, 0]) / zone[z, 1])
    if not 0.0 <= band < zone[z, 3]:
        return False
    b = int(zone[z, 2]) + int(band)
    odd = False
    for m in range(band_start[b], band_start[b + 1]):
        e = band_edge[m]
        x0, y0, x1, y1 = edge[e, 0], edge[e, 1], edge[e, 2], edge[e, 3]
        if (y0 <= py) != (y1 <= py) and px < x0 + (py - y0) / (y1 - y0) * (x1 - x0):
            odd = not odd
    return odd


@kernel
def share_inside(x0, y0, x1, y1, is_in, edge, zone, band_start, band_edge, cuts):
    """
    Return the share of a straight way that lies in the city.

    Whether it begins inside is given; each edge it meets takes it to the other side. An edge's end
    on the way belongs to one side of it, so a corner is met once or twice, never falsely.
    """
    n = 0
    low = int(np.floor((min(y0, y1) - zone[CITY, 0]) / zone[CITY, 1]))
    high = int(np.floor((max(y0, y1) - zone[CITY, 0]) / zone[CITY, 1]))
    top = int(zone[CITY, 3]) - 1
    low, high = max(low, 0), min(high, top)
    dx, dy = x1 - x0, y1 - y0
    for band in range(low, high + 1):
        b = int(zone[CITY, 2]) + band
        for m in range(band_start[b], band_start[b + 1]):
            e = band_edge[m]
            ex0, ey0, ex1, ey1 = edge[e, 0], edge[e, 1], edge[e, 2], edge[e, 3]
            first = int(np.floor((min(ey0, ey1) - zone[CITY, 0]) / zone[CITY, 1]))
            if band != max(min(first, top), low):  # an edge along the top lies in the last band
                continue  # met in a band before
            s0 = dx * (ey0 - y0) - dy * (ex0 - x0)
            s1 = dx * (ey1 - y0) - dy * (ex1 - x0)
            if (s0 >= 0.0) == (s1 >= 0.0):
                continue
            w = s0 / (s0 - s1)
            mx, my = ex0 + w * (ex1 - ex0), ey0 + w * (ey1 - ey0)
            t = ((mx - x0) * dx + (my - y0) * dy) / (dx * dx + dy * dy)
            if 0.0 < t < 1.0 and n < cuts.size:
                k = n
                while k > 0 and cuts[k - 1] > t:
                    cuts[k] = cuts[k - 1]
                    k -= 1
                cuts[k] = t
                n += 1
    share, here = 0.0, 0.0
    for k in range(n):
        if is_in:
            share += cuts[k] - here
        here = cuts[k]
        is_in = not is_in
    if is_in:
        share += 1.0 - here
    return share


@kernel
def phase_of(v, px, py, rule, edge, zone, band_start, band_edge):
    """Return the phase of a ship of speed `v` [kn] at a place."""
    at_berths = lies_in(BERTHS, px, py, edge, zone, band_start, band_edge)
    if v < rule[0]:
        anchored = lies_in(ANCHORAGES, px, py, edge, zone, band_start, band_edge)
        return BERTH if at_berths and not anchored else ANCHORAGE
    if at_berths:
        return MANOEUVRING
    if v < rule[1]:
        return ANCHORAGE
    if v < rule[2] and lies_in(REACH, px, py, edge, zone, band_start, band_edge):
        return MANOEUVRING
    return SEA


@kernel
def area_of(px, py, edge, zone, band_start, band_edge):
    """Return the first area that a point lies in, -1: none."""
    for z in range(FIRST_AREA, zone.shape[0]):
        if lies_in(z, px, py, edge, zone, band_start, band_edge):
            return z - FIRST_AREA
    return -1


@kernel
def follow(
    i, first, last, time, lon, lat, x, y, speed, design, factor, rule,
    edge, zone, band_start, band_edge, state,
    fate, hours, phase, load, inside, area, excursion, departed, back, doubt,
):  # fmt: skip
    """Follow ship `i` through its positions first..last."""
    cuts = np.empty(1024)
    t0, lon0, lat0 = state[i, 0], state[i, 1], state[i, 2]
    x0, y0, v0 = state[i, 3], state[i, 4], state[i, 5]
    jumps, number, is_out = state[i, 6], state[i, 7], state[i, 8] > 0.0
    began = state[i, 9] > 0.0
    reach_kn = rule[7] * design
    for k in range(first, last):
        v = speed[k]
        if v > reach_kn:
            doubt[k] = True
            v = -1.0
        if v >= rule[0] and lies_in(LAND, x[k], y[k], edge, zone, band_start, band_edge):
            fate[k] = 7
            continue
        ended = lies_in(CITY, x[k], y[k], edge, zone, band_start, band_edge)
        if np.isnan(t0):
            fate[k] = 0
            number += 1.0
            is_out = False
        else:
            dt = time[k] - t0
            way = between(lon0, lat0, lon[k], lat[k])
            if dt <= 0.0:
                fate[k] = 2 if way <= rule[10] else 3
                continue
            if way > reach_kn * KNOT * dt + rule[8] and jumps < rule[9]:
                fate[k] = 4
                jumps += 1.0
                continue
            is_jumped = way > reach_kn * KNOT * dt + rule[8]
            mean = way / dt / KNOT
            v_here = 0.5 * (v0 + v) if v0 >= 0.0 and v >= 0.0 and dt <= rule[11] else mean
            rests = way <= rule[6] and mean < rule[0] and v0 < rule[0] and v < rule[0]
            if is_jumped or (dt > rule[4] and not (rests and dt <= rule[5])):
                fate[k] = 0 if is_jumped else 5
                hours[k] = dt / 3600.0
                number += 1.0
                is_out = False
            else:
                fate[k] = 6 if dt > rule[4] else 1
                hours[k] = dt / 3600.0
                px, py = 0.5 * (x0 + x[k]), 0.5 * (y0 + y[k])
                p = phase_of(v_here, px, py, rule, edge, zone, band_start, band_edge)
                phase[k] = p
                if p <= MANOEUVRING:
                    load[k] = min(max(factor * (v_here / design) ** 3, rule[3]), 1.0)
                if way > 0.0:
                    share = share_inside(
                        x0, y0, x[k], y[k], began, edge, zone, band_start, band_edge, cuts
                    )
                else:
                    share = 1.0 if began else 0.0
                inside[k] = share
                if share > 0.0:
                    if share < 1.0 and began != ended:
                        px, py = (x0, y0) if began else (x[k], y[k])
                    area[k] = area_of(px, py, edge, zone, band_start, band_edge)
                if began and share < 1.0:
                    number += 1.0
                    is_out = True
                elif (
                    is_out
                    and p > MANOEUVRING
                    and share == 0.0
                    and not lies_in(REACH, px, py, edge, zone, band_start, band_edge)
                ):  # at rest beyond the port: what follows leads from another place
                    number += 1.0
                    is_out = False
                excursion[k] = np.int64(number)
                departed[k] = is_out
                if ended and share < 1.0:
                    back[k] = True
                    is_out = False
            jumps = 0.0
        t0, lon0, lat0, x0, y0, v0, began = time[k], lon[k], lat[k], x[k], y[k], v, ended
    state[i, 0], state[i, 1], state[i, 2] = t0, lon0, lat0
    state[i, 3], state[i, 4], state[i, 5] = x0, y0, v0
    state[i, 6], state[i, 7] = jumps, number
    state[i, 8] = 1.0 if is_out else 0.0
    state[i, 9] = 1.0 if began else 0.0


@kernel
def follow_ships(
    start, time, lon, lat, x, y, speed, design, factor, rule,
    edge, zone, band_start, band_edge, state,
    fate, hours, phase, load, inside, area, excursion, departed, back, doubt,
):  # fmt: skip
    """Follow every ship, one after the other."""
    for i in range(start.size - 1):
        follow(
            i, start[i], start[i + 1], time, lon, lat, x, y, speed, design[i], factor[i], rule,
            edge, zone, band_start, band_edge, state,
            fate, hours, phase, load, inside, area, excursion, departed, back, doubt,
        )  # fmt: skip
