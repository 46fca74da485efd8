"""Statements (справки) of settlements and of charges: informational and one-sided.

A signed act of reconciliation has legal effect; this must not look like one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

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
class Statement:
    """What stands at the head of every statement; moments in the supplier's local time."""

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
        """«задолженность Потребителя: одна тысяча рублей 00 копеек», never a signed sum."""
        if not self.closing:
            return "взаимные расчеты закрыты, сальдо 0 рублей 00 копеек"
        side = "задолженность потребителя" if debt_side(self.closing) else "переплата потребителя"
        words = amount_in_words(abs(self.closing))
        return f"{side}: {words[0].lower()}{words[1:]}"


@dataclass(frozen=True, slots=True)
class ChargeRow:
    """A document, or its part with one VAT rate, or one of its lines; roubles, kWh and kW.

    ``price`` is None unless the row is a line; ``rate`` in per cent, None where there is no VAT.
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
    """Of a line, in its own ``unit``."""
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class ChargeStatement(Statement):
    """Charges of a period, late interest apart; roubles and kWh."""

    with_lines: bool
    rows: Sequence[ChargeRow]
    interest: Sequence[ChargeRow]

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
    """Documents as rows, one for each VAT rate in them."""
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


BEYOND_LINES = "Разница документа и его строк"


def line_rows(
    documents: Sequence[Document], lines: Mapping[int, Sequence[ChargeRow]]
) -> list[ChargeRow]:
    """The lines of documents as rows; a document without lines stands for itself, and one whose
    lines do not come to its sums gets a row with the difference.

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
        yield ChargeRow(0, document, BEYOND_LINES, None, None, None, None, net, vat, gross)


def statement_number(contract_number: str, issued_at: datetime) -> str:
    """Contract and moment of issue name a statement; nothing has to be stored for it."""
    return f"{contract_number}/{issued_at:%Y%m%d-%H%M%S}"
