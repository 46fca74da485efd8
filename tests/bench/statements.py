"""Benchmark the PDF of a statement by its number of rows."""

from __future__ import annotations

import tempfile
import time
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


def report() -> None:
    """One page; then 2,000 rows against 400."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(make_config(Path(folder)))
        one_page = min(seconds(app, 12) for _ in range(5))
        few, many = seconds(app, 400), seconds(app, 2000)
    print(f"PDF: one page {one_page:.2f} s (at most 0.2)")
    print(f"  400 rows {few:.1f} s, 2000 rows {many:.1f} s, ratio {many / few:.1f} (at most 6)")


def seconds(app: Flask, rows: int) -> float:
    with app.test_request_context():
        started = time.perf_counter()
        SettlementStatementType().write(statement(rows), "pdf", render_pdf)
        return time.perf_counter() - started


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
