"""Read statements of settlements and of charges."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.domain.bill_change_facts import ComparedMonths
from app.domain.charges import Document, in_kw, in_kwh
from app.domain.errors import StatementTooLongError
from app.domain.period import Period
from app.domain.statement import (
    ChargeRow,
    ChargeStatement,
    Party,
    SettlementStatement,
    StatementIssue,
    document_rows,
    line_rows,
    statement_number,
)
from app.queries.bill_comparisons import find_comparison
from app.queries.charges import Line, count_rows, list_documents, list_lines
from app.queries.contracts import VisibleContract
from app.queries.settlements import ledger_of


def read_settlement_statement(
    session: Session,
    contract: VisibleContract,
    period: Period,
    issue: StatementIssue,
    max_rows: int,
) -> SettlementStatement:
    """The settlement statement of a period.

    Args:
        max_rows: most operations it may have.

    Raises:
        StatementTooLongError: the period has more.
    """
    ledger = ledger_of(session, contract, period, with_purpose=True)
    if ledger.count > max_rows:
        raise StatementTooLongError(ledger.count, max_rows)
    return SettlementStatement(*_head(contract, period, issue), ledger.opening, ledger.operations())


def read_charge_statement(
    session: Session,
    contract: VisibleContract,
    period: Period,
    issue: StatementIssue,
    max_rows: int,
    *,
    with_lines: bool,
    months: ComparedMonths | None = None,
) -> ChargeStatement:
    """The statement of the documents dated within a period, by document or with their lines.

    It explains why its last month was billed higher or lower than the one before.

    Args:
        max_rows: most rows it may have.
        months: two others to be compared.

    Raises:
        StatementTooLongError: the period has more.
    """
    documents = list_documents(session, contract, period)
    energy = [document for document in documents if not document.is_interest]
    interest = [document for document in documents if document.is_interest]
    lines: dict[int, list[ChargeRow]] = {}
    if with_lines:
        by_id = {document.id: document for document in energy}
        for line in list_lines(session, list(by_id), limit=max_rows + 1):
            lines.setdefault(line.charge_id, []).append(_row(line, by_id[line.charge_id]))
    rows = line_rows(energy, lines)
    if len(rows) + len(interest) > max_rows:
        count = max(len(rows), count_rows(session, energy)) if with_lines else len(rows)
        raise StatementTooLongError(count + len(interest), max_rows)
    head = _head(contract, period, issue)
    months = months or _last_months(energy)
    comparison = find_comparison(session, contract, months) if months else None
    return ChargeStatement(*head, with_lines, rows, document_rows(interest), months, comparison)


def _last_months(documents: Sequence[Document]) -> ComparedMonths | None:
    """The last month that the documents bill, and the one before it."""
    billed = [document.period for document in documents if document.corrects is None]
    return ComparedMonths(max(billed).plus(-1), max(billed)) if billed else None


def _row(line: Line, document: Document) -> ChargeRow:
    places = [line.point, f"прибор № {line.meter}" if line.meter else None, line.zone]
    return ChargeRow(
        number=0,
        document=document,
        content=", ".join(filter(None, (line.service, *places))),
        kwh=in_kwh(line.quantity, line.unit),
        kw=in_kw(line.quantity, line.unit),
        price=line.price,
        rate=line.vat_rate,
        net=line.net,
        vat=line.vat,
        gross=line.gross,
        quantity=line.quantity if line.unit else None,
        unit=line.unit,
    )


def _head(
    contract: VisibleContract, period: Period, issue: StatementIssue
) -> tuple[str, datetime, datetime | None, str, str, Party, Party, Period]:
    """The fields of ``Statement``, in their order."""
    return (
        statement_number(contract.number, issue.issued_at),
        issue.issued_at,
        issue.as_of,
        contract.number,
        f"{contract.signed_on:%d.%m.%Y}",
        issue.supplier,
        Party(contract.customer_name, contract.inn, contract.kpp, contract.legal_address),
        period,
    )
