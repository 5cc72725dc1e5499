"""What two runs hold of each substance, and what each cause did to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.accounts.checks import Check
from transmod.accounts.held import INCLUDED_ELSEWHERE, Holding, mark_held
from transmod.accounts.rules import to_lines
from transmod.accounts.shapley import PLAYERS, mix, split_by_cause
from transmod.columns import encode_rows
from transmod.exchange import from_frame
from transmod.inputs.rules import Rule
from transmod.model.terms import Terms
from transmod.schema import CAUSES, CLOSURE_TOLERANCE, GREENHOUSE_GASES

Floats = NDArray[np.float64]

_UNITS = {"energy": "TJ", "vkm": "veh km"}
_KEY = ["by", "name", "account", "pollutant"]
_BY = {
    "city": None,
    "district": "district_id",
    "vehicle_class": "vehicle_class",
    "fuel": "fuel",
    "line": "line",
}
_PLACE = ["district_id", "account", "subsector", "vehicle_class", "fuel", "pollutant"]
_TYPE = ["vehicle_class", "vehicle_type", "account", "pollutant"]
_SUM = ["district_id", "account", "pollutant"]


@dataclass(frozen=True, eq=False)
class Bookkeeping:
    """How a run accounts: its rule, what others hold, and warming potentials [t CO2e/t]."""

    rule: Rule
    holdings: tuple[Holding, ...]
    gwp: Mapping[str, float]


def to_account(lines: pd.DataFrame) -> NDArray[np.object_]:
    """
    Name where rows of a ledger stand: the total, a scope apart from it, or a kind of memo item.

    Parameters
    ----------
    lines : pandas.DataFrame
        `item`, `memo_kind`, `in_total`, `scope` and `notation_key` of the ledger.

    Returns
    -------
    object (N,)
        One of `schema.ACCOUNTS` each; no two of them may be added.
    """
    name = "scope_" + lines["scope"].astype(int).astype(str).to_numpy(object)
    held = lines["notation_key"].isin([INCLUDED_ELSEWHERE]).to_numpy(bool)
    name = np.where(held, "included_elsewhere", name)
    name = np.where(lines["in_total"].to_numpy(bool), "total", name)
    is_memo = (lines["item"] == "memo").to_numpy(bool)
    return np.where(is_memo, lines["memo_kind"].to_numpy(object), name)


def to_amounts(
    ledger: pd.DataFrame, energy: pd.DataFrame, gwp: Mapping[str, float]
) -> pd.DataFrame:
    """
    Bring ledger and energy of a run into one form.

    Parameters
    ----------
    ledger, energy : pandas.DataFrame
        `schema.LEDGER` and `schema.ENERGY`.
    gwp : mapping
        Warming potentials of the run [t CO2e/t].

    Returns
    -------
    pandas.DataFrame
        Keys of the ledger, `account`, `pollutant` (CO2 equivalent and energy too), `amount`
        [t, of energy TJ]. Rows without a figure are left out.
    """
    columns = [
        "district_id", "location", "subsector", "vehicle_class", "fuel", "activity", "gpc_ref",
        "account", "pollutant", "amount",
    ]  # fmt: skip
    known = ledger[ledger["mass_t"].notna()]
    mass = known.assign(account=to_account(known), amount=known["mass_t"])
    gases = mass[mass["pollutant"].isin(GREENHOUSE_GASES)]
    warming = gases["pollutant"].map(dict(gwp)).astype(np.float64)
    gases = gases.assign(pollutant="co2e", amount=gases["amount"] * warming)
    used = energy.assign(account=to_account(energy), amount=energy["energy_tj"], pollutant="energy")
    return pd.concat([frame[columns] for frame in (mass, gases, used)], ignore_index=True)


def to_differences(
    amounts: Sequence[pd.DataFrame], vkm: Sequence[pd.DataFrame], causes: pd.DataFrame
) -> pd.DataFrame:
    """
    Compare two runs in all and by district, class, fuel and line.

    Parameters
    ----------
    amounts : pair of pandas.DataFrame
        As `to_amounts` gives them, of run A and B.
    vkm : pair of pandas.DataFrame
        Rows with `district_id`, `vehicle_class` and `vkm` [veh km] of run A and B.
    causes : pandas.DataFrame
        `Causes.wide`.

    Returns
    -------
    pandas.DataFrame
        `schema.DIFFERENCES`; vehicle-kilometres and lines are not split by cause.
    """
    lined = [
        own.assign(line=own["gpc_ref"].fillna("-").astype(str) + " " + own["activity"].astype(str))
        for own in amounts
    ]
    driven = [own.assign(account="total", pollutant="vkm", amount=own["vkm"]) for own in vkm]
    parts = []
    for by, column in _BY.items():
        frames = [lined] if by in ("fuel", "line") else [lined, driven]
        parts += [_side_by_side(pair, by, column) for pair in frames]
    rows = pd.concat(parts, ignore_index=True)
    rows = rows.merge(_by_cause(causes), on=_KEY, how="left")
    is_split = (rows["by"] != "line") & (rows["pollutant"] != "vkm")
    split = rows.loc[is_split, list(CAUSES)]
    rows.loc[is_split, list(CAUSES)] = split.mask(split.isna(), 0.0)  # no cause did anything
    no_figure = rows[["amount_a", "amount_b"]].isna()
    rows["difference"] = rows["amount_b"].mask(no_figure["amount_b"], 0.0) - rows["amount_a"].mask(
        no_figure["amount_a"], 0.0
    )
    base = rows["amount_a"].where(rows["amount_a"] != 0.0)
    rows["difference_percent"] = 100.0 * rows["difference"] / base
    rows["unit"] = rows["pollutant"].map(_UNITS).fillna("t")
    return rows


def _side_by_side(pair: Sequence[pd.DataFrame], by: str, column: str | None) -> pd.DataFrame:
    sums = []
    for own in pair:
        named = own.assign(by=by, name=None if column is None else own[column])
        sums.append(named.groupby(_KEY, dropna=False)["amount"].sum().reset_index())
    return sums[0].merge(sums[1], on=_KEY, how="outer", suffixes=("_a", "_b"))


def _by_cause(causes: pd.DataFrame) -> pd.DataFrame:
    """Add up the columns of causes to the keys of the differences."""
    parts = []
    for by, column in _BY.items():
        if by == "line":
            continue
        named = causes.assign(by=by, name=None if column is None else causes[column])
        parts.append(named.groupby(_KEY, dropna=False)[list(CAUSES)].sum().reset_index())
    return pd.concat(parts, ignore_index=True)


@dataclass(frozen=True, eq=False)
class Causes:
    """
    Why two runs differ.

    `places` is `schema.CAUSES_OF_DIFFERENCES`, `types` is `schema.CAUSES_BY_TYPE`; `wide` is
    `places` with a column for each cause. `checks` say that the causes add up to the differences
    of the ledgers.
    """

    wide: pd.DataFrame
    places: pd.DataFrame
    types: pd.DataFrame
    checks: tuple[Check, ...]


def find_causes(
    terms: Iterable[Terms],
    books: tuple[Bookkeeping, Bookkeeping],
    amounts: Sequence[pd.DataFrame],
) -> Causes:
    """
    Split the differences of two ledgers between the causes.

    Parameters
    ----------
    terms : iterable of Terms
        All that both runs emit and use, each once.
    books : pair of Bookkeeping
        How run A and B account.
    amounts : pair of pandas.DataFrame
        As `to_amounts` gives them: what the terms must come to.

    Notes
    -----
    Where the rules differ an amount leaves one account and enters another: both are the work of
    the method, and so is all that another warming potential makes.
    """
    by_place, by_type, ends = [], [], []
    for own in terms:
        for rows, account, weight, pollutant in _postings(own, books):
            posted = own.take(rows)
            parts = split_by_cause(posted, weight)
            keys = posted.keys.assign(account=account, pollutant=pollutant)
            names = PLAYERS if own.is_divided else _undivided(PLAYERS)
            by_place.append(_add_up(keys[_PLACE], parts, names))
            by_type.append(_add_up(keys[_TYPE], parts, names))
            whole = np.stack([mix(posted, weight, dict.fromkeys(PLAYERS, d)) for d in (0, 1)])
            ends.append(_add_up(keys[_SUM], whole, ("a", "b")))
    places, types = _join(by_place, CAUSES), _join(by_type, CAUSES)
    found = _join(ends, ("a", "b"))
    return Causes(
        wide=places,
        places=_to_form(places),
        types=_to_form(types),
        checks=_close(places, found, amounts),
    )


def _undivided(names: Sequence[str]) -> tuple[str, ...]:
    """Return names of causes where all of the intensity is one cause."""
    return tuple("undivided" if name == "factors" else name for name in names)


def _postings(
    terms: Terms, books: tuple[Bookkeeping, Bookkeeping]
) -> list[tuple[NDArray[np.int64], NDArray[np.object_], Floats, NDArray[np.object_]]]:
    """Return rows of terms, the account they stand in, the weight of either run, the pollutant."""
    keys = terms.keys
    accounts = [_stand(keys, books[0])]
    # most runs account alike: lines are then found once
    accounts.append(accounts[0] if _is_alike(*books) else _stand(keys, books[1]))
    # a row that changes its account, stands in that of A for run A, in that of B for run B
    stays = accounts[0] == accounts[1]
    lone = (terms.activity > 0.0).sum(axis=0) == 1
    moves = ~stays & ~lone
    n = len(terms)
    whole = np.ones((2, n))
    parts = [(np.flatnonzero(~moves), np.where(terms.activity[0] > 0.0, *accounts), whole)]
    if moves.any():
        for d in (0, 1):
            weight = np.zeros((2, n))
            weight[d] = 1.0
            parts.append((np.flatnonzero(moves), accounts[d], weight))
    pollutant = keys["pollutant"].to_numpy(object)
    out = []
    for rows, account, weight in parts:
        out.append((rows, account[rows], weight[:, rows], pollutant[rows]))
        gas = rows[np.isin(pollutant[rows].astype(str), GREENHOUSE_GASES)]
        warming = np.array([[book.gwp[name] for name in pollutant[gas]] for book in books])
        warming = warming.reshape(2, gas.size)
        own = np.where(terms.activity[0, gas] > 0.0, warming[0], warming[1])
        warming = np.where(lone[gas], own, warming)
        out.append((gas, account[gas], weight[:, gas] * warming, np.full(gas.size, "co2e", object)))
    return [posting for posting in out if posting[0].size]


def _stand(keys: pd.DataFrame, book: Bookkeeping) -> NDArray[np.object_]:
    """Return the account that each row stands in."""
    lines = to_lines(from_frame(keys), book.rule)
    return to_account(mark_held(lines, book.holdings, may_miss=True).to_frame())


def _is_alike(a: Bookkeeping, b: Bookkeeping) -> bool:
    return a.holdings == b.holdings and a.rule.lines.records() == b.rule.lines.records()


def _add_up(keys: pd.DataFrame, parts: Floats, names: Sequence[str]) -> pd.DataFrame:
    """Add the parts of rows of one key."""
    _, first, place = np.unique(
        encode_rows(from_frame(keys)), return_index=True, return_inverse=True
    )
    out = keys.iloc[first].reset_index(drop=True)
    for name, part in zip(names, parts, strict=True):
        out[name] = np.bincount(place, part, minlength=len(out))
    return out


def _join(parts: Sequence[pd.DataFrame], names: Sequence[str]) -> pd.DataFrame:
    """Add up tables of the same keys; a table without one of the columns `names` has none of it."""
    rows = pd.concat(parts, ignore_index=True).reindex(
        columns=[*(k for k in parts[0].columns if k not in names), *names]
    )
    values = rows[list(names)]
    keys = rows.drop(columns=list(names))
    return _add_up(keys, values.mask(values.isna(), 0.0).to_numpy(np.float64).T, names)


def _to_form(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each cause that did something."""
    keys = [name for name in rows.columns if name not in CAUSES]
    long = rows.melt(keys, list(CAUSES), var_name="cause", value_name="difference")
    long = long[long["difference"] != 0.0].reset_index(drop=True)
    return long.assign(unit=long["pollutant"].map(_UNITS).fillna("t"))


