"""
The same year by other methods of counting, and line by line why they differ.

Territorial: what is driven inside the boundary. Fuel sold: what filling stations sell. Induced
activity: trips that start or end in the city, those that cross its boundary by half, through trips
not at all. Residents' travel: what residents drive, wherever. Only what the inputs allow is
computed; a line that lacks one says which.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from transmod.accounts.held import INCLUDED_ELSEWHERE
from transmod.accounts.ledger import InventoryLedger, MemoLedger
from transmod.accounts.tallies import tally
from transmod.columns import Booleans, Columns, Floats, from_records, stack
from transmod.inputs.checks import listed
from transmod.schema import CROSS_WALK

Stream = tuple[str, str]  # class of vehicle and kind of trip, empty where parked or unknown

_FIGURES = ("vkm", "co2_t", "energy_tj")
HALF = 0.5  # of a trip that crosses the boundary, as the GPC's induced activity has it
_LESS_SURE = ("computed", "estimated", "lower bound", "input missing")
NONE_OUTSIDE = "no link of the network lies outside the boundary"
AS_FAR = "only as far as the network reaches; at the mean rates inside"
NO_KINDS = "needs volumes by kind of trip (`trip_kind`)"


@dataclass(frozen=True)
class Amount:
    """Kilometres [veh km], fossil CO2 of fuel [t] and energy of fuel [TJ]."""

    vkm: float = math.nan
    co2_t: float = math.nan
    energy_tj: float = math.nan

    def __add__(self, other: Amount) -> Amount:
        return Amount(
            self.vkm + other.vkm, self.co2_t + other.co2_t, self.energy_tj + other.energy_tj
        )

    def times(self, factor: float) -> Amount:
        """Return a multiple."""
        return Amount(*(factor * getattr(self, name) for name in _FIGURES))

    def at(self, vkm: float) -> Amount:
        """Return the amount of other kilometres at the same rates; null where none are driven."""
        if not self.vkm > 0.0:
            return Amount()
        return Amount(*(getattr(self, name) / self.vkm * vkm for name in _FIGURES))


@dataclass
class _Walk:
    """Lines of one method: it starts from the territorial account and ends in its own."""

    method: str
    start: Amount
    rows: list[dict[str, object]] = field(default_factory=list)
    sum: Amount = field(init=False)
    status: str = "computed"  # the least sure of the steps

    def __post_init__(self) -> None:
        self.sum = self.start
        self._say("start", "road inside the boundary, whoever drives", self.start, "computed", "")

    def step(self, line: str, amount: Amount, status: str, why: str) -> None:
        """Add a difference."""
        self.sum += amount
        self.status = max(self.status, status, key=_LESS_SURE.index)
        self._say("difference", line, amount, status, why)

    def lack(self, line: str, why: str, *, more: bool = False) -> None:
        """Say that a difference is not known; if it can only add, the end is a lower bound."""
        if more:
            self.status = max(self.status, "lower bound", key=_LESS_SURE.index)
            self._say("difference", line, Amount(), "input missing", why)
        else:
            self.step(line, Amount(), "input missing", why)

    def end(self, line: str) -> list[dict[str, object]]:
        """Close the walk."""
        self._say("end", line, self.sum, self.status, "")
        return self.rows

    def _say(self, step: str, line: str, amount: Amount, status: str, why: str) -> None:
        self.rows.append(
            {"method": self.method, "step": step, "line": line, "vkm": amount.vkm,
             "co2_t": amount.co2_t, "energy_tj": amount.energy_tj, "status": status,
             "explanation": why}
        )  # fmt: skip


def cross_walk(
    inventory: InventoryLedger,
    memo: MemoLedger,
    inside: Columns,
    outside: Columns,
    *,
    fuel_sold: Mapping[str, float] | None = None,
    resident_share: Mapping[Stream, float] | None = None,
) -> Columns:
    """
    Walk from the territorial account of road traffic to those of the other methods.

    Parameters
    ----------
    inventory, memo : InventoryLedger, MemoLedger
        The ledger; also what is held elsewhere is driven here.
    inside, outside : Columns
        `vehicle_class`, `trip_kind`, `vkm` [veh km] inside the boundary, and outside it as far as
        the network reaches.
    fuel_sold : mapping of str to float, optional
        Energy [TJ] of the fuels sold in the city.
    resident_share : mapping of (vehicle_class, trip_kind) to float, optional
        Share of the kilometres that residents drive.

    Returns
    -------
    Columns
        Rows in the form of `schema.CROSS_WALK`; the differences of a method add up to its end.
        Amounts are null where an input is missing. They are those of fuel, scope 1: CO2 is fossil,
        energy holds biofuel too; electricity stands on lines of its own in the inventory.

    Notes
    -----
    What is driven outside has the mean rates of its class and kind inside: an estimate, and marked
    so. Methods after the GPC v1.1, chapter 7.
    """
    road, energy = _of_fuel(inventory, memo)
    streams = _rates(road, energy, inside)
    total = _sum(streams.values())
    beyond = _outside(streams, outside)
    rows = [
        *_walk_held(total, inventory),
        *_walk_induced(total, streams, beyond),
        *_walk_residents(total, streams, beyond, resident_share),
        *_walk_fuel_sold(total, road, energy, fuel_sold),
    ]
    for number, row in enumerate(rows, start=1):
        row["number"] = number
    return from_records(rows, CROSS_WALK)


def _rates(road: Columns, energy: Columns, inside: Columns) -> dict[Stream, Amount]:
    """Sum kilometres, CO2 and energy by class and kind of trip."""
    sums = (_sum_streams(inside, "vkm"), _sum_streams(road, "mass_t"),
            _sum_streams(energy, "energy_tj"))  # fmt: skip
    # a class without fuel emits none; parked cars drive none
    return {
        stream: Amount(*(own.get(stream, 0.0) for own in sums))
        for stream in sorted(set().union(*sums))
    }


def _sum_streams(rows: Columns, value: str) -> dict[Stream, float]:
    """Add what is known up by class and kind of trip."""
    keys = ["vehicle_class", "trip_kind"]
    sums = tally(rows[[*keys, value]][~np.isnan(rows[value])], keys, value)
    return {(name or "", kind or ""): own for (name, kind), own in sums.items()}


def _outside(streams: Mapping[Stream, Amount], outside: Columns) -> dict[Stream, Amount]:
    """Estimate what is driven outside, at the mean rates inside; null for a class not inside."""
    return {
        stream: streams.get(stream, Amount()).at(vkm)
        for stream, vkm in sorted(_sum_streams(outside, "vkm").items())
        if vkm > 0.0
    }


def list_trip_causes(
    streams: Mapping[Stream, Amount],
    outside: Columns,
    resident_share: Mapping[Stream, float] | None,
) -> list[dict[str, object]]:
    """
    List by how much the city's own vehicles, wherever they drive, differ from all that drive in it.

    Parameters
    ----------
    streams : mapping of (vehicle_class, trip_kind) to Amount
        What all that drive in the city drive, emit and take.
    outside : Columns
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
    nothing = Amount(0.0, 0.0, 0.0)
    walk = (
        _walk_induced(nothing, streams, beyond)
        if resident_share is None
        else _walk_residents(nothing, streams, beyond, resident_share)
    )
    return [row for row in walk if row["step"] == "difference"]


