"""Read what happened last under a contract: charges, payments, readings sent, answers.

One statement for «Главная»; each part reads a few rows from the end of an index.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Boolean,
    Select,
    bindparam,
    literal_column,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import Session

from app.domain.access import Permission
from app.domain.enquiries import EnquiryStatus
from app.domain.money import from_kopecks
from app.domain.period import Month
from app.lib.prepared_select import PreparedSelect
from app.models import Charge, Enquiry, Payment, ReadingReceipt
from app.queries.contracts import VisibleContract
from app.queries.enquiries.customer import customer_values
from app.queries.scope import is_enquiry_in_scope, is_receipt_in_scope

OF_EACH = 3
"""More of one sort would push the others out of a short list."""


class EventSort(StrEnum):
    """What happened; the values are part of the statement."""

    CHARGE = "charge"
    PAYMENT = "payment"
    RECEIPT = "receipt"
    ANSWER = "answer"
    WAITING = "waiting"
    """An enquiry in which the customer has an answer or a question to react to."""


class RecentEvent(NamedTuple):
    """One thing that happened.

    Attributes:
        id: of the document, payment, receipt or enquiry.
        kind: of the document or payment; of an enquiry that waits, its status.
        on: the day of a document or payment; ``at``: the moment of the others.
        amount: of a document or payment, roubles.
    """

    sort: EventSort
    id: int
    kind: str | None
    number: str | None
    period: Month | None
    on: date | None
    at: datetime | None
    amount: Decimal | None


_NO_DAY = null().cast(Charge.doc_date.type)
_NO_MOMENT = null().cast(ReadingReceipt.submitted_at.type)
_NO_TEXT = null().cast(Charge.doc_number.type)
_NO_AMOUNT = null().cast(BigInteger)
_NO_MONTH = null().cast(Charge.period.type)
_CONTRACT_ID: BindParameter[int] = bindparam("contract_id")
_SINCE = bindparam("since", type_=ReadingReceipt.submitted_at.type)
_NAMES = ("row_id", "kind", "number", "period", "on_date", "at", "amount")
_Rows = Select[*tuple[Any, ...]]


def _may_see(what: str) -> Any:
    return bindparam(what, type_=Boolean()).is_(True)


def _columns(sort: str, *columns: Any) -> list[Any]:
    """The columns of every part under the names of the first."""
    return [
        literal_column(f"'{sort}'").label("sort"),
        *(column.label(name) for name, column in zip(_NAMES, columns, strict=True)),
    ]


_CHARGES: _Rows = (
    select(
        *_columns(
            "charge",
            Charge.id,
            Charge.kind,
            Charge.doc_number,
            Charge.period,
            Charge.doc_date,
            _NO_MOMENT,
            type_coerce(Charge.gross_amount, BigInteger),
        )
    )
    .where(Charge.contract_id == _CONTRACT_ID, Charge.withdrawn_at.is_(None), _may_see("money"))
    .order_by(Charge.doc_date.desc(), Charge.id.desc())
    .limit(literal_column(str(OF_EACH)))
)
_PAYMENTS: _Rows = (
    select(
        *_columns(
            "payment",
            Payment.id,
            Payment.kind,
            Payment.doc_number,
            Payment.period,
            Payment.posted_on,
            _NO_MOMENT,
            type_coerce(Payment.amount, BigInteger),
        )
    )
    .where(Payment.contract_id == _CONTRACT_ID, Payment.withdrawn_at.is_(None), _may_see("money"))
    .order_by(Payment.posted_on.desc(), Payment.id.desc())
    .limit(literal_column(str(OF_EACH)))
)
_RECEIPTS: _Rows = (
    select(
        *_columns(
            "receipt",
            ReadingReceipt.id,
            _NO_TEXT,
            _NO_TEXT,
            _NO_MONTH,
            _NO_DAY,
            ReadingReceipt.submitted_at,
            _NO_AMOUNT,
        )
    )
    .where(
        ReadingReceipt.contract_id == _CONTRACT_ID,
        ReadingReceipt.submitted_at >= _SINCE,
        _may_see("readings"),
        is_receipt_in_scope(),
    )
    .order_by(ReadingReceipt.submitted_at.desc(), ReadingReceipt.id.desc())
    .limit(literal_column(str(OF_EACH)))
)
_ANSWERS: _Rows = (
    select(
        *_columns(
            "answer",
            Enquiry.id,
            _NO_TEXT,
            Enquiry.number,
            _NO_MONTH,
            _NO_DAY,
            Enquiry.answered_at,
            _NO_AMOUNT,
        )
    )
    .where(
        Enquiry.contract_id == _CONTRACT_ID,
        Enquiry.registered_at >= _SINCE,
        Enquiry.answered_at.is_not(None),
        _may_see("enquiries"),
        is_enquiry_in_scope(),
    )
    .order_by(Enquiry.answered_at.desc(), Enquiry.id.desc())
    .limit(literal_column(str(OF_EACH)))
)
_WAITING: _Rows = (
    select(
        *_columns(
            "waiting",
            Enquiry.id,
            Enquiry.status,
            Enquiry.number,
            _NO_MONTH,
            _NO_DAY,
            Enquiry.registered_at,
            _NO_AMOUNT,
        )
    )
    .where(
        Enquiry.contract_id == _CONTRACT_ID,
        Enquiry.registered_at >= _SINCE,
        or_(
            Enquiry.status == EnquiryStatus.NEEDS_DETAILS, Enquiry.status == EnquiryStatus.ANSWERED
        ),
        _may_see("enquiries"),
        is_enquiry_in_scope(),
    )
    .order_by(Enquiry.registered_at.desc(), Enquiry.id.desc())
    .limit(literal_column(str(OF_EACH)))
)
_EVENTS = PreparedSelect(
    union_all(
        *(
            select(*part.subquery().columns)
            for part in (_CHARGES, _PAYMENTS, _RECEIPTS, _ANSWERS, _WAITING)
        )
    )
)


def list_recent_events(session: Session, contract: VisibleContract) -> list[RecentEvent]:
    """The last of each sort that the viewer may see; enquiries that wait come besides."""
    rows = _EVENTS.all(
        session,
        **customer_values(contract),
        money=contract.may(Permission.SEE_MONEY),
        readings=contract.may(Permission.SEE_READINGS),
        enquiries=contract.may(Permission.SEE_ENQUIRIES),
    )
    return [
        RecentEvent(EventSort(sort), row_id, kind, number, period, on, at, _amount(kopecks))
        for sort, row_id, kind, number, period, on, at, kopecks in rows
    ]


def _amount(kopecks: int | None) -> Decimal | None:
    return None if kopecks is None else from_kopecks(kopecks)
