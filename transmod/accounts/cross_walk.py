"""
The same year by other methods of counting, and line by line why they differ.

Territorial: what is driven inside the boundary. Fuel sold: what filling stations sell. Induced
activity: trips that start or end in the city, those that cross its boundary by half, through trips
not at all. Residents' travel: what residents drive, wherever. Only what the inputs allow is
computed; a line that lacks one says which.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from transmod.accounts.held import INCLUDED_ELSEWHERE
from transmod.accounts.ledger import InventoryLedger, MemoLedger
from transmod.inputs.checks import listed
from transmod.model.labels import decode, group_rows, stack
from transmod.schema import CROSS_WALK

_STREAM = ["vehicle_class", "trip_kind"]
HALF = 0.5  # of a trip that crosses the boundary, as the GPC's induced activity has it
_LESS_SURE = ("computed", "estimated", "lower bound", "input missing")
NONE_OUTSIDE = "no link of the network lies outside the boundary"
AS_FAR = "only as far as the network reaches; at the mean rates inside"
NO_KINDS = "needs volumes by kind of trip (`trip_kind`)"


@dataclass(frozen=True)
class _Amount:
    """Kilometres [veh km], fossil CO2 of fuel [t] and energy of fuel [TJ]."""

    vkm: float = math.nan
    co2_t: float = math.nan
    energy_tj: float = math.nan

    def __add__(self, other: _Amount) -> _Amount:
        return _Amount(
            self.vkm + other.vkm, self.co2_t + other.co2_t, self.energy_tj + other.energy_tj
        )


@dataclass
class _Walk:
    """Lines of one method: it starts from the territorial account and ends in its own."""

    method: str
    start: _Amount
    rows: list[dict[str, object]] = field(default_factory=list)
    sum: _Amount = field(init=False)
    status: str = "computed"  # the least sure of the steps

    def __post_init__(self) -> None:
        self.sum = self.start
        self._say("start", "road inside the boundary, whoever drives", self.start, "computed", "")

    def step(self, line: str, amount: _Amount, status: str, why: str) -> None:
        """Add a difference."""
        self.sum += amount
        self.status = max(self.status, status, key=_LESS_SURE.index)
        self._say("difference", line, amount, status, why)

    def lack(self, line: str, why: str, *, more: bool = False) -> None:
        """Say that a difference is not known; if it can only add, the end is a lower bound."""
        if more:
            self.status = max(self.status, "lower bound", key=_LESS_SURE.index)
            self._say("difference", line, _Amount(), "input missing", why)
        else:
            self.step(line, _Amount(), "input missing", why)

    def end(self, line: str) -> list[dict[str, object]]:
        """Close the walk."""
        self._say("end", line, self.sum, self.status, "")
        return self.rows

    def _say(self, step: str, line: str, amount: _Amount, status: str, why: str) -> None:
        self.rows.append(
            {"method": self.method, "step": step, "line": line, "vkm": amount.vkm,
             "co2_t": amount.co2_t, "energy_tj": amount.energy_tj, "status": status,
             "explanation": why}
        )  # fmt: skip


def cross_walk(
    inventory: InventoryLedger,
    memo: MemoLedger,
    inside: pd.DataFrame,
    outside: pd.DataFrame,
    *,
    fuel_sold: Mapping[str, float] | None = None,
    resident_share: Mapping[tuple[str, str], float] | None = None,
) -> pd.DataFrame:
    """
    Walk from the territorial account of road traffic to those of the other methods.

    Parameters
    ----------
    inventory, memo : InventoryLedger, MemoLedger
        The ledger; also what is held elsewhere is driven here.
    inside, outside : pandas.DataFrame
        `vehicle_class`, `trip_kind`, `vkm` [veh km] inside the boundary, and outside it as far as
        the network reaches.
    fuel_sold : mapping of str to float, optional
        Energy [TJ] of the fuels sold in the city.
    resident_share : mapping of (vehicle_class, trip_kind) to float, optional
        Share of the kilometres that residents drive.

    Returns
    -------
    pandas.DataFrame
        Rows in the form of `schema.CROSS_WALK`; the differences of a method add up to its end.
        Amounts are null where an input is missing. They are those of fuel, scope 1: CO2 is fossil,
        energy holds biofuel too; electricity stands on lines of its own in the inventory.

    Notes
    -----
    What is driven outside has the mean rates of its class and kind inside: an estimate, and marked
    so. Methods after the GPC v1.1, chapter 7.
    """
    streams = _rates(inventory, memo, inside)
    total = _Amount(*(math.fsum(streams[name]) for name in ("vkm", "co2_t", "energy_tj")))
    beyond = _outside(streams, outside)
    rows = [
        *_walk_held(total, inventory),
        *_walk_induced(total, streams, beyond),
        *_walk_residents(total, streams, beyond, resident_share),
        *_walk_fuel_sold(total, inventory, memo, fuel_sold),
    ]
    table = pd.DataFrame(rows).assign(number=range(1, len(rows) + 1))
    return table[list(CROSS_WALK.names)]


def _rates(inventory: InventoryLedger, memo: MemoLedger, inside: pd.DataFrame) -> pd.DataFrame:
    """Sum kilometres, CO2 and energy by class and kind of trip; empty where parked or unknown."""
    road, energy = _of_fuel(inventory, memo)
    sums = pd.concat(
        [
            _sum_streams(inside, "vkm"),
            _sum_streams(road, "mass_t"),
            _sum_streams(energy, "energy_tj"),
        ],
        axis=1,
    )
    sums = sums.rename(columns={"mass_t": "co2_t"}).sort_index()
    return sums.where(sums.notna(), 0.0)  # a class without fuel emits none; parked cars drive none


def _sum_streams(rows: pd.DataFrame, value: str) -> pd.Series:
    """Add rows up by class and kind of trip."""
    first, group = group_rows(rows[_STREAM])
    names = decode(rows[_STREAM].iloc[first]).fillna("")
    sums = rows[value].groupby(group, sort=False).sum()
    return sums.set_axis(pd.MultiIndex.from_frame(names))


def _outside(streams: pd.DataFrame, outside: pd.DataFrame) -> pd.DataFrame:
    """Estimate what is driven outside, at the mean rates inside; null for a class not inside."""
    vkm = outside.groupby(_STREAM, observed=True)["vkm"].sum()
    vkm = vkm[vkm > 0.0]
    rate = streams.div(streams["vkm"].where(streams["vkm"] > 0.0), axis=0)
    return rate.reindex(vkm.index).mul(vkm, axis=0)


def list_trip_causes(
    streams: pd.DataFrame,
    outside: pd.DataFrame,
    resident_share: Mapping[tuple[str, str], float] | None,
) -> list[dict[str, object]]:
    """
    List by how much the city's own vehicles, wherever they drive, differ from all that drive in it.

    Parameters
    ----------
    streams : pandas.DataFrame
        `vkm` [veh km], `co2_t` [t], `energy_tj` [TJ] by `vehicle_class` and `trip_kind`.
    outside : pandas.DataFrame
        `vehicle_class`, `trip_kind`, `vkm` [veh km] outside, as far as the network reaches.
    resident_share : mapping of (vehicle_class, trip_kind) to float, optional
        Without it, through trips count as others', and half of what crosses the boundary.

    Returns
    -------
    list of dict
        The differences of `cross_walk`: `line`, `vkm`, `co2_t`, `energy_tj`, `status`,
        `explanation`.
    """
    beyond = _outside(streams, outside)
    nothing = _Amount(0.0, 0.0, 0.0)
    walk = (
        _walk_induced(nothing, streams, beyond)
        if resident_share is None
        else _walk_residents(nothing, streams, beyond, resident_share)
    )
    return [row for row in walk if row["step"] == "difference"]


def _walk_held(total: _Amount, inventory: InventoryLedger) -> list[dict[str, object]]:
    """Walk to what the rule has in its total: less what is held elsewhere."""
    walk = _Walk("territorial", total)
    rows, energy = inventory.rows, inventory.energy
    held = rows[_is_fuel(rows) & rows["notation_key"].isin([INCLUDED_ELSEWHERE])]
    held_energy = energy[_is_fuel(energy) & energy["notation_key"].isin([INCLUDED_ELSEWHERE])]
    for place in sorted({*held["held_in"].dropna(), *held_energy["held_in"].dropna()}):
        co2 = held[(held["held_in"] == place) & (held["pollutant"] == "co2")]["mass_t"].dropna()
        joules = held_energy[held_energy["held_in"] == place]["energy_tj"]
        amount = _Amount(math.nan, -math.fsum(co2), -math.fsum(joules))
        walk.step(f"held in {place}", amount, "computed", "declared in the scenario")
    if len(walk.rows) == 1:
        return walk.rows
    return walk.end("in the territorial account")


def _of_fuel(inventory: InventoryLedger, memo: MemoLedger) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of fossil CO2, and of energy, of the road's fuel."""
    rows, energy = inventory.rows, stack([inventory.energy, memo.energy])
    return rows[_is_fuel(rows) & (rows["pollutant"] == "co2")], energy[_is_fuel(energy)]


