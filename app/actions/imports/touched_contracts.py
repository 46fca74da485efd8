"""Collect the contracts whose money a batch changes, and store their open items anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, select, true
from sqlalchemy.orm import Session

from app.actions.imports.file_plan import FilePlan
from app.actions.open_items import PORTION, delete_snapshots, store_snapshots
from app.lib.temporary_tables import create_temporary, insert_selected
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

    def add_planned(self, connection: Connection, plan: FilePlan) -> None:
        """Add the contracts of rows that will be added, changed or withdrawn, if they are of money.

        A row that changes may pass to another contract: both are added.
        """
        if plan.target.name not in MONEY:
            return
        if plan.added or plan.changed:
            self._add(connection, plan.merged, true())
        for ids, count in ((plan.merged, plan.changed), (plan.gone, plan.withdrawn)):
            if count:
                self._add(connection, plan.target, plan.target.c.id.in_(select(ids.c.id)))

    def add_all(self, connection: Connection, rows: Table) -> None:
        """Add the contracts of all rows of a table that was just filled, if it is one of money."""
        if rows.name in MONEY:
            self._add(connection, rows, true())

    def _add(self, connection: Connection, rows: Table, which: ColumnElement[bool]) -> None:
        if self.table is None:
            self.table = create_temporary(
                connection,
                "touched_contracts",
                Column(
                    "contract_id",
                    Contract.__table__.c.id.type,
                    primary_key=True,
                    autoincrement=False,
                ),
            )
        known = select(self.table.c.contract_id)
        found = (
            select(rows.c.contract_id)
            .where(which, rows.c.contract_id.is_not(None), rows.c.contract_id.not_in(known))
            .distinct()
        )
        insert_selected(connection, self.table, ["contract_id"], found)


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
