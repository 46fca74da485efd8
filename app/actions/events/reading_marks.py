"""Mark the events of a contract as read."""

from __future__ import annotations

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.lib.database import insert_or_ignore
from app.models import ContractEvent, NotificationSettings
from app.queries.contracts import VisibleContract


def mark_events_read(session: Session, contract: VisibleContract, event_id: int) -> None:
    """Mark a contract's events up to one as read by the viewer; it never goes back.

    Args:
        event_id: what is beyond the contract's newest event counts as that one, so that no event to
            come is read beforehand.
    """
    newest = select(func.max(ContractEvent.id)).where(ContractEvent.contract_id == contract.id)
    account_id = contract.viewer.account_id
    insert_or_ignore(
        session,
        NotificationSettings,
        account_id=account_id,
        contract_id=contract.id,
        seen_event_id=0,
        hidden_kinds="",
    )
    seen_id = min(event_id, session.scalar(newest) or 0)
    session.execute(
        update(NotificationSettings)
        .where(
            NotificationSettings.account_id == account_id,
            NotificationSettings.contract_id == contract.id,
            NotificationSettings.seen_event_id < seen_id,
        )
        .values(seen_event_id=seen_id)
        .execution_options(synchronize_session=False)
    )