def _walk_held(total: Amount, inventory: InventoryLedger) -> list[dict[str, object]]:
    """Walk to what the rule has in its total: less what is held elsewhere."""
    walk = _Walk("territorial", total)
    rows, energy = inventory.rows, inventory.energy
    held = rows[_is_fuel(rows) & (rows["notation_key"] == INCLUDED_ELSEWHERE)]
    held_energy = energy[_is_fuel(energy) & (energy["notation_key"] == INCLUDED_ELSEWHERE)]
    for place in sorted({*held["held_in"].unique(), *held_energy["held_in"].unique()}):
        co2 = held["mass_t"][(held["held_in"] == place) & (held["pollutant"] == "co2")]
        joules = held_energy["energy_tj"][held_energy["held_in"] == place]
        amount = Amount(math.nan, -math.fsum(_known(co2)), -math.fsum(joules))
        walk.step(f"held in {place}", amount, "computed", "declared in the scenario")
    if len(walk.rows) == 1:
        return walk.rows
    return walk.end("in the territorial account")


def _of_fuel(inventory: InventoryLedger, memo: MemoLedger) -> tuple[Columns, Columns]:
    """Return the rows of fossil CO2, and of energy, of the road's fuel."""
    rows, energy = inventory.rows, stack([inventory.energy, memo.energy])
    return rows[_is_fuel(rows) & (rows["pollutant"] == "co2")], energy[_is_fuel(energy)]


