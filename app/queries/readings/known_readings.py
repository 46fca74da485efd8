"""Readings that count, from billing and from the portal: one SELECT for any number of registers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    bindparam,
    literal_column,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from app.domain.meters import RejectedReading
from app.domain.period import Month
from app.domain.readings import (
    LIVE,
    KnownReading,
    ReadingStatus,
    SubmittedValue,
    merge_readings,
)
from app.models import Reading, ReadingReceipt, SubmittedReading
from app.queries.contracts import VisibleContract

SHOWN = (*LIVE, ReadingStatus.REJECTED)
BILLED_COLUMNS = (
    Reading.kind,
    Reading.period,
    Reading.taken_on,
    Reading.value,
    Reading.source,
    Reading.status,
)
"""What ``build_billed`` takes."""
SUBMITTED_COLUMNS = (
    SubmittedReading.period,
    SubmittedReading.taken_on,
    SubmittedReading.value,
    SubmittedReading.source,
    SubmittedReading.status,
    SubmittedReading.corrected_value,
    SubmittedReading.receipt_id,
    SubmittedReading.rolled_over,
    SubmittedReading.is_late,
    SubmittedReading.acknowledged_at,
    ReadingReceipt.submitted_at,
)
"""What ``build_submitted`` takes."""


def is_live() -> ColumnElement[bool]:
    """SQL: a submitted reading counts.

    Written out, so that both databases see that the index of live readings has them all.
    """
    return SubmittedReading.status.in_([literal_column(f"'{status}'") for status in LIVE])


def is_billed_reading() -> ColumnElement[bool]:
    """SQL: a reading that billing has sent and neither withdrawn nor left undecided."""
    return and_(
        Reading.withdrawn_at.is_(None), or_(Reading.status.is_(None), Reading.status == "accepted")
    )


def build_billed(row: Sequence[Any]) -> KnownReading:
    """A reading of billing's from its ``BILLED_COLUMNS``."""
    kind, period, taken_on, value, source, status = row
    return KnownReading(period, taken_on, value, kind, source, status)


def build_submitted(row: Sequence[Any], transferred_at: datetime | None) -> SubmittedValue:
    """A submitted reading from its ``SUBMITTED_COLUMNS``.

    Args:
        transferred_at: receipts from before belong to a former customer; the readings remain.
    """
    period, taken_on, value, source, status, corrected_value, *rest, submitted_at = row
    receipt_id, rolled_over, is_late, acknowledged_at = rest
    reading = KnownReading(
        period,
        taken_on,
        value if corrected_value is None else corrected_value,
        "regular",
        source,
        status,
        receipt_id,
        rolled_over,
        is_late,
        acknowledged_at is not None,
        transferred_at is None or submitted_at >= transferred_at,
    )
    return SubmittedValue(reading, value)


_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_SINCE = bindparam("since", type_=Reading.period.type)
# The portal's rows come first: their columns tell PostgreSQL what billing's NULLs are.
_SUBMITTED: Select[*tuple[Any, ...]] = (
    select(
        SubmittedReading.register_id,
        SubmittedReading.id.label("row_id"),
        SubmittedReading.reason,
        ReadingReceipt.contract_id,
        literal_column("'regular'").label("kind"),
        *SUBMITTED_COLUMNS,
    )
    .join(ReadingReceipt, ReadingReceipt.id == SubmittedReading.receipt_id)
    .where(
        SubmittedReading.register_id.in_(_IDS),
        SubmittedReading.period >= _SINCE,
        # Not «in»: SQLite would search all contracts' readings by their status.
        SubmittedReading.status.not_in(
            [literal_column(f"'{status}'") for status in ReadingStatus if status not in SHOWN]
        ),
    )
)
_IMPORTED = select(
    Reading.register_id,
    Reading.id,
    null(),
    null(),
    *BILLED_COLUMNS,
    *[null()] * (1 + len(SUBMITTED_COLUMNS) - len(BILLED_COLUMNS)),
).where(Reading.register_id.in_(_IDS), Reading.period >= _SINCE, is_billed_reading())
_READINGS: CompoundSelect[*tuple[Any, ...]] = union_all(_SUBMITTED, _IMPORTED)
# SQLite sorts a UNION for twice what it costs to read.
_BY_DAY = itemgetter(6, 1)


@dataclass(frozen=True, slots=True)
class FoundReadings:
    """Readings of some registers.

    Attributes:
        known: those that count, by register: one of each month, billing's unless it only computed.
        rejected: the last rejected one of each register and month, sent by the present customer.
    """

    known: dict[int, list[KnownReading]]
    rejected: dict[tuple[int, Month], RejectedReading]


def find_readings(
    session: Session, contract: VisibleContract, register_ids: Iterable[int], since: Month
) -> FoundReadings:
    """Readings of registers of a contract from a month on, and those that were rejected."""
    return _find(session, register_ids, since, contract.transferred_at, contract.id)


def list_known(
    session: Session,
    register_ids: Iterable[int],
    since: Month,
    transferred_at: datetime | None = None,
) -> dict[int, list[KnownReading]]:
    """Readings that count, by register: one of each month, billing's unless it only computed.

    Args:
        transferred_at: receipts from before belong to a former customer; the readings remain.
    """
    return _find(session, register_ids, since, transferred_at).known


def _find(
    session: Session,
    register_ids: Iterable[int],
    since: Month,
    transferred_at: datetime | None,
    contract_id: int = 0,
) -> FoundReadings:
    ids = list(register_ids)
    imported: dict[int, list[KnownReading]] = {register_id: [] for register_id in ids}
    submitted: dict[int, list[SubmittedValue]] = {register_id: [] for register_id in ids}
    rejected: dict[tuple[int, Month], tuple[int, RejectedReading]] = {}
    for register_id, row_id, reason, submitted_for, *columns in _select(session, ids, since):
        if submitted_for is None:
            imported[register_id].append(build_billed(columns[: len(BILLED_COLUMNS)]))
            continue
        found = build_submitted(columns[1:], transferred_at)
        reading = found.reading
        if reading.status != ReadingStatus.REJECTED:
            submitted[register_id].append(found)
        elif submitted_for == contract_id and reading.has_receipt:
            last = (row_id, RejectedReading(reading.receipt_id, reason))
            key = (register_id, reading.period)
            rejected[key] = max(rejected.get(key, last), last, key=itemgetter(0))
    return FoundReadings(
        {key: merge_readings(imported[key], submitted[key]) for key in ids},
        {key: found for key, (_, found) in rejected.items()},
    )


def _select(session: Session, ids: Sequence[int], since: Month) -> Iterable[Sequence[Any]]:
    """Rows of readings of both kinds, by their day, then by their id."""
    if not ids:
        return ()
    rows = session.connection().execute(_READINGS, {"ids": ids, "since": since})
    return sorted(rows.all(), key=_BY_DAY)
