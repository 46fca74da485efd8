"""Apply ``readings_ack.csv``: billing's answers to the readings that the portal handed over.

A row may come again, in the same batch or a later one; the last answer counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from sqlalchemy import and_, case, exists, literal, or_, select, update
from sqlalchemy.orm import Session

from app.actions.accounts.notifications import notify_reading_refused
from app.actions.imports.headers import check_header
from app.actions.imports.report import Report
from app.domain.exchange import ACKNOWLEDGEMENTS, Dialect
from app.domain.readings import LIVE, ReadingStatus
from app.integrations.billing_files import CsvFile
from app.models import Reading, SubmittedReading
from app.queries.readings.customer import find_live

FILENAME = ACKNOWLEDGEMENTS
NEEDED = ("submission_id", "status")
KNOWN = (*NEEDED, "value", "reason", "processed_at", "reading_id")
STATUSES = {
    "accepted": ReadingStatus.ACCEPTED,
    "corrected": ReadingStatus.ACCEPTED,
    "rejected": ReadingStatus.REJECTED,
    "withdrawn": ReadingStatus.WITHDRAWN,
}
NOT_COUNTED = ("rejected", "withdrawn")
"""Answers by which billing confirms that it does not count a reading that was voided here."""
MAX_REASON = 300
_DECIDED_AT = SubmittedReading.decided_at
"""What the rule of the portal or a clerk had accepted before billing did keeps its moment."""


def apply_acknowledgements(
    session: Session, file: CsvFile, dialect: Dialect, report: Report, now: datetime
) -> int:
    """Apply every row of the file; how many rows there were. Faults go to the report."""
    counts = report.of(FILENAME)
    header = check_header(FILENAME, file, KNOWN, NEEDED, report)
    if header is None:
        return 0
    for lines, rows in file.chunks():
        found = _find(session, [dict(zip(header, row, strict=False)) for row in rows])
        for line, row in zip(lines, rows, strict=True):
            counts.rows += 1
            values = {name: text.strip() for name, text in zip(header, row, strict=False)}
            if len(row) != len(header):
                message = f"полей {len(row)}, а в заголовке {len(header)}"
                report.error(FILENAME, message, line)
            else:
                submitted = found.get(values["submission_id"])
                _apply(session, submitted, values, dialect, report, line, now)
    session.flush()
    return counts.rows


def acknowledge_billed(session: Session, now: datetime) -> None:
    """Mark as accepted what billing has sent back among its own readings with the same value."""
    same = exists().where(
        Reading.register_id == SubmittedReading.register_id,
        Reading.value == SubmittedReading.value,
        or_(
            and_(Reading.period == SubmittedReading.period, Reading.kind == "regular"),
            # A late reading may be in the next month, dated the day it was read.
            and_(SubmittedReading.is_late, Reading.taken_on == SubmittedReading.taken_on),
        ),
        Reading.source.is_distinct_from("calc"),
        or_(Reading.status.is_(None), Reading.status == "accepted"),
        Reading.withdrawn_at.is_(None),
    )
    session.execute(
        update(SubmittedReading)
        .where(SubmittedReading.acknowledged_at.is_(None), SubmittedReading.status.in_(LIVE), same)
        .values(
            status=ReadingStatus.ACCEPTED,
            decided_at=case(
                (SubmittedReading.status == ReadingStatus.SENT, literal(now, _DECIDED_AT.type)),
                else_=_DECIDED_AT,
            ),
            acknowledged_at=now,
        )
        .execution_options(synchronize_session=False)
    )


def _find(session: Session, rows: Sequence[dict[str, str]]) -> dict[str, SubmittedReading]:
    ids = {row.get("submission_id", "").strip()[:36] for row in rows}
    submitted = session.scalars(
        select(SubmittedReading).where(SubmittedReading.submission_id.in_(ids))
    )
    return {row.submission_id: row for row in submitted}


@dataclass(frozen=True, slots=True)
class _Answer:
    """One row of the file that is well-formed."""

    code: str
    status: ReadingStatus
    reason: str
    corrected: Decimal | None


def _apply(
    session: Session,
    submitted: SubmittedReading | None,
    values: dict[str, str],
    dialect: Dialect,
    report: Report,
    line: int,
    now: datetime,
) -> None:
    answer = _parse(values, submitted is not None, dialect, report, line)
    if answer is None or submitted is None:
        return
    counts = report.of(FILENAME)
    if _is_voided(submitted):
        counts.unchanged += 1
        _confirm_voided(submitted, answer.code, report, line, now)
    elif answer.status is ReadingStatus.WITHDRAWN or not _still_counts(session, submitted):
        counts.unchanged += 1
        message = "показание не отозвано" if submitted.status in LIVE else "показание уже заменено"
        report.warn(FILENAME, message, line, "status")
    else:
        counts.changed += 1
        _store(session, submitted, answer, now)


def _parse(
    values: dict[str, str], is_known: bool, dialect: Dialect, report: Report, line: int
) -> _Answer | None:
    """The answer of a row; None, with an error in the report, where it cannot be applied."""
    status = STATUSES.get(values["status"])
    if status is None:
        report.error(FILENAME, "нужно accepted, rejected, corrected или withdrawn", line, "status")
        return None
    if not is_known:
        report.error(FILENAME, "такого показания кабинет не передавал", line, "submission_id")
        return None
    reason, corrected = values.get("reason", "")[:MAX_REASON], None
    if values["status"] == "corrected":
        corrected = _number(values.get("value", ""), dialect)
        if corrected is None:
            report.error(FILENAME, "нужно исправленное показание", line, "value")
            return None
        reason = f"Поставщик учел {str(corrected).replace('.', ',')}. {reason}"
        reason = reason.strip()[:MAX_REASON]
    return _Answer(values["status"], status, reason, corrected)


def _store(session: Session, submitted: SubmittedReading, answer: _Answer, now: datetime) -> None:
    submitted.acknowledged_at = now
    if submitted.status != answer.status or answer.corrected is not None:
        submitted.decided_at = now
    if submitted.status != answer.status:
        submitted.decided_by_id = None
        if answer.status is ReadingStatus.REJECTED:
            notify_reading_refused(session, submitted, answer.reason, now)
    submitted.status = answer.status
    submitted.corrected_value = answer.corrected or submitted.corrected_value
    submitted.reason = answer.reason or None


def _is_voided(submitted: SubmittedReading) -> bool:
    """Whether the customer or a clerk has decided that a reading does not count.

    What billing itself has refused it may accept again.
    """
    if submitted.status == ReadingStatus.REJECTED:
        return submitted.decided_by_id is not None
    return submitted.status not in LIVE


def _confirm_voided(
    submitted: SubmittedReading, code: str, report: Report, line: int, now: datetime
) -> None:
    """Note that billing does not count a voided reading either.

    «accepted» may have been written before billing heard of it: then the reading is handed over
    again as withdrawn or refused.
    """
    if code in NOT_COUNTED:
        submitted.acknowledged_at = submitted.acknowledged_at or now
        return
    if submitted.acknowledged_at is None:
        message = "показание к этому времени отозвано, заменено или отклонено в кабинете"
        report.warn(FILENAME, message, line)


def _still_counts(session: Session, submitted: SubmittedReading) -> bool:
    """Whether billing's answer can still change anything: it may revoke its own refusal, too."""
    if submitted.status != ReadingStatus.REJECTED:
        return submitted.status in LIVE
    return find_live(session, submitted.register_id, submitted.period) is None


def _number(text: str, dialect: Dialect) -> Decimal | None:
    try:
        value = Decimal(text.replace(dialect.decimal, "."))
    except InvalidOperation:
        return None
    return value if value.is_finite() and value >= 0 else None
