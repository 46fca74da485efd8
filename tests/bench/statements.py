"""Benchmark the PDF of a statement by its number of rows: CPU time beside that of plain Python."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

from flask import Flask

from app import create_app
from app.domain.money import from_kopecks
from app.domain.period import Month, Period
from app.domain.statement import Party, SettlementStatement
from app.domain.turnover import Entry, EntryKind, RunningEntry
from app.integrations.pdf import render_pdf
from app.web.statements.settlement import SettlementStatementType
from tests.conftest import NOW, make_config

CASES = (
    ("a month", 3, 40),
    ("36 months, 2 pages", 72, 300),
    ("400", 400, 1200),
    ("2 000", 2000, 6000),
)
"""What a statement is, its rows, and the milliseconds that it may take."""
TRIES = 5


def report() -> None:
    """Statements of four lengths, each at its best of several tries."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(make_config(Path(folder)))
        yardstick = best(count_to_two_million)
        print(f"PDF, beside {yardstick:.0f} ms of counting to two million:")
        for name, rows, limit in CASES:
            made = statement(rows)
            milliseconds = best(lambda made=made: write(app, made))
            print(f"  {name} ({rows} rows): {milliseconds:.0f} ms CPU (at most {limit})")


def best(work: Callable[[], object]) -> float:
    """Milliseconds of CPU at the best of several tries."""

    def once() -> float:
        started = time.process_time()
        work()
        return (time.process_time() - started) * 1000

    return min(once() for _ in range(TRIES))


def count_to_two_million() -> int:
    total = 0
    for number in range(2_000_000):
        total += number * number % 7
    return total


def write(app: Flask, made: SettlementStatement) -> bytes:
    with app.test_request_context():
        return SettlementStatementType().write(made, "pdf", render_pdf)


def statement(count: int) -> SettlementStatement:
    """A statement of ``count`` operations: a document and two payments in turn."""
    party = Party("Общество с ограниченной ответственностью «Ромашка»", "7415000018", None, "Миасс")
    zero, gross, paid = Decimal("0.00"), Decimal("123456.78"), Decimal("65432.10")
    rows = []
    for number in range(count):
        is_charge = number % 3 == 0
        entry = Entry(
            date(2026, number % 12 + 1, number % 28 + 1),
            EntryKind.UPD if is_charge else EntryKind.PAYMENT,
            f"ЭС-{number}",
            Month(2026, number % 12 + 1),
            "",
            gross if is_charge else zero,
            zero if is_charge else paid,
        )
        rows.append(RunningEntry(number + 1, entry, from_kopecks(number * 12_345)))
    period = Period(date(2026, 1, 1), date(2026, 12, 31))
    return SettlementStatement(
        "00123-ЭС/1", NOW, NOW, "00123-ЭС", "01.02.2020", party, party, period, zero, rows
    )
