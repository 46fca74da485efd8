"""Keep what a batch overwrites of contracts' customers, to see which contracts changed hands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, Connection, Integer, MetaData, Table, insert, select

from app.actions.imports.merge_source import MergeSource
from app.models import Contract, Customer

CUSTOMERS, CONTRACTS = "customers", "contracts"
_KEY = Customer.__table__.c.id.type
_FACTS = ("external_id", "full_name", "inn", "kpp", "email_from_billing", "phone_from_billing")
_MOVE = {"contract_id": _KEY, "former_id": _KEY, "line": Integer()}


@dataclass
class TransferCapture:
    """What the merge of one batch overwrites: customers as they were, contracts that moved.

    Customers are merged before contracts, and their rows are overwritten then. A batch that changes
    none of them costs nothing.
    """

    tables: dict[str, Table] = field(default_factory=dict)

    def note(self, connection: Connection, source: MergeSource, changed: Table) -> None:
        """Keep what is about to be overwritten.

        Args:
            changed: ``line`` of the file and ``target_id`` of the rows that differ.
        """
        if source.layout.name == CUSTOMERS:
            self._note_customers(connection, source, changed)
        elif source.layout.name == CONTRACTS:
            self._note_contracts(connection, source, changed)

    def _note_customers(self, connection: Connection, source: MergeSource, changed: Table) -> None:
        """Customers as they were, and the contracts of those whose ИНН is another now."""
        stage, customer = source.stage, Customer.__table__
        types = {"customer_id": _KEY} | {name: customer.c[name].type for name in _FACTS}
        former = self._make(connection, "former_customers", types)
        old = select(customer.c.id, *(customer.c[name] for name in _FACTS))
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

    def _note_contracts(self, connection: Connection, source: MergeSource, changed: Table) -> None:
        """Contracts that pass to another customer."""
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
