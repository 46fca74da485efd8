"""Settlement and charge statements (справки): informational and one-sided.

A reconciliation act signed by both sides has legal effect; a statement must not look like one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from app.domain.bill_change_facts import ComparedMonths
from app.domain.bill_comparison import BillComparison
from app.domain.charges import Document, RateSum, sum_by_rate
from app.domain.money import ZERO, amount_in_words
from app.domain.period import Period
from app.domain.turnover import RunningEntry, debt_side


@dataclass(frozen=True, slots=True)
class Party:
    """A side of the contract as the statement names it."""

    name: str
    inn: str
    kpp: str | None
    address: str | None


@dataclass(frozen=True, slots=True)
class StatementIssue:
    """By whom and when a statement is issued, and for which moment its data are.

    Attributes:
        issued_at: in the supplier's zone.
        as_of: in the supplier's zone; None: billing has not said.
    """

    issued_at: datetime
    as_of: datetime | None
    supplier: Party


@dataclass(frozen=True, slots=True)
class Statement:
    """Head of every statement; moments in the supplier's zone."""

    number: str
    issued_at: datetime
    as_of: datetime | None
    contract_number: str
    contract_date: str
    supplier: Party
    customer: Party
    period: Period


@dataclass(frozen=True, slots=True)
class SettlementStatement(Statement):
    """Operations of a period and the balances around them; roubles."""

    opening: Decimal
    rows: Sequence[RunningEntry]

    @property
    def debit(self) -> Decimal:
        return sum((row.entry.debit for row in self.rows), ZERO)

    @property
    def credit(self) -> Decimal:
        return sum((row.entry.credit for row in self.rows), ZERO)

    @property
    def closing(self) -> Decimal:
        return self.opening + self.debit - self.credit

    @property
    def closing_text(self) -> str:
        """«задолженность потребителя: одна тысяча рублей 00 копеек», never a signed amount."""
        if not self.closing:
            return "взаимные расчеты закрыты, сальдо 0 рублей 00 копеек"
        side = "задолженность потребителя" if debt_side(self.closing) else "переплата потребителя"
        amount = amount_in_words(abs(self.closing))
        return f"{side}: {amount[0].lower()}{amount[1:]}"


@dataclass(frozen=True, slots=True)
class ChargeRow:
    """A document, or its part with one VAT rate, or one of its lines; roubles, kWh and kW.

    Attributes:
        number: place in the statement, from 1.
        content: service, supply point and meter of a line.
        price: roubles without VAT for a unit; None unless the row is a line.
        rate: VAT rate in per cent, None where there is no VAT.
        quantity: of a line, in its own ``unit``.
    """

    number: int
    document: Document
    content: str | None
    kwh: Decimal | None
    kw: Decimal | None
    price: Decimal | None
    rate: Decimal | None
    net: Decimal
    vat: Decimal
    gross: Decimal
    quantity: Decimal | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class ChargeStatement(Statement):
    """Charges of a period, late interest apart; roubles, kWh and kW."""

    with_lines: bool
    rows: Sequence[ChargeRow]
    interest: Sequence[ChargeRow]
    months: ComparedMonths | None = None
    """Two months whose difference the statement explains."""
    comparison: BillComparison | None = None

    @property
    def kwh(self) -> Decimal:
        return sum((row.kwh for row in self.rows if row.kwh is not None), Decimal(0))

    @property
    def kw(self) -> Decimal:
        return sum((row.kw for row in self.rows if row.kw is not None), Decimal(0))

    @property
    def rates(self) -> tuple[RateSum, ...]:
        """Sums by VAT rate, without late interest."""
        return sum_by_rate(RateSum(row.rate, row.net, row.vat, row.gross) for row in self.rows)

    @property
    def net(self) -> Decimal:
        return sum((row.net for row in self.rows), ZERO)

    @property
    def vat(self) -> Decimal:
        return sum((row.vat for row in self.rows), ZERO)

    @property
    def gross(self) -> Decimal:
        return sum((row.gross for row in self.rows), ZERO)

    @property
    def interest_sum(self) -> Decimal:
        return sum((row.gross for row in self.interest), ZERO)

    @property
    def total(self) -> Decimal:
        return self.gross + self.interest_sum

    @property
    def total_amount_in_words(self) -> str:
        return amount_in_words(self.total)


def document_rows(documents: Sequence[Document]) -> list[ChargeRow]:
    """Turn documents into rows, one for each VAT rate in them, numbered from 1."""
    return _numbered(
        ChargeRow(
            0,
            document,
            None,
            # Once per document, or the column would add up to more than was delivered.
            document.kwh if place == 0 else None,
            document.kw if place == 0 else None,
            None,
            part.rate,
            part.net,
            part.vat,
            part.gross,
        )
        for document in documents
        for place, part in enumerate(document.parts)
    )


def _numbered(rows: Iterable[ChargeRow]) -> list[ChargeRow]:
    return [replace(row, number=number) for number, row in enumerate(rows, 1)]


LINE_DIFFERENCE = "Разница документа и его строк"


def line_rows(
    documents: Sequence[Document], lines: Mapping[int, Sequence[ChargeRow]]
) -> list[ChargeRow]:
    """Turn the lines of documents into rows, numbered from 1.

    A document without lines is a row itself; one whose lines do not come to its sums gets a row
    with the difference.

    Args:
        lines: by document id.
    """
    return _numbered(row for document in documents for row in _rows_of(document, lines))


def _rows_of(document: Document, lines: Mapping[int, Sequence[ChargeRow]]) -> Iterator[ChargeRow]:
    rows = lines.get(document.id)
    if not rows:
        yield from document_rows([document])
        return
    yield from rows
    net = document.net - sum((row.net for row in rows), ZERO)
    vat = document.vat - sum((row.vat for row in rows), ZERO)
    gross = document.gross - sum((row.gross for row in rows), ZERO)
    if net or vat or gross:
        yield ChargeRow(0, document, LINE_DIFFERENCE, None, None, None, None, net, vat, gross)


def statement_number(contract_number: str, issued_at: datetime) -> str:
    """Number a statement by contract and moment of issue: nothing has to be stored for it.

    Args:
        issued_at: in the supplier's zone.
    """
    return f"{contract_number}/{issued_at:%Y%m%d-%H%M%S}"
