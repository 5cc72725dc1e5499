"""
Tabulate published curves on the speed nodes.

Symbols and shapes: N rows, K speed nodes (`schema.N_SPEED_NODES`). A published row is the fraction

    y(v) = (a v^2 + b v + c + d / v) / (e v^2 + f v + g) * (1 - reduction)

held at the ends of its validity range. Two rules stand where the fraction itself cannot: beside a
zero of the denominator inside the range the curve is bridged by a straight line, and what is
negative is zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from transmod.inputs.profile_tables import COEFFICIENTS
from transmod.schema import N_SPEED_NODES, NODES_PER_KMH

NODES_KMH: np.ndarray = np.arange(N_SPEED_NODES) / NODES_PER_KMH
_BLOCK = 32  # rows evaluated at a time: a block and its like fit the processor's cache
_SLOWEST_KMH = 1.0  # of the term d / v, where a range starts at zero
# time of a kilometre [h/km], held where it would be endless
HOURS_PER_KM: np.ndarray = 1.0 / np.maximum(NODES_KMH, _SLOWEST_KMH)


@dataclass(frozen=True)
class Bridge:
    """How wide the bridge over a pole is: `per_strength` x strength, within bounds [km/h]."""

    per_strength: float
    half_width_min_kmh: float
    half_width_max_kmh: float


def evaluate(rows: pd.DataFrame, speed: np.ndarray) -> np.ndarray:
    """
    Evaluate published rows as they stand, without any rule.

    Parameters
    ----------
    rows : pandas.DataFrame
        N rows of `hot.parquet`.
    speed : ndarray
        (N,) or (N, M) or (M,) speeds [km/h], above zero.

    Returns
    -------
    ndarray
        y(v) in the unit of the row, of the shape that `speed` and a column of N rows make.
    """
    c = {name: rows[name].to_numpy(np.float64) for name in COEFFICIENTS}
    if speed.ndim == 2 or (speed.ndim == 1 and len(speed) != len(rows)):
        c = {name: values[:, None] for name, values in c.items()}
    return _fraction(c, speed)


def _fraction(c: dict[str, np.ndarray], v: np.ndarray) -> np.ndarray:
    # in place: tens of thousands of curves pass here
    above = c["num_v2"] * v
    above += c["num_v1"]
    above *= v
    above += c["num_v0"]
    above += c["num_inverse_v"] / v
    below = c["den_v2"] * v
    below += c["den_v1"]
    below *= v
    below += c["den_v0"]
    with np.errstate(divide="ignore", invalid="ignore"):  # at a pole; bridged by the caller
        above /= below
        above *= 1.0 - c["reduction"]
    return above


def tabulate(rows: pd.DataFrame, bridge: Bridge, out: np.ndarray | None = None) -> np.ndarray:
    """
    Tabulate published rows on the speed nodes.

    Parameters
    ----------
    rows : pandas.DataFrame
        N rows of `hot.parquet`.
    bridge : Bridge
        Rule beside poles.
    out : ndarray, optional
        (N, K), filled and returned; thousands of curves are many megabytes to copy.

    Returns
    -------
    ndarray
        (N, K) curves in the unit of the row, >= 0 and finite.
    """
    if out is None:
        out = np.empty((len(rows), N_SPEED_NODES))
    coefficients = {name: rows[name].to_numpy(np.float64) for name in COEFFICIENTS}
    low = np.maximum(rows["speed_min_kmh"].to_numpy(np.float64), _SLOWEST_KMH)
    high = rows["speed_max_kmh"].to_numpy(np.float64)
    for start in range(0, len(rows), _BLOCK):
        part = slice(start, start + _BLOCK)
        v = np.clip(NODES_KMH, low[part, None], high[part, None])
        block = {name: values[part, None] for name, values in coefficients.items()}
        np.maximum(_fraction(block, v), 0.0, out=out[part])
    poles = find_poles(rows)
    for i in np.flatnonzero(np.isfinite(poles).any(axis=1)):
        out[i] = _bridged(out[i], rows.iloc[i], poles[i], bridge)
    return out


def find_poles(rows: pd.DataFrame) -> np.ndarray:
    """
    Find the zeros of the denominator inside each row's validity range.

    Returns
    -------
    ndarray
        (N, 2) speeds [km/h], nan where there is none.
    """
    e, f, g = (rows[n].to_numpy(np.float64) for n in ("den_v2", "den_v1", "den_v0"))
    with np.errstate(divide="ignore", invalid="ignore"):
        # the stable form: no difference of two close numbers
        q = -0.5 * (f + np.copysign(np.sqrt(f * f - 4.0 * e * g), f))
        roots = np.column_stack([q / e, g / q])
    low = rows["speed_min_kmh"].to_numpy(np.float64)[:, None]
    high = rows["speed_max_kmh"].to_numpy(np.float64)[:, None]
    roots[~(np.isfinite(roots) & (roots >= low) & (roots <= high))] = np.nan
    return roots


def bridges(row: pd.Series, poles: np.ndarray, bridge: Bridge) -> list[tuple[float, float]]:
    """
    Return the speed ranges [km/h] over which the curve of `row` is bridged, ascending.

    The strength of a pole is its residue over the median of the curve: the distance [km/h] at
    which the pole adds as much as the curve is high.
    """
    low, high = max(row["speed_min_kmh"], _SLOWEST_KMH), row["speed_max_kmh"]
    speeds = np.arange(low, high + 0.05, 0.1)
    curve = evaluate(row.to_frame().T, speeds[None, :])[0]
    middle = float(np.median(np.abs(curve[np.isfinite(curve)])))
    found: list[tuple[float, float]] = []
    for pole in np.sort(poles[np.isfinite(poles)]):
        above = row["num_v2"] * pole**2 + row["num_v1"] * pole + row["num_v0"]
        above = (above + row["num_inverse_v"] / pole) * (1.0 - row["reduction"])
        residue = above / (2.0 * row["den_v2"] * pole + row["den_v1"])
        half = float(
            np.clip(
                bridge.per_strength * abs(residue) / middle,
                bridge.half_width_min_kmh,
                bridge.half_width_max_kmh,
            )
        )
        if found and pole - half <= found[-1][1]:
            found[-1] = (found[-1][0], pole + half)
        else:
            found.append((pole - half, pole + half))
    return found


def _bridged(curve: np.ndarray, row: pd.Series, poles: np.ndarray, bridge: Bridge) -> np.ndarray:
    """Replace the nodes beside poles by a line between the nodes on either side."""
    low, high = max(row["speed_min_kmh"], _SLOWEST_KMH), row["speed_max_kmh"]
    nodes = NODES_KMH
    good = (nodes >= low) & (nodes <= high)
    for start, end in bridges(row, poles, bridge):
        good &= (nodes < start) | (nodes > end)
    # np.interp holds the last good value where a bridge reaches an end of the range
    return np.interp(nodes, nodes[good], curve[good])
