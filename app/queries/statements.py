"""Reads that make a statement."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.domain.errors import StatementTooLongError
from app.domain.period import Period
from app.domain.statement import Party, SettlementStatement, statement_number
from app.queries.contracts import Frame, VisibleContract
from app.queries.settlements import ledger_of


def settlement_statement(
    session: Session,
    contract: VisibleContract,
    period: Period,
    *,
    frame: Frame,
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
    supplier = frame.supplier
    return SettlementStatement(
        number=statement_number(contract.number, issued_at),
        issued_at=issued_at,
        as_of=as_of,
        contract_number=contract.number,
        contract_date=f"{contract.signed_on:%d.%m.%Y}",
        supplier=Party(supplier.name, supplier.inn, supplier.kpp, supplier.address)
        if supplier
        else Party("", "", None, None),
        customer=Party(contract.customer_name, contract.inn, contract.kpp, contract.legal_address),
        period=period,
        opening=ledger.opening,
        rows=ledger.operations(),
    )
