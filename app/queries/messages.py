"""Reads of outgoing messages."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Message


def list_due(session: Session, now: datetime, limit: int = 100) -> list[int]:
    """Ids of messages whose time has come: new, to be retried, or left behind by a crash."""
    return list(
        session.scalars(
            select(Message.id)
            .where(
                Message.status.in_(("waiting", "sending")),
                Message.next_try_at <= now,
                Message.is_interactive.is_(False),
            )
            .order_by(Message.next_try_at)
            .limit(limit)
        )
    )


def list_unsent(session: Session, limit: int = 200) -> list[Message]:
    """What waits or failed, newest first."""
    return list(
        session.scalars(
            select(Message).where(Message.status != "sent").order_by(Message.id.desc()).limit(limit)
        )
    )


def find_message(session: Session, message_id: int) -> Message | None:
    """A message by its number, for staff."""
    return session.get(Message, message_id)


def has_message(session: Session, kind: str, key: str) -> bool:
    """Whether such a message has been written before, to whomever."""
    prefix = f"{kind}:{key}:"
    return (
        session.scalar(
            select(Message.id)
            .where(Message.dedupe_key.startswith(prefix, autoescape=True))
            .limit(1)
        )
        is not None
    )


def has_letter_left(session: Session, registration_id: int) -> bool:
    """Whether the latest letter with the link of a registration is on its way."""
    status = session.scalar(
        select(Message.status)
        .where(
            Message.dedupe_key.startswith(f"registration_link:{registration_id}.", autoescape=True)
        )
        .order_by(Message.id.desc())
        .limit(1)
    )
    return status is not None and status != "failed"


def count_messages(
    session: Session, kind: str, channel: str, contract_id: int, since: datetime
) -> int:
    """How many messages of a kind were written about a contract."""
    return (
        session.scalar(
            select(func.count(Message.id)).where(
                Message.kind == kind,
                Message.channel == channel,
                Message.contract_id == contract_id,
                Message.created_at > since,
            )
        )
        or 0
    )
