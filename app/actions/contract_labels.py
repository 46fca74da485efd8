"""Name and group contracts, for oneself."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.lib.database import insert_many_or_ignore
from app.models import ContractLabel
from app.queries.contracts import VisibleContract
from app.queries.my_contracts import find_label


def save_label(session: Session, contract: VisibleContract, name: str, group: str) -> None:
    """Store what the viewer calls a contract, and its group; nothing typed removes it."""
    account_id = contract.viewer.account_id
    key = {"account_id": account_id, "contract_id": contract.id}
    if not name and not group:
        session.execute(delete(ContractLabel).filter_by(**key))
        return
    insert_many_or_ignore(session, ContractLabel, [key])
    label = find_label(session, contract)
    if label is not None:
        label.name, label.group_name = name or None, group or None
    session.flush()
