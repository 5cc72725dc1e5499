"""The activity spectrum as tables: by area, and by hour of the day."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from transmod.columns import Columns, label
from transmod.model.activity import Activity
from transmod.schema import HOURS, ROAD_TYPES, SPECTRUM
from transmod.traffic.calendar import HOURS_PER_DAY, Calendar


def to_spectrum_table(
    activity: Activity, area_ids: Sequence[str], zones: Sequence[str] | None = None
) -> pd.DataFrame:
    """
    Return the nodes that hold kilometres, as `schema.SPECTRUM` or `ZONED_SPECTRUM`.

    Parameters
    ----------
    activity : Activity
        Of A areas.
    area_ids, zones : sequence of str
        District and zone of each area. Where all lie in no zone, there is no column `zone`.
    """
    a, g, r, k, c = np.nonzero(activity.spectrum)
    vehicle_class, trip_kind = _stream_names(activity)
    columns = (
        label(area_ids, a),
        label(vehicle_class, c),
        label(trip_kind, c),
        r // len(ROAD_TYPES),
        label(ROAD_TYPES, r % len(ROAD_TYPES)),
        activity.gradients[g],
        k,
        activity.spectrum[a, g, r, k, c],
    )
    table = Columns(dict(zip(SPECTRUM.names, columns, strict=True)))
    if zones is not None and any(zones):
        table = table.assign(zone=label(zones, a))
    return table.to_frame()


def to_hours_table(activity: Activity, calendar: Calendar) -> pd.DataFrame:
    """Return the kilometres of the clock, as `schema.HOURS`: day type x hour, city-wide."""
    z, r, k, c = np.nonzero(activity.clock)
    vehicle_class, trip_kind = _stream_names(activity)
    columns = (
        label(vehicle_class, c),
        label(trip_kind, c),
        label(calendar.day_types, z // HOURS_PER_DAY),
        z % HOURS_PER_DAY,
        label(ROAD_TYPES, r),
        k,
        activity.clock[z, r, k, c],
    )
    return Columns(dict(zip(HOURS.names, columns, strict=True))).to_frame()


def to_mean_days(activity: Activity, calendar: Calendar) -> pd.DataFrame:
    """
    Return the kilometres of each hour on one day of each day type.

    Returns
    -------
    pandas.DataFrame
        `day_type`, `hour`, `vehicle_class`, `vkm` [veh km]; day types without a day are left out.
    """
    slot = calendar.day_type * HOURS_PER_DAY + calendar.hour
    days = np.bincount(slot, calendar.weight, minlength=activity.clock.shape[0])
    vkm = activity.clock.sum(axis=(1, 2))
    z, c = np.nonzero((days > 0.0)[:, None] & np.ones(vkm.shape[1], bool))
    frame = pd.DataFrame(
        {
            "day_type": np.asarray(calendar.day_types, object)[z // HOURS_PER_DAY],
            "hour": z % HOURS_PER_DAY,
            "vehicle_class": np.asarray(_stream_names(activity)[0], object)[c],
            "vkm": vkm[z, c] / days[z],
        }
    )
    keys = ["day_type", "hour", "vehicle_class"]
    return frame.groupby(keys, sort=False)["vkm"].sum().reset_index()


def _stream_names(activity: Activity) -> tuple[list[str], list[str]]:
    """Return class and trip kind of each stream."""
    return [name for name, _ in activity.streams], [kind for _, kind in activity.streams]
