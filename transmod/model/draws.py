"""
Draws of uncertain inputs, and the distributions that they have.

Each variable draws from a stream of its own, keyed by the seed and its name: a new variable changes
no other draw, and no draw depends on the number of threads. Only a Sobol sequence joins variables:
each has one of its dimensions, in the order of names. Symbols: n draws, V variables.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

METHODS = ("latin_hypercube", "sobol", "random")
DISTRIBUTIONS = ("normal", "lognormal", "triangular", "uniform")
_BITS = 30  # of a point of a Sobol sequence
Z_95 = 1.959963984540054  # of a normal distribution: half of the 95 % interval
# a normal multiplier of a larger standard deviation would be drawn below zero
MOST_NORMAL = 0.25
# which parameters go with a distribution: one of the first, all of the second, or more
_ONE_OF = {"normal": ("percent", "sd"), "lognormal": ("percent", "sd", "factor")}
_ALL_OF = {"triangular": ("low", "high"), "uniform": ("low", "high")}
_MAY = {"triangular": ("mode",)}
PARAMETERS = ("percent", "sd", "factor", "low", "mode", "high")


@dataclass(frozen=True)
class Distribution:
    """
    Distribution of a multiplier, or of a difference where `centre` is 0.

    Attributes
    ----------
    kind : str
        One of `DISTRIBUTIONS`.
    sd : float
        Of `normal` about the centre, and of `lognormal` with the mean 1.
    factor : float
        Of `lognormal` with the median 1: 95 % lie from 1 / factor to factor; takes the place of sd.
    low, mode, high : float
        Of `triangular` and `uniform`.
    centre : float
        What stands for the value as given.
    """

    kind: str
    sd: float = 0.0
    factor: float = 0.0
    low: float = 0.0
    mode: float = 0.0
    high: float = 0.0
    centre: float = 1.0

    def values(self, u: Floats) -> Floats:
        """Return the values at probabilities `u`, of any shape, within 0 and 1."""
        if self.kind == "uniform":
            return self.low + (self.high - self.low) * u
        if self.kind == "triangular":
            return self._triangular(u)
        from scipy.special import ndtri

        z = np.asarray(ndtri(u))
        if self.kind == "normal":
            return self.centre + self.sd * z
        sigma = self._sigma
        shift = 0.0 if self.factor else -0.5 * sigma**2
        return np.exp(sigma * z + shift)

    def _triangular(self, u: Floats) -> Floats:
        width = self.high - self.low
        below = (self.mode - self.low) / width
        rising = self.low + np.sqrt(u * width * (self.mode - self.low))
        falling = self.high - np.sqrt((1.0 - u) * width * (self.high - self.mode))
        return np.where(u < below, rising, falling)

    @property
    def _sigma(self) -> float:
        """Standard deviation of the logarithm."""
        if self.factor:
            return math.log(self.factor) / Z_95
        return math.sqrt(math.log1p(self.sd**2))

    @property
    def standard_deviation(self) -> float:
        """Standard deviation, for the propagation of errors."""
        if self.kind == "uniform":
            return (self.high - self.low) / math.sqrt(12.0)
        if self.kind == "triangular":
            a, b, c = self.low, self.high, self.mode
            return math.sqrt((a * a + b * b + c * c - a * b - a * c - b * c) / 18.0)
        if self.kind == "lognormal" and self.factor:
            square = self._sigma**2
            return math.sqrt(math.expm1(square)) * math.exp(0.5 * square)
        return self.sd


def to_distribution(
    kind: str, parameters: dict[str, float], *, centre: float = 1.0
) -> Distribution:
    """
    Build a distribution from what was given for it.

    Parameters
    ----------
    kind : str
        One of `DISTRIBUTIONS`.
    parameters : dict of str to float
        `normal`: `sd`, or `percent`, half of the 95 % interval. `lognormal`: one of these, with the
        mean 1, or `factor`, with the median 1. `triangular`: `low`, `high` and perhaps `mode`.
        `uniform`: `low`, `high`.
    centre : float
        1 for a multiplier, 0 for a difference; a difference has no bounds.

    Raises
    ------
    ValueError
        If a parameter is missing, out of place or out of range; the message says which.
    """
    _check_names(kind, parameters)
    given = dict(parameters)
    if "percent" in given:
        given["sd"] = given.pop("percent") / 100.0 / Z_95
    if not all(math.isfinite(value) for value in given.values()):
        msg = "parameters must be finite"
        raise ValueError(msg)
    if "sd" in given and given["sd"] <= 0.0:
        msg = f"the standard deviation must be above 0: {given['sd']:g} found"
        raise ValueError(msg)
    if "factor" in given and given["factor"] <= 1.0:
        msg = f"factor must be above 1: {given['factor']:g} found"
        raise ValueError(msg)
    if centre and kind == "normal" and given["sd"] > MOST_NORMAL:
        msg = (
            f"the standard deviation of normal must be at most {MOST_NORMAL:g} (49 percent): "
            f"{given['sd']:.3g} found, so that draws would go below zero. Say 'lognormal'"
        )
        raise ValueError(msg)
    if not centre and kind == "lognormal":
        msg = "lognormal is for multipliers, not for a difference"
        raise ValueError(msg)
    if kind in _ALL_OF:
        given.setdefault("mode", min(max(centre, given["low"]), given["high"]))
        _check_order(given, centre)
    return Distribution(kind, centre=centre, **given)


def _check_names(kind: str, parameters: dict[str, float]) -> None:
    one_of, all_of = _ONE_OF.get(kind, ()), _ALL_OF.get(kind, ())
    may = (*one_of, *all_of, *_MAY.get(kind, ()))
    wrong = [name for name in parameters if name not in may]
    missing = [name for name in all_of if name not in parameters]
    if wrong:
        msg = f"{kind} takes {', '.join(may)}: {', '.join(wrong)} found"
        raise ValueError(msg)
    if missing:
        msg = f"{kind} needs {' and '.join(all_of)}: {', '.join(missing)} not found"
        raise ValueError(msg)
    if one_of and len(parameters) != 1:
        msg = f"{kind} needs one of {', '.join(one_of)}: {', '.join(parameters) or 'none'} found"
        raise ValueError(msg)


def _check_order(given: dict[str, float], centre: float) -> None:
    low, mode, high = given["low"], given["mode"], given["high"]
    if not low < high or not low <= mode <= high:
        msg = f"low < high and low <= mode <= high must hold: {low:g}, {mode:g}, {high:g} found"
        raise ValueError(msg)
    if centre and low < 0.0:
        msg = f"low of a multiplier must be at least 0: {low:g} found"
        raise ValueError(msg)


def draw(names: Sequence[str], n: int, *, seed: int, method: str, part: str = "draws") -> Floats:
    """
    Draw the probabilities of some variables.

    Parameters
    ----------
    names : sequence of str
        V variables, none twice.
    n : int
        Draws.
    seed, method
        `method` is one of `METHODS`. Latin hypercube: each of n equal parts once, in an order of
        the variable's own. Sobol: a dimension of the sequence, scrambled by a random linear matrix
        and shift [1]_ of the variable's own; the dimension hangs on the other names.
    part : str
        Tells independent sets of draws apart.

    Returns
    -------
    float64 (V, n)
        Strictly within 0 and 1.

    References
    ----------
    .. [1] J. Matousek, "On the L2-discrepancy for anchored boxes", J. Complexity 14, 1998, 527-556.
    """
    out = np.empty((len(names), n))
    points = _sobol_points(names, n) if method == "sobol" else None
    for v, name in enumerate(names):
        stream = np.random.Generator(np.random.Philox(key=_key(seed, part, name)))
        if points is not None:
            out[v] = _scramble(points[v], stream)
        elif method == "latin_hypercube":
            out[v] = (stream.permutation(n) + _open(stream.random(n))) / n
        else:
            out[v] = _open(stream.random(n))
    return out


def _sobol_points(names: Sequence[str], n: int) -> NDArray[np.uint64]:
    """Return the first n points of a Sobol sequence (V, n) as whole numbers of `_BITS` bits."""
    from scipy.stats.qmc import Sobol

    sequence = Sobol(len(names), scramble=False, bits=_BITS)
    points = sequence.random_base2(max(n - 1, 1).bit_length())[:n]
    rank = np.argsort(np.argsort(np.array(names)))
    return (points.T[rank] * 2.0**_BITS).astype(np.uint64)


def _scramble(points: NDArray[np.uint64], stream: np.random.Generator) -> Floats:
    """Mix each binary digit with those before it and shift it, at random; equal parts stay so."""
    out = np.full(points.size, stream.integers(0, 2**_BITS), np.uint64)
    for digit in range(_BITS):  # digit 0 is the first
        before = int(stream.integers(0, 2**digit)) if digit else 0
        mask = (before << (_BITS - digit)) | (1 << (_BITS - 1 - digit))
        parity = points & np.uint64(mask)
        for half in (16, 8, 4, 2, 1):
            parity ^= parity >> np.uint64(half)
        out ^= (parity & np.uint64(1)) << np.uint64(_BITS - 1 - digit)
    return np.asarray((out + 0.5) / 2.0**_BITS, np.float64)


def _open(u: Floats) -> Floats:
    """Keep probabilities off zero."""
    return u + 2.0**-54


def _key(seed: int, part: str, name: str) -> int:
    digest = hashlib.sha256(f"{seed}\n{part}\n{name}".encode()).digest()
    return int.from_bytes(digest[:16], "little")


def correlate(u: Floats, matrix: Floats) -> Floats:
    """
    Order the draws of some variables so that their normal scores correlate.

    Parameters
    ----------
    u : float64 (V, n)
        Independent probabilities.
    matrix : float64 (V, V)
        A correlation matrix.

    Returns
    -------
    float64 (V, n)
        The same values of each variable in another order; the first keeps its own.
    """
    from scipy.special import ndtri

    root = lower_root(matrix)
    z = np.asarray(ndtri(u))
    out = u.copy()
    for i in range(1, len(u)):
        mixed = np.zeros(u.shape[1])
        for j in range(i + 1):
            mixed += root[i, j] * z[j]
        out[i, np.argsort(mixed, kind="stable")] = np.sort(u[i])
    return out


def lower_root(matrix: Floats) -> Floats:
    """Return the lower triangle L with L L' = matrix, which may be singular."""
    size = len(matrix)
    out = np.zeros((size, size))
    for j in range(size):
        rest = matrix[j, j] - math.fsum(out[j, :j] ** 2)
        out[j, j] = math.sqrt(max(rest, 0.0))
        for i in range(j + 1, size):
            if out[j, j] > 1e-7:
                out[i, j] = (matrix[i, j] - math.fsum(out[i, :j] * out[j, :j])) / out[j, j]
    return out


