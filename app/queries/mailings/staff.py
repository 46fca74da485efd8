"""Mailings as staff read them: the list, one with its counts, its recipients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from app.domain.errors import NotFoundError
from app.domain.mailings import RecipientState
from app.models import Contract, Customer, Mailing, MailingRecipient, Message, StaffMember

_R = MailingRecipient


@dataclass(frozen=True, slots=True)
class MailingCounts:
    """Recipients of a mailing by what became of them; all but ``opened`` make ``total``.

    Attributes:
        left: still to be written, or written and not sent yet.
        refused: given up, or held back.
        opened: opened in the portal, of those that were sent.
    """

    total: int
    no_contact: int
    left: int
    sent: int
    refused: int
    stopped: int
    opened: int


@dataclass(frozen=True, slots=True)
class MailingRow:
    """A mailing in the list."""

    id: int
    subject: str
    audience: str
    status: str
    created_at: datetime
    author: str
    recipients: int


@dataclass(frozen=True, slots=True)
class RecipientRow:
    """A contract that a mailing goes to, and what became of its message."""

    contract_id: int
    contract_number: str
    customer: str
    overdue_amount: Decimal | None
    overdue_since: date | None
    state: str
    id: int
    is_proved: bool
    message_id: int | None
    message_status: str | None
    channel: str | None
    recipient: str | None
    error: str | None
    sent_at: datetime | None
    opened_at: datetime | None


def get_mailing(session: Session, mailing_id: int) -> Mailing:
    """A mailing as it is in the database now.

    Raises:
        NotFoundError: there is none by that id.
    """
    found = session.get(Mailing, mailing_id, populate_existing=True)
    if found is None:
        raise NotFoundError
    return found


def find_mailing_by_key(session: Session, key: str) -> int | None:
    """The id of the mailing that a form has made."""
    return session.scalar(select(Mailing.id).where(Mailing.idempotency_key == key))


def count_mailings(session: Session) -> int:
    """How many mailings there have been, drafts included."""
    return session.scalar(select(func.count()).select_from(Mailing)) or 0


def list_mailings(session: Session, offset: int, limit: int) -> list[MailingRow]:
    """Mailings, the newest first."""
    count = select(func.count()).where(_R.mailing_id == Mailing.id).scalar_subquery()
    rows = session.execute(
        select(
            Mailing.id,
            Mailing.subject,
            Mailing.audience,
            Mailing.status,
            Mailing.created_at,
            StaffMember.name,
            count,
        )
        .join(StaffMember, StaffMember.id == Mailing.staff_id)
        .order_by(Mailing.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return [MailingRow(*row) for row in rows]


def count_recipients(session: Session, mailing_id: int) -> MailingCounts:
    """Count the recipients of a mailing by what became of them; one statement."""
    is_left = or_(_R.state == RecipientState.CHOSEN, Message.status.in_(("waiting", "sending")))
    row = session.execute(
        select(
            func.count(_R.id),
            _sum(_R.state == RecipientState.NO_CONTACT),
            _sum(is_left),
            _sum(Message.status == "sent"),
            _sum(Message.status.in_(("failed", "suppressed"))),
            _sum(or_(_R.state == RecipientState.STOPPED, Message.status == "stopped")),
            _sum(_R.opened_at.is_not(None)),
        )
        .outerjoin(Message, Message.id == _R.message_id)
        .where(_R.mailing_id == mailing_id)
    ).one()
    return MailingCounts(*(int(value) for value in row))


def list_recipients(
    session: Session, mailing_id: int, offset: int = 0, limit: int | None = None
) -> list[RecipientRow]:
    """Recipients of a mailing in the order they were chosen in."""
    rows = session.execute(
        select(
            _R.contract_id,
            Contract.number,
            func.coalesce(func.nullif(Customer.short_name, ""), Customer.full_name),
            _R.overdue_amount,
            _R.overdue_since,
            _R.state,
            _R.id,
            _R.text_sha256.is_not(None),
            _R.message_id,
            Message.status,
            Message.channel,
            Message.recipient,
            Message.last_error,
            Message.sent_at,
            _R.opened_at,
        )
        .join(Contract, Contract.id == _R.contract_id)
        .join(Customer, Customer.id == Contract.customer_id)
        .outerjoin(Message, Message.id == _R.message_id)
        .where(_R.mailing_id == mailing_id)
        .order_by(_R.id)
        .offset(offset)
        .limit(limit)
    )
    return [RecipientRow(*row) for row in rows]


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def find_first_recipient(session: Session, mailing_id: int) -> MailingRecipient | None:
    """The recipient whose message is shown as an example: the first that gets one, if any does."""
    has_no_contact = case((_R.state == RecipientState.NO_CONTACT, 1), else_=0)
    return session.scalars(
        select(_R).where(_R.mailing_id == mailing_id).order_by(has_no_contact, _R.id).limit(1)
    ).first()
