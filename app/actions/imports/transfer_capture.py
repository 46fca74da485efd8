"""Capture which customers a merge overwrites and which contracts move, before it does so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, Connection, Integer, MetaData, Table, insert, select

from app.actions.imports.merge_source import MergeSource
from app.models import Contract, Customer

CUSTOMERS, CONTRACTS = "customers", "contracts"
_KEY = Customer.__table__.c.id.type
FACTS = {
    "external_id": "external_id",
    "name": "full_name",
    "inn": "inn",
    "kpp": "kpp",
    "email": "email_from_billing",
    "phone": "phone_from_billing",
}
"""Column of the transfer, without its prefix → column of the customer."""
_MOVE = {"contract_id": _KEY, "former_id": _KEY, "line": Integer()}


@dataclass
class TransferCapture:
    """Temporary tables of customers as they were and of contracts that passed to another one.

    Customers are merged before contracts, and their rows are overwritten then. A batch that changes
    none of them costs nothing.

    Attributes:
        tables: those that were made: ``former_customers``, ``renumbered_contracts`` (the ИНН of
            the customer changed), ``moved_contracts`` (another customer).
    """

    tables: dict[str, Table] = field(default_factory=dict)

    def capture(self, connection: Connection, source: MergeSource, changed: Table) -> None:
        """Capture what is about to be overwritten.

        Args:
            changed: ``line`` of the file and ``target_id`` of the rows that differ.
        """
        if source.layout.name == CUSTOMERS:
            self._capture_customers(connection, source, changed)
        elif source.layout.name == CONTRACTS:
            self._capture_contracts(connection, source, changed)

    def _capture_customers(
        self, connection: Connection, source: MergeSource, changed: Table
    ) -> None:
        """Copy customers as they were, and list contracts of those whose ИНН changes."""
        stage, customer = source.stage, Customer.__table__
        types = {"customer_id": _KEY} | {name: customer.c[name].type for name in FACTS.values()}
        former = self._make(connection, "former_customers", types)
        old = select(customer.c.id, *(customer.c[name] for name in FACTS.values()))
        connection.execute(
            insert(former).from_select(
                [column.name for column in former.c],
                old.join(changed, changed.c.target_id == customer.c.id),
            )
        )
        renumbered = self._make(connection, "renumbered_contracts", _MOVE)
        connection.execute(
            insert(renumbered).from_select(
                [column.name for column in renumbered.c],
                select(Contract.id, Contract.customer_id, stage.c.line)
                .join(customer, customer.c.id == Contract.customer_id)
                .join(changed, changed.c.target_id == customer.c.id)
                .join(stage, stage.c.line == changed.c.line)
                .where(customer.c.inn != stage.c.inn),
            )
        )

    def _capture_contracts(
        self, connection: Connection, source: MergeSource, changed: Table
    ) -> None:
        """List contracts that pass to another customer."""
        moved = self._make(connection, "moved_contracts", _MOVE)
        customer_id = source.values()["customer_id"]
        connection.execute(
            insert(moved).from_select(
                [column.name for column in moved.c],
                select(Contract.id, Contract.customer_id, source.stage.c.line)
                .select_from(
                    source.joined()
                    .join(changed, changed.c.line == source.stage.c.line)
                    .join(Contract, Contract.id == changed.c.target_id)
                )
                .where(Contract.customer_id != customer_id),
            )
        )

    def _make(self, connection: Connection, name: str, types: Mapping[str, Any]) -> Table:
        table = Table(
            name,
            MetaData(),
            *(Column(column, type_) for column, type_ in types.items()),
            prefixes=["TEMPORARY"],
            postgresql_on_commit="DROP",
        )
        table.drop(connection, checkfirst=True)
        table.create(connection, checkfirst=False)
        self.tables[name] = table
        return table
