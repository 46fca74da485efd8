"""The customer's own bank details."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.actions.accounts import record
from app.domain.access import Viewer
from app.models import BankDetails
from app.queries.contracts import VisibleContract
from app.queries.invoices import find_bank_details


def save_bank_details(
    session: Session, contract: VisibleContract, viewer: Viewer, now: datetime, **values: str
) -> None:
    """Keep them, and what they were before.

    Args:
        values: ``account``, ``bic``, ``bank_name``, ``corr_account``; checked by their keys.
    """
    details = find_bank_details(session, contract)
    before = {name: getattr(details, name) for name in values} if details else {}
    if details is None:
        details = BankDetails(contract_id=contract.id)
        session.add(details)
    for name, value in values.items():
        setattr(details, name, value)
    details.changed_at = now
    details.changed_by = viewer.account_id
    changes = {
        name: [before.get(name), value]
        for name, value in values.items()
        if before.get(name) != value
    }
    if changes:
        record(
            session, "bank_details.saved", viewer.account_id, "contracts", contract.number, now,
            **changes,
        )  # fmt: skip