def _is_fuel(rows: Columns) -> Booleans:
    """Tell the rows of the road's fuel, scope 1."""
    of_road: Booleans = (rows["subsector"] == "road") & (rows["scope"] == 1)
    return of_road & (rows["fuel"] != "electricity")


def _walk_induced(
    total: Amount, streams: Mapping[Stream, Amount], beyond: Mapping[Stream, Amount]
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
    if not beyond:
        walk.lack(outside, NONE_OUTSIDE, more=True)
    else:
        walk.step(outside, _of_kind(beyond, "inbound_outbound", HALF), "estimated", AS_FAR)
    return walk.end(end)


def _walk_residents(
    total: Amount,
    streams: Mapping[Stream, Amount],
    beyond: Mapping[Stream, Amount],
    share: Mapping[Stream, float] | None,
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
    if not beyond:
        walk.lack("residents outside", NONE_OUTSIDE, more=True)
    else:
        weight = {key: share.get(key, 0.0) for key in beyond}
        walk.step("residents outside", _weighted(beyond, weight), "estimated", AS_FAR)
    return walk.end(end)


def _walk_fuel_sold(
    total: Amount,
    road: Columns,
    energy: Columns,
    sold: Mapping[str, float] | None,
) -> list[dict[str, object]]:
    walk = _Walk("fuel sold", Amount(math.nan, total.co2_t, total.energy_tj))
    end = "fuel sold in the city"
    if sold is None:
        walk.lack("fuel sold", "needs what was sold (`[accounting.cross_walk] fuel_sold`)")
        return walk.end(end)
    co2 = _sum_fuels(road, "mass_t")
    burnt = _sum_fuels(energy, "energy_tj")
    for name, modelled in burnt.items():
        if name not in sold:
            walk.lack(f"{name}: sold less driven", f"{name} is driven on, but sales lack it")
            continue
        more = sold[name] - modelled
        own = co2.get(name, 0.0)
        amount = Amount(math.nan, own / modelled * more if modelled else 0.0, more)
        walk.step(f"{name}: sold less driven", amount, "computed", _why_sold(more, modelled))
    if "electricity" in sold:
        nothing = Amount(math.nan, 0.0, 0.0)
        walk.step("electricity", nothing, "computed", "scope 2: no part of this walk")
    for name in sorted(set(sold) - {"electricity"} - set(burnt)):
        walk.lack(f"{name}: sold, not driven on", "no vehicle of the model takes it: no factor")
    other = road["mass_t"][~road["fuel"].isin(burnt)]
    if math.fsum(_known(other)) > 0.0:
        amount = Amount(math.nan, -math.fsum(other), 0.0)
        walk.step("engine oil, urea", amount, "computed", "no fuel, and not in its sales")
    return walk.end(end)


def _sum_fuels(rows: Columns, value: str) -> dict[str, float]:
    """Add what is known up by fuel; what takes none is no part."""
    own = rows[~np.isnan(rows[value]) & rows["fuel"].notna()]
    return dict(sorted((fuel, amount) for (fuel,), amount in tally(own, ["fuel"], value).items()))


def _why_sold(more: float, modelled: float) -> str:
    if abs(more) <= 0.02 * modelled:
        return "within 2 %"
    if more > 0.0:
        return "bought here and burnt elsewhere, or off the road; or activity is missing"
    return "bought elsewhere and burnt here, as by through traffic; or activity is too high"


def _sum(amounts: Iterable[Amount]) -> Amount:
    """Add amounts up, each sum rounded once."""
    own = list(amounts)
    return Amount(*(math.fsum(getattr(amount, name) for amount in own) for name in _FIGURES))


def _of_kind(streams: Mapping[Stream, Amount], kind: str, weight: float) -> Amount:
    return _sum(amount for (_, own), amount in streams.items() if own == kind).times(weight)


def _weighted(streams: Mapping[Stream, Amount], weight: Mapping[Stream, float]) -> Amount:
    return _sum(streams[key].times(factor) for key, factor in weight.items())


def _driven(streams: Mapping[Stream, Amount]) -> list[Stream]:
    return [stream for stream, amount in streams.items() if amount.vkm > 0.0]


def _has_no_kinds(streams: Mapping[Stream, Amount]) -> bool:
    return any(kind == "all" for _, kind in _driven(streams))


def _known(values: Floats) -> Floats:
    return values[~np.isnan(values)]
