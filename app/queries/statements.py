"""Reads that make statements."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.domain.charges import Document, in_kw, in_kwh
from app.domain.errors import StatementTooLongError
from app.domain.period import Period
from app.domain.statement import (
    ChargeRow,
    ChargeStatement,
    Party,
    SettlementStatement,
    document_rows,
    line_rows,
    statement_number,
)
from app.queries.charges import Line, count_rows, list_documents, list_lines
from app.queries.contracts import SiteContext, VisibleContract
from app.queries.settlements import ledger_of


def settlement_statement(
    session: Session,
    contract: VisibleContract,
    period: Period,
    *,
    site: SiteContext,
    issued_at: datetime,
    as_of: datetime | None,
    max_rows: int,
) -> SettlementStatement:
    """The statement of a period.

    Args:
        issued_at, as_of: in the supplier's zone.
        max_rows: most operations a statement may hold.

    Raises:
        StatementTooLongError: the period holds more.
    """
    ledger = ledger_of(session, contract, period, with_purpose=True)
    if ledger.count > max_rows:
        raise StatementTooLongError(ledger.count, max_rows)
    return SettlementStatement(
        *_head(contract, period, site, issued_at, as_of), ledger.opening, ledger.operations()
    )


def charge_statement(
    session: Session,
    contract: VisibleContract,
    period: Period,
    *,
    site: SiteContext,
    issued_at: datetime,
    as_of: datetime | None,
    max_rows: int,
    with_lines: bool,
) -> ChargeStatement:
    """The statement of the documents dated within a period, by document or with their lines.

    Args:
        issued_at, as_of: in the supplier's zone.
        max_rows: most rows a statement may hold.

    Raises:
        StatementTooLongError: the period holds more.
    """
    documents = list_documents(session, contract, period)
    energy = [document for document in documents if not document.is_interest]
    interest = [document for document in documents if document.is_interest]
    lines: dict[int, list[ChargeRow]] = {}
    if with_lines:
        by_id = {document.id: document for document in energy}
        for line in list_lines(session, list(by_id), limit=max_rows + 1):
            rows = lines.setdefault(line.charge_id, [])
            rows.append(_row(line, by_id[line.charge_id]))
    rows = line_rows(energy, lines)
    if len(rows) + len(interest) > max_rows:
        count = len(rows)
        if with_lines:
            count = max(count, count_rows(session, energy))
        raise StatementTooLongError(count + len(interest), max_rows)
    return ChargeStatement(
        *_head(contract, period, site, issued_at, as_of),
        with_lines,
        rows,
        document_rows(interest),
    )


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
    contract: VisibleContract,
    period: Period,
    site: SiteContext,
    issued_at: datetime,
    as_of: datetime | None,
) -> tuple[str, datetime, datetime | None, str, str, Party, Party, Period]:
    """The fields of ``Statement``, in their order."""
    supplier = site.supplier
    return (
        statement_number(contract.number, issued_at),
        issued_at,
        as_of,
        contract.number,
        f"{contract.signed_on:%d.%m.%Y}",
        Party(supplier.name, supplier.inn, supplier.kpp, supplier.address)
        if supplier
        else Party("", "", None, None),
        Party(contract.customer_name, contract.inn, contract.kpp, contract.legal_address),
        period,
    )
