"""Check billing's balances against its own documents and payments, month by month."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from app.domain.errors import PeriodError
from app.domain.period import EARLIEST, LATEST, Month, parse_month
from app.domain.staff import StaffPermission
from app.extensions import db
from app.integrations.spreadsheets import Cell, Column, Kind, Table
from app.queries import balance_checks as queries
from app.queries.contact_gaps import list_contact_gaps
from app.sections.staff.billing.labels import SIDES
from app.sections.staff.billing.presenters import describe_balances
from app.sections.staff.blueprint import bp
from app.sections.staff.customers.contact_gaps import LISTED as LISTED_GAPS
from app.web.context import clock
from app.web.downloads import send_table
from app.web.field_errors import labelled_error
from app.web.forms import MAX_SHOWN, printable
from app.web.fragments import render_page
from app.web.pager import STAFF_PAGE_ROWS, Pager
from app.web.permissions import staff_access

PAGE = "staff/billing/balance_checks.html"
LISTED_PAYMENTS = 50
MONTH = "Месяц"
WRONG_MONTH = labelled_error(MONTH, "нужен месяц, например 2026-10")
COLUMNS = (
    Column("Договор", Kind.TEXT, 16),
    Column("Потребитель", Kind.TEXT, 40),
    Column("Что не сходится", Kind.TEXT, 22),
    Column("В остатках биллинга", Kind.MONEY, 18),
    Column("По документам", Kind.MONEY, 18),
    Column("Разница", Kind.MONEY, 18),
    Column("Остатки за месяц", Kind.TEXT, 16),
    Column("Дата", Kind.DATE, 12),
    Column("Документ", Kind.TEXT, 16),
    Column("ИНН плательщика", Kind.TEXT, 14),
    Column("Назначение", Kind.TEXT, 60),
)


@bp.get("/billing/reconciliation")
@staff_access(StaffPermission.IMPORT, lists=True)
def balance_checks() -> ResponseReturnValue:
    """Contracts of a month with a difference, and payments without a contract."""
    typed, month = _month()
    if month is None:
        return _wrong_month_page(typed)
    session = db.session()
    pager = Pager.from_request(STAFF_PAGE_ROWS, queries.count_mismatched(session, month))
    count, total = queries.sum_unallocated(session, month)
    return render_page(
        PAGE,
        fragment="results",
        month=month,
        typed=typed,
        error="",
        pager=pager,
        sides=SIDES,
        summary=describe_balances(month, pager, queries.has_balances(session, month)),
        contracts=queries.list_mismatched(session, month, pager.offset, pager.size),
        unallocated=queries.list_unallocated(session, month, LISTED_PAYMENTS),
        unallocated_count=count,
        unallocated_total=total,
        contact_gaps=list_contact_gaps(session),
        contact_gaps_listed=LISTED_GAPS,
    )


@bp.get("/billing/reconciliation.<any(xlsx, csv):extension>")
@staff_access(StaffPermission.IMPORT, lists=True)
def balance_checks_file(extension: str) -> ResponseReturnValue:
    """The whole report of a month as a spreadsheet."""
    typed, month = _month()
    if month is None:
        return _wrong_month_page(typed)
    table = Table(f"Сверка {month}", COLUMNS, _rows(month))
    return send_table(table, f"Сверка остатков {month}", extension)


def _wrong_month_page(typed: str) -> ResponseReturnValue:
    return render_page(
        PAGE, fragment="results", month=None, typed=typed, error=WRONG_MONTH, status=422
    )


def _month() -> tuple[str, Month | None]:
    """What was typed, and the month it is; without a choice, the newest with balances."""
    typed = request.args.get("month", "").strip()
    if not typed:
        month = queries.find_last_month(db.session()) or Month.of(clock().today())
        return str(month), month
    try:
        month = parse_month(typed)
    except PeriodError:
        return printable(typed)[:MAX_SHOWN], None
    if not EARLIEST.year <= month.year <= LATEST.year:
        return printable(typed)[:MAX_SHOWN], None
    return str(month), month


def _rows(month: Month) -> list[list[Cell]]:
    session = db.session()
    rows: list[list[Cell]] = [
        [
            contract.number,
            contract.customer_name,
            SIDES[wrong.side],
            wrong.billed,
            wrong.found,
            wrong.difference,
            "есть" if contract.has_balance else "нет",
            *(None,) * 4,
        ]
        for contract in queries.list_mismatched(session, month)
        for wrong in contract.mismatches
    ]
    return rows + [
        [
            None,
            None,
            "Оплата без договора",
            None,
            payment.amount,
            None,
            None,
            payment.posted_on,
            payment.doc_number,
            payment.payer_inn,
            payment.purpose,
        ]
        for payment in queries.list_unallocated(session, month)
    ]
