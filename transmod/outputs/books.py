"""The books of a run as files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from transmod.accounts.books import Books
from transmod.columns import Columns
from transmod.outputs.tables import write_csv, write_table
from transmod.schema import (
    ACTIVITY,
    CROSS_WALK,
    ENERGY,
    INDICATORS,
    INVENTORY_INTERVALS,
    LEDGER,
    OVERLAPS,
    RECONCILIATION,
    TARGETS,
)


def write_books(folder: Path, books: Books, activity: Columns, about: Mapping[str, str]) -> None:
    """
    Write every table of the account into a folder.

    Parameters
    ----------
    folder : Path
        Where to.
    books : Books
        The account.
    activity : Columns
        `schema.ACTIVITY`.
    about : mapping of str to str
        Facts for the metadata of the files.
    """
    for name, table, frame in (
        ("ledger", LEDGER, books.ledger),
        ("energy", ENERGY, books.energy),
        ("activity", ACTIVITY, activity),
    ):
        write_table(frame, table, folder / f"{name}.parquet", metadata=about)
    for name, table, text in (
        ("inventory", INVENTORY_INTERVALS, books.inventory),
        ("cross_walk", CROSS_WALK, books.cross_walk),
        ("overlaps", OVERLAPS, books.overlaps),
        ("indicators", INDICATORS, books.indicators),
        ("reconciliation", RECONCILIATION, books.reconciliation),
        ("targets", TARGETS, books.targets),
    ):
        if text is not None:
            write_csv(text, table, folder / f"{name}.csv")
    if books.uncertainty is not None:
        from transmod.outputs.uncertainty import write_uncertainty

        write_uncertainty(books.uncertainty, folder)
