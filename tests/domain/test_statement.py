"""The words of the settlement statement."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from app.domain.period import Period
from app.domain.statement import Party, SettlementStatement, statement_number

ISSUED = datetime(2026, 11, 22, 6, 30, 5, tzinfo=UTC)


def statement(opening: str) -> SettlementStatement:
    party = Party("Сторона", "7707083893", None, None)
    return SettlementStatement(
        number=statement_number("00123-ЭС", ISSUED),
        issued_at=ISSUED,
        as_of=None,
        contract_number="00123-ЭС",
        contract_date="01.02.2020",
        supplier=party,
        customer=party,
        period=Period(date(2026, 1, 1), date(2026, 1, 31)),
        opening=Decimal(opening),
        rows=(),
    )


@pytest.mark.parametrize(
    ("balance", "text"),
    [
        ("1000.00", "задолженность потребителя: одна тысяча рублей 00 копеек"),
        ("-2.50", "переплата потребителя: два рубля 50 копеек"),
        ("0.00", "взаимные расчеты закрыты, сальдо 0 рублей 00 копеек"),
    ],
)
def test_the_closing_balance_is_said_in_words_without_a_sign(balance: str, text: str) -> None:
    assert statement(balance).closing_text == text


def test_a_statement_is_named_by_contract_and_moment() -> None:
    assert statement("0.00").number == "00123-ЭС/20261122-063005"


def test_a_period_without_operations_closes_as_it_opened() -> None:
    empty = statement("12.34")
    assert (empty.debit, empty.credit, empty.closing) == (0, 0, Decimal("12.34"))
