"""Record that a customer has opened a message of the supplier."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.actions.audit_log import record
from app.lib.database import count_changed
from app.models import MailingRecipient
from app.queries.contracts import VisibleContract


def open_message(
    session: Session, contract: VisibleContract, message_id: int, now: datetime
) -> bool:
    """Store the moment of the first opening; whether it was this one.

    Args:
        message_id: as ``get_message`` has found it for the viewer.
    """
    is_first = count_changed(
        session,
        update(MailingRecipient)
        .where(MailingRecipient.id == message_id, MailingRecipient.opened_at.is_(None))
        .values(opened_at=now),
    )
    if is_first:
        record(
            session,
            "supplier_message.opened",
            contract.account_id,
            "mailing_recipients",
            str(message_id),
            now,
            contract_id=contract.id,
        )
    return bool(is_first)
