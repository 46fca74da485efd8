"""What proves that a warning was sent to a customer, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.errors import NotFoundError
from app.models import Account, Contract, Mailing, MailingRecipient, Message, SmsReport, StaffMember

_R = MailingRecipient


@dataclass(frozen=True, slots=True)
class WarningProof:
    """One warning: what it said, to which address, and every answer that came back.

    Attributes:
        confirmed_at: since when the address or number counts as confirmed by its owner.
        queued_at: when the portal wrote it; ``sent_at``: when the provider accepted it.
        provider_id: the provider's number of it; ``error``: its last refusal.
        delivery: report of the operator of text messages, and when it came.
    """

    contract_id: int
    contract_number: str
    overdue_amount: Decimal | None
    restrict_on: date | None
    text: str
    sha256: str
    author: str
    channel: str | None
    recipient: str | None
    person: str | None
    email_confirmed_at: datetime | None
    phone_confirmed_at: datetime | None
    queued_at: datetime | None
    status: str | None
    sent_at: datetime | None
    provider_id: str | None
    error: str | None
    tries: int | None
    opened_at: datetime | None
    delivery: str | None
    delivery_at: datetime | None

    @property
    def confirmed_at(self) -> datetime | None:
        """When the contact that was written to was confirmed."""
        return self.phone_confirmed_at if self.channel == "sms" else self.email_confirmed_at


def get_proof(session: Session, mailing_id: int, recipient_id: int) -> WarningProof:
    """The proof of one warning.

    Raises:
        NotFoundError: absent, of another mailing, or nothing was queued.
    """
    row = session.execute(
        select(
            _R.contract_id,
            Contract.number,
            _R.overdue_amount,
            _R.restrict_on,
            _R.sent_text,
            _R.text_sha256,
            StaffMember.name,
            Message.channel,
            Message.recipient,
            Account.person_name,
            Account.email_confirmed_at,
            Account.phone_confirmed_at,
            Message.created_at,
            Message.status,
            Message.sent_at,
            Message.provider_id,
            Message.last_error,
            Message.tries,
            _R.opened_at,
            SmsReport.status,
            SmsReport.reported_at,
        )
        .join(Mailing, Mailing.id == _R.mailing_id)
        .join(StaffMember, StaffMember.id == Mailing.staff_id)
        .join(Contract, Contract.id == _R.contract_id)
        .outerjoin(Account, Account.id == _R.account_id)
        .outerjoin(Message, Message.id == _R.message_id)
        .outerjoin(
            SmsReport,
            (SmsReport.provider_id == Message.provider_id) & (Message.channel == "sms"),
        )
        .where(_R.id == recipient_id, _R.mailing_id == mailing_id, _R.text_sha256.is_not(None))
    ).one_or_none()
    if row is None:
        raise NotFoundError
    values: tuple[Any, ...] = tuple(row)
    return WarningProof(*values)