def _is_fuel(rows: pd.DataFrame) -> pd.Series:
    """Tell the rows of the road's fuel, scope 1."""
    return (rows["subsector"] == "road") & (rows["scope"] == 1) & (rows["fuel"] != "electricity")


def _walk_induced(
    total: _Amount, streams: pd.DataFrame, beyond: pd.DataFrame
) -> list[dict[str, object]]:
    walk = _Walk("induced activity", total)
    end = "trips that start or end in the city"
    if _has_no_kinds(streams):
        walk.lack("through trips, and half of the trips that cross the boundary", NO_KINDS)
        return walk.end(end)
    walk.step(
        "through trips", _of_kind(streams, "through", -1.0), "computed",
        "they neither start nor end in the city",
    )  # fmt: skip
    walk.step(
        "half of crossing trips, inside", _of_kind(streams, "inbound_outbound", -HALF), "computed",
        "the other end of the trip takes the other half",
    )  # fmt: skip
    outside = "half of crossing trips, outside"
    if beyond.empty:
        walk.lack(outside, NONE_OUTSIDE, more=True)
    else:
        walk.step(outside, _of_kind(beyond, "inbound_outbound", HALF), "estimated", AS_FAR)
    return walk.end(end)


def _walk_residents(
    total: _Amount,
    streams: pd.DataFrame,
    beyond: pd.DataFrame,
    share: Mapping[tuple[str, str], float] | None,
) -> list[dict[str, object]]:
    walk = _Walk("residents' travel", total)
    end = "what residents drive"
    lacking = [] if share is None else sorted(set(_driven(streams)) - set(share))
    if share is None or lacking:
        which = f" for {listed(' '.join(pair) for pair in lacking)}" if lacking else ""
        walk.lack(
            "visitors inside, residents outside",
            f"needs the share of residents (`[accounting.cross_walk] resident_share`){which}",
        )
        return walk.end(end)
    walk.step(
        "visitors inside", _weighted(streams, {key: share[key] - 1.0 for key in _driven(streams)}),
        "computed", "driven inside by people who live elsewhere",
    )  # fmt: skip
    if beyond.empty:
        walk.lack("residents outside", NONE_OUTSIDE, more=True)
    else:
        weight = {key: share.get(key, 0.0) for key in beyond.index}
        walk.step("residents outside", _weighted(beyond, weight), "estimated", AS_FAR)
    return walk.end(end)


