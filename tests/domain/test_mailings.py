"""Lists of contracts as people write them, and what counts as overdue."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from app.domain.mailings import read_list, sum_overdue
from app.domain.receivables import Receivable, ReceivableKind

TODAY = date(2026, 11, 21)


def owed(amount: str, due_on: date | None, covered: str = "0") -> Receivable:
    return Receivable(
        ReceivableKind.INVOICE, Decimal(amount), Decimal(covered), 1, "1", due_on, False
    )


def test_numbers_are_read_in_any_writing_and_once() -> None:
    numbers, faults = read_list("00123-ЭС\n\n  01234 \n00123 эс\n")
    assert [(number.line, number.number_key) for number in numbers] == [
        (1, "00123-ЭС"),
        (3, "01234-ЭС"),
    ]
    assert faults == []


def test_the_first_line_may_be_a_heading_and_others_may_not() -> None:
    numbers, faults = read_list("Договор;Потребитель\n00123-ЭС;ООО «Ромашка»\nитого;;\n")
    assert [number.typed for number in numbers] == ["00123-ЭС"]
    assert [(fault.code, fault.line, fault.column, fault.typed) for fault in faults] == [
        ("unreadable", 3, 1, "итого")
    ]


def test_a_number_in_a_later_column_is_named_with_its_column() -> None:
    numbers, _ = read_list(";00123-ЭС\n")
    assert (numbers[0].line, numbers[0].column) == (1, 2)


def test_only_what_is_overdue_for_long_enough_counts() -> None:
    unpaid = [
        owed("100", date(2026, 11, 20)),
        owed("1000", date(2026, 10, 22), covered="400"),
        owed("5000", TODAY),
        owed("7", None),
    ]
    assert sum_overdue(unpaid, TODAY, 1) == (Decimal("707"), date(2026, 10, 22))
    assert sum_overdue(unpaid, TODAY, 30) == (Decimal("607"), date(2026, 10, 22))
    assert sum_overdue(unpaid, TODAY, 31) == (Decimal("7"), None)
    assert sum_overdue([], TODAY, 1) == (Decimal("0"), None)
