"""Cross-checks of a batch: they warn, and the data are taken as billing sent them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, String, cast, func, select

from app.actions.billing_import.report import Report
from app.actions.billing_import.source import Source
from app.actions.billing_import.staging import Staged
from app.domain.company_ids import is_account, is_corr_account, is_inn, is_ogrn
from app.models import Charge, ChargeLine, Contract, MonthlyBalance

LIMIT = 200


def run_checks(connection: Connection, staged: dict[str, Staged], report: Report) -> None:
    """All cross-checks for the files that the batch has; the merge has already been done."""
    for name in ("supplier", "customers"):
        if name in staged:
            _check_company_ids(connection, staged[name], report)
    if "charges" in staged:
        _check_document_sums(connection, staged["charges"], report)
        _check_lines_against_total(connection, staged["charges"], report)
    if "balances" in staged:
        _check_balance_identity(connection, staged["balances"], report)
        _check_balance_chain(connection, staged["balances"], report)


def _check_company_ids(connection: Connection, staged: Staged, report: Report) -> None:
    row = staged.rows.c
    rows = connection.execute(
        select(row.line, row.inn, row.ogrn, row.bic, row.account, row.corr_account)
    )
    for line, inn, ogrn, bic, account, corr_account in rows:
        faults = {
            "inn": not is_inn(inn),
            "ogrn": bool(ogrn) and not is_ogrn(ogrn),
            "account": bool(account and bic) and not is_account(account, bic),
            "corr_account": bool(corr_account and bic) and not is_corr_account(corr_account, bic),
        }
        for column in (name for name, is_wrong in faults.items() if is_wrong):
            report.warn(staged.layout.filename, "не сходится контрольное число", line, column)


def _check_document_sums(connection: Connection, staged: Staged, report: Report) -> None:
    row = staged.rows.c
    wrong = select(row.line).where(row.amount + row.vat_amount != row.total)
    for line in connection.scalars(wrong.order_by(row.line).limit(LIMIT)):
        message = "сумма без НДС и НДС не дают итога"
        report.warn(staged.layout.filename, message, line, "total")


def _check_lines_against_total(connection: Connection, staged: Staged, report: Report) -> None:
    """Documents of the batch whose lines do not add up to their total; none at all is no fault."""
    stage = staged.rows
    total = func.sum(ChargeLine.gross_amount)
    rows = connection.execute(
        select(stage.c.line, total, Charge.gross_amount)
        .select_from(stage)
        .join(Charge, Charge.external_id == stage.c.charge_id)
        .join(ChargeLine, ChargeLine.charge_id == Charge.id)
        .group_by(stage.c.line, Charge.gross_amount)
        .having(total != Charge.gross_amount)
        .order_by(stage.c.line)
        .limit(LIMIT)
    )
    for line, lines_total, document_total in rows:
        message = f"сумма строк {lines_total} не равна итогу документа {document_total}"
        report.warn(staged.layout.filename, message, line, "total")


def _check_balance_identity(connection: Connection, staged: Staged, report: Report) -> None:
    row = staged.rows.c
    expected = row.opening + row.charged + row.corrected + row.penalty - row.paid
    wrong = select(row.line).where(expected != row.closing)
    for line in connection.scalars(wrong.order_by(row.line).limit(LIMIT)):
        message = "начальное сальдо и обороты не дают конечного"
        report.warn(staged.layout.filename, message, line, "closing")


def _check_balance_chain(connection: Connection, staged: Staged, report: Report) -> None:
    touched = Source(staged).linked_ids("contract_id")
    previous = func.lag(MonthlyBalance.closing_amount).over(
        partition_by=MonthlyBalance.contract_id, order_by=MonthlyBalance.period
    )
    chain = (
        select(
            MonthlyBalance.contract_id,
            cast(MonthlyBalance.period, String).label("month"),
            MonthlyBalance.opening_amount.label("opening"),
            previous.label("previous"),
        )
        .where(MonthlyBalance.contract_id.in_(touched), MonthlyBalance.withdrawn_at.is_(None))
        .subquery()
    )
    broken: Select[Any] = (
        select(Contract.number, chain.c.month)
        .join(chain, chain.c.contract_id == Contract.id)
        .where(chain.c.previous != chain.c.opening)
        .order_by(Contract.number, chain.c.month)
        .limit(LIMIT)
    )
    for number, month in connection.execute(broken):
        report.warn(
            staged.layout.filename,
            f"договор {number}, {month}: начальное сальдо не равно конечному прошлого месяца",
        )