def _walk_fuel_sold(
    total: _Amount,
    inventory: InventoryLedger,
    memo: MemoLedger,
    sold: Mapping[str, float] | None,
) -> list[dict[str, object]]:
    walk = _Walk("fuel sold", _Amount(math.nan, total.co2_t, total.energy_tj))
    end = "fuel sold in the city"
    if sold is None:
        walk.lack("fuel sold", "needs what was sold (`[accounting.cross_walk] fuel_sold`)")
        return walk.end(end)
    road, energy = _of_fuel(inventory, memo)
    co2 = road.groupby("fuel", observed=True)["mass_t"].sum()
    burnt = energy.groupby("fuel", observed=True)["energy_tj"].sum()
    for fuel, modelled in burnt.items():
        name = str(fuel)
        if name not in sold:
            walk.lack(f"{name}: sold less driven", f"{name} is driven on, but sales lack it")
            continue
        more = sold[name] - modelled
        own = co2.get(fuel, 0.0)
        amount = _Amount(math.nan, own / modelled * more if modelled else 0.0, more)
        walk.step(f"{name}: sold less driven", amount, "computed", _why_sold(more, modelled))
    if "electricity" in sold:
        nothing = _Amount(math.nan, 0.0, 0.0)
        walk.step("electricity", nothing, "computed", "scope 2: no part of this walk")
    for name in sorted(set(sold) - {"electricity"} - {str(fuel) for fuel in burnt.index}):
        walk.lack(f"{name}: sold, not driven on", "no vehicle of the model takes it: no factor")
    other = road[~road["fuel"].isin(burnt.index)]["mass_t"]
    if other.sum() > 0.0:
        amount = _Amount(math.nan, -math.fsum(other), 0.0)
        walk.step("engine oil, urea", amount, "computed", "no fuel, and not in its sales")
    return walk.end(end)


def _why_sold(more: float, modelled: float) -> str:
    if abs(more) <= 0.02 * modelled:
        return "within 2 %"
    if more > 0.0:
        return "bought here and burnt elsewhere, or off the road; or activity is missing"
    return "bought elsewhere and burnt here, as by through traffic; or activity is too high"


def _of_kind(sums: pd.DataFrame, kind: str, weight: float) -> _Amount:
    own = sums[sums.index.get_level_values("trip_kind") == kind]
    return _Amount(*(weight * math.fsum(own[name]) for name in ("vkm", "co2_t", "energy_tj")))


def _weighted(sums: pd.DataFrame, weight: Mapping[tuple[str, str], float]) -> _Amount:
    own = sums.reindex(list(weight))
    factor = list(weight.values())
    return _Amount(
        *(math.fsum(own[name].to_numpy() * factor) for name in ("vkm", "co2_t", "energy_tj"))
    )


def _driven(streams: pd.DataFrame) -> Iterator[tuple[str, str]]:
    return ((str(a), str(b)) for a, b in streams.index[(streams["vkm"] > 0.0).to_numpy()])


def _has_no_kinds(streams: pd.DataFrame) -> bool:
    return any(kind == "all" for _, kind in _driven(streams))
