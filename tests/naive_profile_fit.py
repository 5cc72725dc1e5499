"""A slow, plain twin of the fit of temporal profiles: hour by hour, with dictionaries."""

from collections import defaultdict
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


def hours_of(year, zone, holidays):
    """Yield (position of the day from Monday, 7 a holiday; hour; month) of each hour of a year."""
    moment = datetime(year, 1, 1, tzinfo=ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))
    while (local := moment.astimezone(ZoneInfo(zone))).year == year:
        yield (7 if local.date() in holidays else local.weekday()), local.hour, local.month
        moment += timedelta(hours=1)


def fit(volumes, hours, *, by_month, steps=200):
    """
    Return {(day, hour): factor} and {month: factor} of series of the year, one for each station.

    Factors are in multiples of the mean hour; those of months have the mean 1.
    """
    total = [sum(of_hour) for of_hour in zip(*volumes, strict=True)]
    month = dict.fromkeys(range(1, 13), 1.0)
    for _ in range(steps if by_month else 1):
        part, whole = defaultdict(float), defaultdict(float)
        for value, (d, h, m) in zip(total, hours, strict=True):
            part[d, h] += value
            whole[d, h] += month[m]
        hour = {cell: part[cell] / whole[cell] for cell in part}
        if not by_month:
            break
        part, whole = defaultdict(float), defaultdict(float)
        for value, (d, h, m) in zip(total, hours, strict=True):
            part[m] += value
            whole[m] += hour[d, h]
        month = {m: part[m] / whole[m] for m in part}
        mean = sum(month[m] for _, _, m in hours) / len(hours)
        month = {m: value / mean for m, value in month.items()}
    mean = sum(total) / len(total)
    return {cell: value / mean for cell, value in hour.items()}, month