def _close(
    places: pd.DataFrame, found: pd.DataFrame, amounts: Sequence[pd.DataFrame]
) -> tuple[Check, ...]:
    """Compare what was computed anew, and what the causes add up to, with both ledgers."""
    split = places[_SUM].assign(split=places[list(CAUSES)].sum(axis=1))
    names = ("a", "b", "split", "ledger_a", "ledger_b")
    ledgers = [
        own[_SUM].assign(**{name: own["amount"]})
        for name, own in zip(names[3:], amounts, strict=True)
    ]
    table = _join([found, split, *ledgers], names)
    size = table[["ledger_a", "ledger_b"]].max(axis=1).to_numpy()
    made = table["ledger_b"] - table["ledger_a"]
    return tuple(
        _worst(name, table[_SUM], left.to_numpy(), right.to_numpy(), size)
        for name, left, right in (
            ("run A computed anew = its ledger", table["a"], table["ledger_a"]),
            ("run B computed anew = its ledger", table["b"], table["ledger_b"]),
            ("causes = ledger B - ledger A", table["split"], made),
        )
    )


def _worst(name: str, keys: pd.DataFrame, left: Floats, right: Floats, size: Floats) -> Check:
    """Return the check of the place, account and pollutant that closes worst."""
    gap = np.abs(left - right)
    relative = np.divide(gap, size, out=np.where(gap > 0.0, np.inf, 0.0), where=size > 0.0)
    if not relative.size:
        return Check(name, 0.0, 0.0, 0.0, passed=True)
    at = int(np.argmax(relative))
    where = ", ".join(str(part) for part in keys.iloc[at])
    return Check(
        f"{name} ({len(relative)} sums, worst: {where})",
        float(left[at]),
        float(right[at]),
        float(relative[at]),
        passed=bool(relative[at] <= CLOSURE_TOLERANCE),
    )