def check_correlation(matrix: Sequence[Sequence[float]], size: int) -> list[str]:
    """Say why a matrix is no correlation matrix of `size` variables; nothing if it is one."""
    if len(matrix) != size or any(len(row) != size for row in matrix):
        return [f"must have {size} rows and columns, one for each of its groups"]
    values = np.array(matrix, np.float64)
    faults = []
    if not np.isfinite(values).all() or (np.abs(values) > 1.0).any():
        return ["must hold numbers from -1 to 1"]
    if not np.allclose(values, values.T, rtol=0.0, atol=1e-9):
        i, j = np.argwhere(np.abs(values - values.T) > 1e-9)[0]
        faults.append(
            f"must be symmetric: row {i + 1}, column {j + 1} is {values[i, j]:g}, and "
            f"{values[j, i]:g} the other way"
        )
    if not np.allclose(np.diag(values), 1.0, rtol=0.0, atol=1e-9):
        faults.append(f"must have 1 on its diagonal: {np.diag(values).tolist()} found")
    if not faults:
        smallest = float(np.linalg.eigvalsh(values).min())
        if smallest < -1e-9:
            faults.append(
                f"must be positive semidefinite: its smallest eigenvalue is {smallest:.3g}, so no "
                "variables correlate like this"
            )
    return faults
