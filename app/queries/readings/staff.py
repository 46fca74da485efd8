"""Submitted readings for clerks: filtered list, typical months, missing acknowledgements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, String, case, cast, func, or_, select
from sqlalchemy.orm import Session

from app.domain.contract_number import number_key
from app.domain.period import Month
from app.domain.reading_checks import Doubt, Remark
from app.domain.readings import (
    LIVE,
    ReadingStatus,
    build_consumption,
    compute_typical_month_before,
    sum_by_month,
)
from app.lib.any_case import contains_in_any_case
from app.models import (
    Contract,
    Customer,
    Meter,
    ReadingReceipt,
    Register,
    StaffMember,
    SubmittedReading,
)
from app.queries.readings.customer import RegisterName, name_registers
from app.queries.readings.known_readings import list_known
from app.queries.readings.meters import MONTHS_BACK

MAX_ROWS = 20_000
"""Rows that are counted and written to a file; for more the filter has to be narrowed."""
CHUNK = 500


class WarningFilter(StrEnum):
    """What is unusual about the readings that are wanted; or a ``Doubt``, or a ``Remark``."""

    ANY = "any"
    DOUBT = "doubt"
    LATE = "late"
    NONE = "none"


Unusual = WarningFilter | Doubt | Remark


@dataclass(frozen=True, slots=True)
class ReadingFilter:
    """Filter of submitted readings; None: not filtered.

    Attributes:
        text: the beginning of a contract number, or part of a meter's serial number.
    """

    department_id: int | None = None
    period: Month | None = None
    status: ReadingStatus | None = None
    warning: Unusual | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class ReviewedReading:
    """A submitted reading with what a clerk judges it by.

    Attributes:
        decided_by: name of the clerk who accepted or rejected it.
        typical_month_kwh: consumption of a typical month before it; None: unknown.
    """

    reading: SubmittedReading
    receipt: ReadingReceipt
    contract_number: str
    customer: str
    register: RegisterName
    decided_by: str | None
    typical_month_kwh: Decimal | None

    @property
    def percent(self) -> Decimal | None:
        """Consumption in per cent of the typical month."""
        consumption_kwh = self.reading.consumption_kwh
        if consumption_kwh is None or not self.typical_month_kwh:
            return None
        return (consumption_kwh * 100 / self.typical_month_kwh).quantize(Decimal(1), ROUND_HALF_UP)

    @property
    def may_decide(self) -> bool:
        """Whether it can still be accepted or rejected here."""
        return self.reading.status in LIVE and self.reading.acknowledged_at is None


def count_submitted(session: Session, wanted: ReadingFilter) -> int:
    """How many readings pass the filter; MAX_ROWS + 1 means more than MAX_ROWS."""
    found = _select_ids(wanted).limit(MAX_ROWS + 1).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0


def list_submitted(
    session: Session, wanted: ReadingFilter, offset: int = 0, limit: int = 50
) -> list[ReviewedReading]:
    """A page of the readings that pass the filter: unusual ones first, then the newest."""
    ids = session.scalars(
        _select_ids(wanted).order_by(*_UNUSUAL_FIRST).offset(offset).limit(limit)
    ).all()
    return list_submitted_by_id(session, ids)


def list_submitted_by_id(session: Session, ids: Sequence[int]) -> list[ReviewedReading]:
    """Readings with these ids: unusual ones first, then the newest."""
    return _list_rows(session, ids, with_typical_month=True)


def iter_submitted(session: Session, wanted: ReadingFilter) -> Iterator[ReviewedReading]:
    """All readings that pass the filter, for a file; MAX_ROWS + 1 means more than MAX_ROWS.

    Without their typical months, which would take longer than all the rest.
    """
    ids = session.scalars(_select_ids(wanted).order_by(*_UNUSUAL_FIRST).limit(MAX_ROWS + 1)).all()
    for start in range(0, len(ids), CHUNK):
        yield from _list_rows(session, ids[start : start + CHUNK], with_typical_month=False)


def list_to_decide(
    session: Session, ids: Sequence[int]
) -> Sequence[tuple[SubmittedReading, Contract]]:
    """Readings by their ids with their contracts, read anew from the table."""
    rows = session.execute(
        select(SubmittedReading, Contract)
        .join(ReadingReceipt, ReadingReceipt.id == SubmittedReading.receipt_id)
        .join(Contract, Contract.id == ReadingReceipt.contract_id)
        .where(SubmittedReading.id.in_(ids))
        .order_by(SubmittedReading.id)
        .execution_options(populate_existing=True)
    )
    return [(reading, contract) for reading, contract in rows]


@dataclass(frozen=True, slots=True)
class UnacknowledgedReading:
    """A reading that was exported to billing and not acknowledged."""

    reading: SubmittedReading
    contract_id: int
    contract_number: str
    serial_number: str
    zone: str
    decimals: int


def count_unacknowledged(session: Session) -> int:
    """How many readings were exported to billing and not acknowledged."""
    return session.scalar(select(func.count(SubmittedReading.id)).where(*_UNACKNOWLEDGED)) or 0


def list_unacknowledged(
    session: Session, offset: int = 0, limit: int | None = None
) -> list[UnacknowledgedReading]:
    """Readings exported to billing and not acknowledged, the longest wait first."""
    rows = session.execute(
        select(
            SubmittedReading,
            Contract.id,
            Contract.number,
            Meter.serial_number,
            Register.zone,
            Register.decimals,
        )
        .join(ReadingReceipt, ReadingReceipt.id == SubmittedReading.receipt_id)
        .join(Contract, Contract.id == ReadingReceipt.contract_id)
        .join(Register, Register.id == SubmittedReading.register_id)
        .join(Meter, Meter.id == Register.meter_id)
        .where(*_UNACKNOWLEDGED)
        .order_by(SubmittedReading.exported_at, SubmittedReading.id)
        .offset(offset)
        .limit(limit)
    )
    return [UnacknowledgedReading(*row) for row in rows]


_UNACKNOWLEDGED = (
    SubmittedReading.acknowledged_at.is_(None),
    SubmittedReading.exported_at.is_not(None),
    SubmittedReading.status.in_(LIVE),
)
# The column holds JSON, which the two databases compare in no common way; its text they do.
_CODES = cast(SubmittedReading.doubts, String)
_IS_UNUSUAL = or_(_CODES != "[]", SubmittedReading.is_late.is_(True))


def _has_code(*codes: str) -> ColumnElement[bool]:
    return or_(*(_CODES.contains(f'"{code}"', autoescape=True) for code in codes))


_WARNINGS: dict[Unusual, ColumnElement[bool]] = {
    WarningFilter.ANY: _IS_UNUSUAL,
    WarningFilter.DOUBT: _has_code(*Doubt),
    WarningFilter.LATE: SubmittedReading.is_late.is_(True),
    WarningFilter.NONE: ~_IS_UNUSUAL,
}
_UNUSUAL_FIRST = (
    case((_has_code(*Doubt), 0), (_IS_UNUSUAL, 1), else_=2),
    SubmittedReading.id.desc(),
)
"""What had to be confirmed, then what is unusual in another way, then the rest."""


def _select_ids(wanted: ReadingFilter) -> Select[Any]:
    statement = select(SubmittedReading.id)
    if wanted.department_id is not None:
        statement = (
            statement.join(ReadingReceipt, ReadingReceipt.id == SubmittedReading.receipt_id)
            .join(Contract, Contract.id == ReadingReceipt.contract_id)
            .where(Contract.department_id == wanted.department_id)
        )
    # The index begins with the status: a month alone is found by naming them all.
    statuses = [wanted.status] if wanted.status else list(ReadingStatus) if wanted.period else []
    if statuses:
        statement = statement.where(SubmittedReading.status.in_(statuses))
    if wanted.period is not None:
        statement = statement.where(SubmittedReading.period == wanted.period)
    if wanted.warning is not None:
        is_wanted = _WARNINGS.get(wanted.warning)
        statement = statement.where(_has_code(wanted.warning) if is_wanted is None else is_wanted)
    if wanted.text:
        statement = statement.where(_matches(wanted.text))
    return statement


def _matches(text: str) -> ColumnElement[bool]:
    """SQL: of a contract whose number begins so, or of a meter whose serial number contains it."""
    meters = (
        select(Register.id)
        .join(Meter, Meter.id == Register.meter_id)
        .where(contains_in_any_case(Meter.serial_number, text))
    )
    beginnings = {"".join(text.split()).upper(), number_key(text)}
    receipts = (
        select(ReadingReceipt.id)
        .join(Contract, Contract.id == ReadingReceipt.contract_id)
        .where(or_(*(Contract.number_key.startswith(text, autoescape=True) for text in beginnings)))
    )
    return or_(SubmittedReading.register_id.in_(meters), SubmittedReading.receipt_id.in_(receipts))


def _list_rows(
    session: Session, ids: Sequence[int], *, with_typical_month: bool
) -> list[ReviewedReading]:
    rows = session.execute(
        select(
            SubmittedReading,
            ReadingReceipt,
            Contract.number,
            func.coalesce(func.nullif(Customer.short_name, ""), Customer.full_name),
            StaffMember.name,
        )
        .join(ReadingReceipt, ReadingReceipt.id == SubmittedReading.receipt_id)
        .join(Contract, Contract.id == ReadingReceipt.contract_id)
        .join(Customer, Customer.id == Contract.customer_id)
        .outerjoin(StaffMember, StaffMember.id == SubmittedReading.decided_by_id)
        .where(SubmittedReading.id.in_(ids))
        .order_by(*_UNUSUAL_FIRST)
    ).all()
    readings = [row[0] for row in rows]
    names = name_registers(session, {reading.register_id for reading in readings})
    typical = _typical_months(session, readings, names) if with_typical_month else {}
    return [
        ReviewedReading(
            reading,
            receipt,
            contract_number,
            customer,
            names[reading.register_id],
            decided_by,
            typical.get(reading.id),
        )
        for reading, receipt, contract_number, customer, decided_by in rows
    ]


def _typical_months(
    session: Session, readings: Sequence[SubmittedReading], names: Mapping[int, RegisterName]
) -> dict[int, Decimal | None]:
    """Typical month before each reading, kWh; all their registers are read at once."""
    if not readings:
        return {}
    since = min(reading.period for reading in readings).plus(-MONTHS_BACK)
    known = list_known(session, names, since)
    months = {
        register_id: sum_by_month(build_consumption(known[register_id], name.scale))
        for register_id, name in names.items()
    }
    return {
        reading.id: compute_typical_month_before(
            months[reading.register_id].items(), reading.period
        )
        for reading in readings
    }
