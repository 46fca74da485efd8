"""What a page of one enquiry shows beside the thread, and what its rows decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from app.domain.access import Permission
from app.domain.answer_templates import CONTRACT, NAME, NUMBER
from app.domain.enquiries import EnquiryStatus
from app.domain.formats import day
from app.extensions import db
from app.models import Account, Enquiry
from app.queries.contracts import get_as_customer
from app.queries.enquiries.beside import (
    OtherEnquiry,
    QueuePlace,
    find_place,
    list_others_of_contract,
)
from app.queries.enquiries.staff import QueueRow
from app.queries.open_item_snapshots import MoneyOverview
from app.queries.open_items import read_money_overview
from app.sections.enquiries.labels import STATUSES, is_due
from app.sections.staff.enquiries.labels import overdue_label
from app.web.context import clock
from app.web.filters import moment
from app.web.session import current_clerk


@dataclass(frozen=True, slots=True)
class Beside:
    """Facts beside the thread: money of the contract, its other enquiries, the queue."""

    overview: MoneyOverview
    others: Sequence[OtherEnquiry]
    place: QueuePlace


def build_beside(enquiry: Enquiry) -> Beside:
    """Read what stands beside the thread of an enquiry."""
    session, today = db.session(), clock().today()
    contract = get_as_customer(session, enquiry.contract_id, Permission.SEE_MONEY, today)
    return Beside(
        read_money_overview(session, contract, today),
        list_others_of_contract(session, enquiry),
        find_place(session, enquiry, current_clerk().department_id),
    )


def placeholder_values(session: Session, enquiry: Enquiry) -> dict[str, str]:
    """What a ready answer says of this enquiry; a person without a name is their organisation."""
    account = session.get(Account, enquiry.account_id) if enquiry.account_id else None
    return {
        CONTRACT: enquiry.contract.number,
        NUMBER: enquiry.number or "",
        NAME: (account.person_name if account else None) or enquiry.organisation,
    }


@dataclass(frozen=True, slots=True)
class QueueCells:
    """A row of the queue as it is shown.

    Attributes:
        due: the deadline while the answer is due, else when it was given.
        hurry: «Просрочено на 3 дня» or «сегодня»; empty: there is time.
    """

    row: QueueRow
    registered: str
    status: tuple[str, str]
    due: str
    hurry: str
    is_overdue: bool


def present_queue(rows: Sequence[QueueRow], today: date) -> list[QueueCells]:
    """Decide what the rows of the queue show."""
    return [_present(row, today) for row in rows]


def _present(row: QueueRow, today: date) -> QueueCells:
    overdue = overdue_label(row.status, row.answer_due_on, today)
    waits = is_due(row.status)
    is_today = waits and row.answer_due_on == today
    given = f"дан {moment(row.answered_at)}" if row.answered_at else ""
    return QueueCells(
        row,
        moment(row.registered_at).partition(",")[0],
        STATUSES[EnquiryStatus(row.status)],
        day(row.answer_due_on) if waits else given,
        overdue or ("сегодня" if is_today else ""),
        bool(overdue),
    )
