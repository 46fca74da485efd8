"""Capture which customers a merge overwrites and which contracts move, before it does so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, Connection, Integer, Table, and_, select

from app.actions.imports.merge_source import MergeSource
from app.lib.temporary_tables import create_temporary, insert_selected
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

    def capture(self, connection: Connection, source: MergeSource, merged: Table) -> None:
        """Capture what is about to be overwritten.

        Args:
            merged: rows as they will be; those that are not new differ from the table's.
        """
        if source.layout.name == CUSTOMERS:
            self._capture_customers(connection, merged)
        elif source.layout.name == CONTRACTS:
            self._capture_contracts(connection, merged)

    def _capture_customers(self, connection: Connection, merged: Table) -> None:
        """Copy customers as they were, and list contracts of those whose ИНН changes."""
        customer = Customer.__table__
        types = {"customer_id": _KEY} | {name: customer.c[name].type for name in FACTS.values()}
        former = self._make(connection, "former_customers", types)
        is_changed = and_(merged.c.id == customer.c.id, ~merged.c.is_new)
        old = select(customer.c.id, *(customer.c[name] for name in FACTS.values()))
        insert_selected(connection, former, list(types), old.join(merged, is_changed))
        renumbered = self._make(connection, "renumbered_contracts", _MOVE)
        contracts = (
            select(Contract.id, Contract.customer_id, merged.c.line)
            .join(customer, customer.c.id == Contract.customer_id)
            .join(merged, is_changed)
            .where(customer.c.inn != merged.c.inn)
        )
        insert_selected(connection, renumbered, list(_MOVE), contracts)

    def _capture_contracts(self, connection: Connection, merged: Table) -> None:
        """List contracts that pass to another customer."""
        moved = self._make(connection, "moved_contracts", _MOVE)
        contracts = (
            select(Contract.id, Contract.customer_id, merged.c.line)
            .join(merged, and_(merged.c.id == Contract.id, ~merged.c.is_new))
            .where(Contract.customer_id != merged.c.customer_id)
        )
        insert_selected(connection, moved, list(_MOVE), contracts)

    def _make(self, connection: Connection, name: str, types: Mapping[str, Any]) -> Table:
        columns = (Column(column, type_) for column, type_ in types.items())
        table = self.tables[name] = create_temporary(connection, name, *columns)
        return table
