"""
Factors of the link pass: those of all vehicle types, mixed as the fleet has them.

Symbols and shapes as in `model.road`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from transmod.model.factors import Factors
from transmod.model.road import Floats, hours_per_km
from transmod.schema import N_SPEED_NODES, POLLUTANTS

# quantities of a link, in order: masses [g], grid electricity [MJ] and its CO2 [g], time [h]
LINK_QUANTITIES = (*POLLUTANTS, "electricity", "co2_scope2", "hours")


def link_factors(
    streams: Sequence[tuple[str, str]], gradients: Floats, factors: Factors, shares: Floats
) -> Floats:
    """
    Weight the factors by the fleet, for the link pass.

    Parameters
    ----------
    streams : sequence of (str, str)
        C streams.
    gradients : float64 (G,)
        Gradient nodes of the activity.
    factors : Factors
        Of J types.
    shares : float64 (M, C, J)
        Distinct fleets.

    Returns
    -------
    float64 (M, G, R, K, C, len(LINK_QUANTITIES))
        Scope 1 masses [g/km], grid electricity [MJ/km] and its CO2 [g/km], time [h/km].
    """
    target = np.array([_link_quantity(q) for q in factors.quantities])
    out = np.zeros(
        (
            shares.shape[0],
            gradients.size,
            factors.index.shape[2],
            N_SPEED_NODES,
            len(streams),
            len(LINK_QUANTITIES),
        )
    )
    out[..., LINK_QUANTITIES.index("hours")] = hours_per_km()[:, None]
    used = np.flatnonzero(target >= 0)
    n_curves = factors.curve.shape[0]
    for m, c in np.ndindex(shares.shape[:2]):
        types = np.flatnonzero(shares[m, c])
        for g, gradient in enumerate(factors.at(gradients)):
            for r in range(out.shape[2]):
                curve = factors.index[types, :, r, gradient][:, used]
                weight = shares[m, c, types][:, None] * factors.held(c, r, types)[:, used]
                row = np.broadcast_to(target[used], curve.shape)
                some = curve > 0
                mix = sparse.csr_matrix(
                    (weight[some], (row[some], curve[some])),
                    shape=(len(LINK_QUANTITIES), n_curves),
                )
                out[m, g, r, :, c, :] += (mix @ factors.curve).T
    return out


def _link_quantity(quantity: tuple[str, str]) -> int:
    """Return the place of a quantity among those of a link, -1 where links do not show it."""
    process, name = quantity
    if process == "grid_losses":
        return -1
    if process == "electricity":
        return LINK_QUANTITIES.index("electricity" if name == "energy" else "co2_scope2")
    return -1 if name == "energy" else LINK_QUANTITIES.index(name)
