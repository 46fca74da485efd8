"""Give a person an address of their calendar; the one before opens nothing any more."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy.orm import Session

from app.actions.audit_log import record
from app.models import Account
from app.queries.contracts import VisibleContract


def renew_calendar(session: Session, contract: VisibleContract, now: datetime) -> None:
    """Make a new address of the viewer's calendar, on whose page of a contract they are."""
    account = session.get_one(Account, contract.viewer.account_id)
    account.calendar_nonce = secrets.token_urlsafe(12)
    session.flush()
    record(
        session,
        "calendar.renewed",
        account.id,
        "accounts",
        str(account.id),
        now,
        contract_id=contract.id,
    )
