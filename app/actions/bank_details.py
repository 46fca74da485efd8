"""Save the bank details that a customer has entered for payment orders."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actions.audit_log import record
from app.domain.access import Viewer
from app.lib.database import insert_or_ignore
from app.models import BankDetails
from app.queries.contracts import VisibleContract


def save_bank_details(
    session: Session, contract: VisibleContract, viewer: Viewer, now: datetime, **values: str
) -> None:
    """Store bank details of a contract; what they were before goes into the audit log.

    Args:
        values: ``account``, ``bic``, ``bank_name``, ``corr_account``; checked by their keys.
    """
    stamp = {"changed_at": now, "changed_by": viewer.account_id}
    is_new = insert_or_ignore(session, BankDetails, contract_id=contract.id, **values, **stamp)
    details = session.scalars(
        select(BankDetails).where(BankDetails.contract_id == contract.id)
    ).one()
    before: dict[str, str] = {}
    if not is_new:
        before = {name: getattr(details, name) for name in values}
        for name, value in (values | stamp).items():
            setattr(details, name, value)
    changes = {
        name: [before.get(name), value]
        for name, value in values.items()
        if before.get(name) != value
    }
    if changes:
        record(
            session,
            "bank_details.saved",
            viewer.account_id,
            "contracts",
            contract.number,
            now,
            contract_id=contract.id,
            **changes,
        )
