"""Collect the contracts whose money a batch changes, and store their open items anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, MetaData, Table, func, insert, select
from sqlalchemy.orm import Session

from app.actions.open_items import PORTION, delete_snapshots, store_snapshots
from app.models import Charge, Contract, Invoice, MonthlyBalance, Payment

MONEY = frozenset(model.__tablename__ for model in (Charge, Invoice, Payment, MonthlyBalance))
"""Tables of which open items are computed."""
AT_ONCE = 1000
"""Contracts whose open items an import computes itself, within a second or two."""


@dataclass
class TouchedContracts:
    """Temporary table of contracts of which a batch adds, changes or withdraws documents,
    invoices, payments or balances; a batch that does nothing of that costs nothing."""

    table: Table | None = None

    def add(self, connection: Connection, rows: Table, which: ColumnElement[bool]) -> None:
        """Add the contracts of some rows, if the table is one of money.

        A row that is about to change may pass to another contract: called before and after, both
        are there.
        """
        if rows.name not in MONEY:
            return
        if self.table is None:
            self.table = _create(connection)
        known = select(self.table.c.contract_id)
        found = (
            select(rows.c.contract_id)
            .where(which, rows.c.contract_id.is_not(None), rows.c.contract_id.not_in(known))
            .distinct()
        )
        connection.execute(insert(self.table).from_select(["contract_id"], found))

    def add_new(self, connection: Connection, rows: Table, last_id: int) -> None:
        """Add the contracts of the rows that were inserted after the one of that id."""
        self.add(connection, rows, rows.c.id > last_id)


def find_last_id(connection: Connection, rows: Table) -> int:
    """The id of the newest row of a table, for ``TouchedContracts.add_new``."""
    return connection.scalar(select(func.max(rows.c.id))) or 0


def store_open_items(session: Session, touched: TouchedContracts, today: date) -> None:
    """Replace the snapshots of open items of the contracts that a batch has touched.

    Of very many contracts they are deleted only, for computing them would hold the one lock of
    SQLite for long: ``jobs.open_items`` stores them right after the commit.

    Args:
        today: business date.
    """
    if touched.table is None:
        return
    key: Column[Any] = touched.table.c.contract_id
    ids = session.connection().scalars(select(key).order_by(key).limit(AT_ONCE + 1)).all()
    if len(ids) > AT_ONCE:
        delete_snapshots(session, select(key))
        return
    for start in range(0, len(ids), PORTION):
        store_snapshots(session, ids[start : start + PORTION], today)


def _create(connection: Connection) -> Table:
    table = Table(
        "touched_contracts",
        MetaData(),
        Column("contract_id", Contract.__table__.c.id.type, primary_key=True, autoincrement=False),
        prefixes=["TEMPORARY"],
        postgresql_on_commit="DROP",
    )
    table.drop(connection, checkfirst=True)
    table.create(connection, checkfirst=False)
    return table
