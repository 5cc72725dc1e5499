"""Follow one ship through its positions as a person would, with shapely: twin of the kernel."""

import math

from shapely import LineString, Point

SEA, MANOEUVRING, ANCHORAGE, BERTH = range(4)
KNOT = 1852.0 / 3600.0


def distance_m(a, b):
    (lon0, lat0), (lon1, lat1) = a, b
    s = math.sin((lat1 - lat0) / 2) ** 2
    s += math.cos(lat0) * math.cos(lat1) * math.sin((lon1 - lon0) / 2) ** 2
    return 2 * 6_371_008.8 * math.asin(min(math.sqrt(s), 1.0))


def phase_of(v, place, zones):
    if v < 1.0:
        at_berth = zones["berths"].contains(place) and not zones["anchorages"].contains(place)
        return BERTH if at_berth else ANCHORAGE
    if zones["berths"].contains(place):
        return MANOEUVRING
    if v < 3.0:
        return ANCHORAGE
    if v < 5.0 and zones["reach"].contains(place):
        return MANOEUVRING
    return SEA


def follow(positions, design, factor, zones):
    """Return (fate, hours, phase, load, inside, departed, back) of each (t, lon, lat, x, y, v)."""
    last, jumps, out, rows = None, 0, False, []
    for t, lon, lat, x, y, reported in positions:
        v = reported if 0.0 <= reported <= 1.5 * design else None
        here, empty = Point(x, y), (0.0, SEA, 0.0, 0.0, False, False)
        if (v or 0.0) >= 1.0 and zones["land"].contains(here):
            rows.append(("on_land", *empty))
            continue
        if last is None:
            rows.append(("first", *empty))
        else:
            t0, ll0, p0, v0 = last
            dt, way = t - t0, distance_m(ll0, (lon, lat))
            if dt <= 0:
                rows.append(("duplicate" if way <= 20.0 else "contradicting", *empty))
                continue
            too_far = way > 1.5 * design * KNOT * dt + 200.0
            if too_far and jumps < 5:
                jumps += 1
                rows.append(("jump", *empty))
                continue
            jumps, mean = 0, way / dt / KNOT
            known = [s for s in (v0, v) if s is not None]
            rests = way <= 500.0 and all(s < 1.0 for s in [mean, *known])
            if too_far:
                rows.append(("first", dt / 3600, *empty[1:]))
                out = False
            elif dt > 1800 and not (rests and dt <= 86400):
                rows.append(("gap", dt / 3600, *empty[1:]))
                out = False
            else:
                speed = sum(known) / 2 if len(known) == 2 and dt <= 120 else mean
                middle = Point((p0.x + x) / 2, (p0.y + y) / 2)
                phase = phase_of(speed, middle, zones)
                load = 0.0
                if phase <= MANOEUVRING:
                    load = min(max(factor * (speed / design) ** 3, 0.02), 1.0)
                line = LineString([p0, here])
                began, ended = zones["city"].contains(p0), zones["city"].contains(here)
                share = float(began)
                if line.length > 0:
                    share = line.intersection(zones["city"]).length / line.length
                if began and share < 1.0 - 1e-12:
                    out = True
                elif out and phase > MANOEUVRING and share == 0.0:
                    out = zones["reach"].contains(middle)
                back = ended and share < 1.0 - 1e-12
                fate = "rest" if dt > 1800 else "counted"
                rows.append((fate, dt / 3600, phase, load, share, out, back))
                if back:
                    out = False
        last = (t, (lon, lat), here, v)
    return rows
