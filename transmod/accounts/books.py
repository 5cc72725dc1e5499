"""The books of a run: every table that is made from its ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from transmod.accounts.attribution import list_attribution
from transmod.accounts.cross_walk import cross_walk
from transmod.accounts.held import Holding
from transmod.accounts.indicators import Facts, to_indicators
from transmod.accounts.inventory import Account, to_inventory, totals
from transmod.accounts.ledger import add_types, post, to_energy_table, to_table
from transmod.accounts.overlaps import find_overlaps
from transmod.columns import Columns, add_up, stack
from transmod.inputs.method_tables import Methods
from transmod.inputs.rules import Rule

if TYPE_CHECKING:  # loaded where it is asked for alone
    from transmod.accounts.reconciliation import Evidence, Reconciled
    from transmod.accounts.targets import Target
    from transmod.accounts.uncertainty import Uncertainty


@dataclass(frozen=True, eq=False)
class Basis:
    """
    How a run keeps its books, and what they are set against.

    `rule`, `account`, what is held elsewhere, other methods; `evidence` of sales and statistics
    (None where there is none), `facts` of the city, `targets`.
    """

    rule: Rule
    account: Account
    holdings: tuple[Holding, ...]
    methods: Methods
    evidence: Evidence | None = None
    facts: Facts = field(default_factory=Facts)
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, eq=False)
class Books:
    """
    The account of a run as tables in the forms of `schema`.

    `ledger`, `energy`, `inventory`, `cross_walk`, `overlaps`, `indicators`; `reconciliation` and
    `targets` where the scenario asks for them. `attribution` says how rows came to their district,
    `totals` are figures of the city, `notes` tell what was calibrated, how far
    sales and targets are. `uncertainty` is how sure
    they are, where that was asked; `inventory` then has intervals.
    """

    ledger: Columns
    energy: Columns
    inventory: Columns
    cross_walk: Columns
    overlaps: Columns
    indicators: Columns
    reconciliation: Columns | None
    targets: Columns | None
    attribution: list[dict[str, Any]]
    totals: dict[str, Any]
    notes: tuple[str, ...]
    uncertainty: Uncertainty | None = None

    @property
    def seed(self) -> int | None:
        """The seed of its draws; None where nothing is drawn."""
        return None if self.uncertainty is None else self.uncertainty.question.seed


def keep_books(
    emissions: Iterable[Columns],
    energy: Iterable[Columns],
    driven: Columns,
    driven_outside: Columns,
    districts: Columns,
    basis: Basis,
) -> Books:
    """
    Post what was emitted, and make every table of the account.

    Parameters
    ----------
    emissions, energy : iterable of Columns
        Rows for the ledger, as `ledger.post` takes them.
    driven : Columns
        `schema.ACTIVITY` of road traffic inside the boundary.
    driven_outside : Columns
        `vehicle_class`, `trip_kind`, `vkm` [veh km] beyond it.
    districts : Columns
        `district_id` and `name`.
    basis : Basis
        How the books are kept.

    Raises
    ------
    InputError
        If what is held elsewhere matches no row, or two match the same; if a calibration leaves
        nothing.
    CheckError
        If a row cannot stand in the ledger.
    """
    inventory, memo = post(stack(emissions), stack(energy), basis.rule, basis.holdings)
    evidence, methods, account = basis.evidence, basis.methods, basis.account
    reconciled: Reconciled | None = None
    targets: Columns | None = None
    notes: list[str] = []
    if evidence is not None:
        from transmod.accounts.reconciliation import reconcile

        reconciled = reconcile(
            inventory, memo, driven, driven_outside, evidence, methods.resident_share
        )
        inventory, memo = reconciled.inventory, reconciled.memo
        notes += reconciled.notes
        if methods.fuel_sold is None:
            methods = replace(methods, fuel_sold=evidence.fuel_sold)
    vkm = add_up(driven, ["district_id"], "vkm").sort(["district_id"])
    ledger = to_table(inventory, memo)
    energy_table = to_energy_table(inventory, memo, account.coal)
    if basis.targets:
        from transmod.accounts.targets import say_targets, to_targets

        targets = to_targets(ledger, energy_table, account.gwp, account.year, basis.targets)
        notes += say_targets(targets)
    indicators = to_indicators(ledger, energy_table, driven, districts, account.gwp, basis.facts)
    # nothing below asks for vehicle types, so hundreds of them cost no more than a few
    inventory, memo = add_types(inventory), add_types(memo)
    return Books(
        ledger=ledger,
        energy=energy_table,
        inventory=to_inventory(inventory, memo, account, districts, vkm),
        cross_walk=cross_walk(inventory, memo, driven, driven_outside, **vars(methods)),
        overlaps=find_overlaps(inventory, memo),
        indicators=indicators,
        reconciliation=None if reconciled is None else reconciled.table,
        targets=targets,
        attribution=list_attribution(to_table(inventory, memo)),
        totals=totals(inventory, memo, account, float(vkm["vkm"].sum())),
        notes=tuple(notes),
    )
