"""Reads of outgoing messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, defer

from app.domain.contacts import normalise_email, normalise_phone
from app.domain.contract_number import number_key
from app.domain.errors import ContactError, NotFoundError
from app.lib.any_case import contains_in_any_case
from app.models import Contract, Message
from app.queries.pagination import Cursor, Slice, fetch_slice
from app.queries.sms_reports import is_undelivered

PAGE = 50
NEVER_RETRIED = ("sent", "failed", "suppressed", "stopped")
MAX_KEY = 120
"""Of ``dedupe_key``: a longer one is cut."""
ORDERED_FOR = timedelta(hours=36)
"""How long a message that is not accepted holds up later ones to the same recipient."""


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages; empty: all. ``text``: a part of the recipient, or a contract's number;
    ``since``: the first moment they were written at; ``is_undelivered``: only text messages that
    operators report as lost."""

    statuses: Sequence[str] = ()
    channel: str = ""
    text: str = ""
    since: datetime | None = None
    is_undelivered: bool = False


def list_due(session: Session, now: datetime, limit: int = 100) -> list[int]:
    """Ids of messages that are due: new ones, and those to be retried."""
    return list(
        session.scalars(
            select(Message.id)
            .where(
                Message.status == "waiting",
                Message.next_try_at <= now,
                Message.is_interactive.is_(False),
                is_next_for_recipient(now),
            )
            .order_by(Message.next_try_at, Message.id)
            .limit(limit)
        )
    )


def is_next_for_recipient(now: datetime) -> ColumnElement[bool]:
    """No earlier message to the same recipient is still being tried: they arrive in order.

    One that never gets through holds up the others for a day and a half, not for ever.
    """
    earlier = aliased(Message)
    is_tried = exists().where(
        earlier.status.in_(("waiting", "sending")),
        earlier.last_error.is_not(None),
        earlier.recipient == Message.recipient,
        earlier.channel == Message.channel,
        earlier.id < Message.id,
        earlier.is_interactive.is_(False),
        earlier.created_at > now - ORDERED_FOR,
    )
    return or_(Message.is_interactive, ~is_tried)


def list_failed(session: Session) -> list[Message]:
    """What is not tried any more, oldest first, and nobody waits for on a page."""
    return list(
        session.scalars(
            select(Message)
            .where(Message.status == "failed", Message.is_interactive.is_(False))
            .order_by(Message.id)
        )
    )


def list_unsent(session: Session, limit: int = 200) -> list[Message]:
    """What waits or failed, newest first."""
    return list(
        session.scalars(
            select(Message)
            .where(Message.status.not_in(("sent", "stopped")))
            .order_by(Message.id.desc())
            .limit(limit)
        )
    )


def list_messages(session: Session, wanted: MessageFilter, cursor: Cursor) -> Slice[Message]:
    """A page of messages without their texts, the newest first."""
    statement = select(Message).options(defer(Message.text), defer(Message.html))
    if wanted.statuses:
        statement = statement.where(Message.status.in_(wanted.statuses))
    if len(wanted.statuses) == 1 and wanted.statuses[0] in NEVER_RETRIED:
        # Never tried again; so said, the index gives them in the order of the list.
        statement = statement.where(Message.next_try_at.is_(None))
    if wanted.channel:
        statement = statement.where(Message.channel == wanted.channel)
    if wanted.since is not None:
        statement = statement.where(Message.created_at >= wanted.since)
    if wanted.is_undelivered:
        statement = statement.where(is_undelivered())
    if wanted.text:
        statement = statement.where(_concerns(session, wanted.text))
    found = fetch_slice(session, statement, Message.id, cursor, PAGE)
    return Slice([row[0] for row in found.rows], found.older, found.newer)


def count_failed(session: Session, since: datetime) -> int:
    """How many messages that were written since did not leave and are not tried any more."""
    return (
        session.scalar(
            select(func.count(Message.id)).where(
                Message.status == "failed", Message.created_at >= since
            )
        )
        or 0
    )


def get_message(session: Session, message_id: int) -> tuple[Message, str | None]:
    """A message, and the number of the contract it is about.

    Raises:
        NotFoundError: there is none by that number.
    """
    row = session.execute(
        select(Message, Contract.number)
        .outerjoin(Contract, Contract.id == Message.contract_id)
        .where(Message.id == message_id)
    ).one_or_none()
    if row is None:
        raise NotFoundError
    return row[0], row[1]


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


def is_link_email_on_its_way(session: Session, registration_id: int) -> bool:
    """Whether the latest email with the link of a registration has not failed."""
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


def _concerns(session: Session, text: str) -> ColumnElement[bool]:
    contracts = session.scalars(
        select(Contract.id).where(
            or_(Contract.number_key == number_key(text), Contract.number == text)
        )
    ).all()
    if contracts:
        return Message.contract_id.in_(contracts)
    try:
        text = normalise_email(text) if "@" in text else normalise_phone(text)
    except ContactError:
        text = text.lower()
    # The key, which has an index, ends with the recipient: the long rows are not even read.
    likely = select(Message.id).where(
        or_(
            contains_in_any_case(Message.dedupe_key, text),
            func.length(Message.dedupe_key) >= MAX_KEY,
        )
    )
    return Message.id.in_(likely) & contains_in_any_case(Message.recipient, text)
