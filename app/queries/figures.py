"""Figures for managers: enquiries, registrations and readings of a period; one statement each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.domain.enquiries import EnquiryStatus
from app.domain.figures import AnsweredEnquiry
from app.domain.period import Period
from app.models import (
    Enquiry,
    EnquiryTopic,
    Membership,
    Reading,
    ReadingReceipt,
    Registration,
    SubmittedReading,
)
from app.queries.memberships import is_live

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Count:
    """How many of one kind; ``code`` is what the table has, None where it has nothing."""

    code: str | None
    count: int


def list_answered(session: Session, period: Period, now: datetime) -> list[AnsweredEnquiry]:
    """Enquiries registered in a period, with when they were answered or refused.

    Args:
        now: in the supplier's zone, in whose days the period is counted.
    """
    answered_at = case(
        (Enquiry.status == EnquiryStatus.REJECTED, Enquiry.closed_at), else_=Enquiry.answered_at
    )
    rows = session.execute(
        select(
            Enquiry.topic_id,
            EnquiryTopic.name,
            Enquiry.status,
            Enquiry.registered_at,
            answered_at,
            Enquiry.answer_due_on,
            Enquiry.rating,
        )
        .join(EnquiryTopic, EnquiryTopic.id == Enquiry.topic_id)
        .where(_within(Enquiry.registered_at, period, now))
    )
    return [AnsweredEnquiry(*row) for row in rows]


def count_registrations(session: Session, period: Period, now: datetime) -> Sequence[Count]:
    """Registrations whose form was sent in a period, by their present state."""
    return _counts(
        session,
        Registration.state,
        _within(Registration.saved_at, period, now),
    )


def count_contracts_with_access(session: Session) -> int:
    """Contracts that somebody may open today."""
    statement = select(func.count(Membership.contract_id.distinct())).where(is_live())
    return session.scalar(statement) or 0


def count_submitted(session: Session, period: Period, now: datetime) -> Sequence[Count]:
    """Readings that were submitted in a period, by who has typed them."""
    rows = session.execute(
        select(SubmittedReading.source, func.count())
        .join(ReadingReceipt, ReadingReceipt.id == SubmittedReading.receipt_id)
        .where(_within(ReadingReceipt.submitted_at, period, now))
        .group_by(SubmittedReading.source)
        .order_by(func.count().desc(), SubmittedReading.source)
    )
    return [Count(*row) for row in rows]


def count_billed(session: Session, period: Period) -> Sequence[Count]:
    """Readings of billing that were taken in a period, by who has read the meter."""
    in_period = Reading.taken_on.between(period.first, period.last)
    return _counts(session, Reading.source, in_period & Reading.withdrawn_at.is_(None))


def _counts(
    session: Session,
    column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None],
    condition: ColumnElement[bool],
) -> list[Count]:
    rows = session.execute(
        select(column, func.count())
        .where(condition)
        .group_by(column)
        .order_by(func.count().desc(), column)
    )
    return [Count(*row) for row in rows]


def _within(
    moment: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
    period: Period,
    now: datetime,
) -> ColumnElement[bool]:
    first = datetime.combine(period.first, time(), now.tzinfo)
    return (moment >= first) & (moment < datetime.combine(period.last + DAY, time(), now.tzinfo))
