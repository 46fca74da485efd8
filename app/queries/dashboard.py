"""Counts for the dashboard of staff: what waits today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from app.domain.enquiries import SOON_DAYS, WAITING
from app.domain.imports import PENDING, JobStatus
from app.domain.readings import LIVE, ReadingStatus
from app.domain.registration import State
from app.models import (
    Enquiry,
    ImportJob,
    ImportRun,
    Registration,
    SubmittedReading,
)
from app.queries.contracts import find_data_moment
from app.queries.import_jobs import find_open_failure
from app.queries.messages import count_failed
from app.queries.sms_reports import count_undelivered
from app.queries.transfers import count_undecided


@dataclass(frozen=True, slots=True)
class EnquiriesWaiting:
    """Enquiries in which it is the supplier's turn, by the last day for the answer."""

    total: int
    overdue: int
    today: int
    soon: int
    unassigned: int
    mine: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Counts for «Сегодня»."""

    readings_to_check: int
    readings_late: int
    readings_unacknowledged: int
    enquiries: EnquiriesWaiting
    transfers: int
    registrations: int
    oldest_registration: datetime | None
    failed_messages: int
    undelivered_sms: int
    as_of: datetime | None
    """«Данные на»; None: billing has not vouched for any money yet."""
    last_run: ImportRun | None
    failed_import: ImportJob | None
    """The last load that failed, until another one succeeds."""
    open_jobs: int


def build_dashboard(
    session: Session, staff_id: int, today: date, failed_since: datetime
) -> Dashboard:
    """Count what waits, in all departments; of messages, what has failed since a moment."""
    to_check, late, unacknowledged = _readings(session)
    registrations, oldest = session.execute(
        select(func.count(), func.min(Registration.confirmed_at)).where(
            Registration.state == State.UNPROVED
        )
    ).one()
    last = session.scalars(select(ImportRun).order_by(ImportRun.id.desc()).limit(1)).first()
    return Dashboard(
        readings_to_check=to_check,
        readings_late=late,
        readings_unacknowledged=unacknowledged,
        enquiries=_enquiries(session, staff_id, today),
        transfers=count_undecided(session),
        registrations=registrations,
        oldest_registration=oldest,
        failed_messages=count_failed(session, failed_since),
        undelivered_sms=count_undelivered(session, failed_since),
        as_of=find_data_moment(session),
        last_run=last,
        failed_import=find_open_failure(session),
        open_jobs=_open_jobs(session),
    )


def _readings(session: Session) -> tuple[int, int, int]:
    """Readings to check, those of them that came late, and exported ones not yet acknowledged."""
    to_check, late = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(case((SubmittedReading.is_late, 1), else_=0)), 0),
        ).where(SubmittedReading.status == ReadingStatus.SENT)
    ).one()
    unacknowledged = session.scalar(
        select(func.count()).where(
            SubmittedReading.acknowledged_at.is_(None),
            SubmittedReading.exported_at.is_not(None),
            SubmittedReading.status.in_(LIVE),
        )
    )
    return to_check, int(late), unacknowledged or 0


def _open_jobs(session: Session) -> int:
    """Batches that are worked on, or wait for a decision of staff."""
    count = session.scalar(
        select(func.count()).where(
            or_(
                ImportJob.status.in_(PENDING),
                # A refused load stays on record for long; it is work while its batch is here.
                and_(
                    ImportJob.status.in_((JobStatus.CHECKED, JobStatus.REFUSED)),
                    ImportJob.storage_key.is_not(None),
                ),
            )
        )
    )
    return count or 0


def _enquiries(session: Session, staff_id: int, today: date) -> EnquiriesWaiting:
    due = Enquiry.answer_due_on
    rows = session.execute(
        select(
            func.count(),
            _sum(due < today),
            _sum(due == today),
            _sum(due.between(today, today + timedelta(days=SOON_DAYS))),
            _sum(Enquiry.assignee_id.is_(None)),
            _sum(Enquiry.assignee_id == staff_id),
        ).where(Enquiry.status.in_(WAITING))
    ).one()
    return EnquiriesWaiting(*(int(value) for value in rows))


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
