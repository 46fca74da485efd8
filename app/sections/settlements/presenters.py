"""Ledger entries in words, and settlements as tables for spreadsheets and paper."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from app.domain.period import Period
from app.domain.statement import SettlementStatement
from app.domain.turnover import (
    Entry,
    EntryKind,
    RunningEntry,
    TurnoverSheet,
    debt_side,
    overpayment_side,
)
from app.integrations.spreadsheets import Cell, Column, Kind, Table
from app.web.statement_routes import chunks_of

_DOCUMENTS = {
    EntryKind.UPD: "УПД",
    EntryKind.CORRECTION: "УКД",
    EntryKind.LATE_INTEREST: "Пени",
    EntryKind.OTHER: "Документ",
    EntryKind.PAYMENT: "Платеж",
    EntryKind.REFUND: "Возврат",
    EntryKind.OFFSET: "Зачет",
}
_CONTENTS = {
    EntryKind.UPD: "Электроэнергия",
    EntryKind.CORRECTION: "Корректировка",
    EntryKind.LATE_INTEREST: "Пени за просрочку",
    EntryKind.OTHER: "Прочее начисление",
    EntryKind.PAYMENT: "Оплата",
    EntryKind.REFUND: "Возврат переплаты",
    EntryKind.OFFSET: "Зачет",
}


class Row(NamedTuple):
    """An operation as tables show it; zero amounts are None."""

    number: int
    entry: Entry
    document: str
    content: str
    debit: Decimal | None
    credit: Decimal | None
    balance: Decimal


def present(running: RunningEntry) -> Row:
    """Put an operation into words."""
    entry = running.entry
    document = _DOCUMENTS[entry.kind]
    if entry.document:
        document = f"{document}\u00a0№\u00a0{entry.document}"
    return Row(
        running.number,
        entry,
        document,
        _CONTENTS[entry.kind],
        entry.debit or None,
        entry.credit or None,
        running.balance,
    )


def present_all(rows: Sequence[RunningEntry]) -> list[Row]:
    """Put operations into words."""
    return [present(row) for row in rows]


def turnover_table(sheet: TurnoverSheet, period: Period) -> Table:
    """The turnover sheet with its totals; months that the period cuts are labelled so."""
    columns = (
        Column("Месяц", Kind.TEXT, 16),
        Column("Сальдо на начало, Дт", Kind.MONEY, 16),
        Column("Сальдо на начало, Кт", Kind.MONEY, 16),
        Column("Начислено, Дт", Kind.MONEY, 16),
        Column("Оплачено, Кт", Kind.MONEY, 16),
        Column("Сальдо на конец, Дт", Kind.MONEY, 16),
        Column("Сальдо на конец, Кт", Kind.MONEY, 16),
    )
    rows: list[list[Cell]] = [
        [
            period.month_label(row.month),
            *_sides(row.opening),
            row.debit,
            row.credit,
            *_sides(row.closing),
        ]
        for row in sheet.rows
    ]
    total = ["Итого", *_sides(sheet.opening), sheet.debit, sheet.credit, *_sides(sheet.closing)]
    return Table("Ведомость", columns, rows, [total])


def statement_table(statement: SettlementStatement) -> Table:
    """The rows of the statement; the column «Строка» tells operations from balances and totals."""
    columns = (
        Column("Строка", Kind.TEXT, 18),
        Column("№", Kind.WHOLE, 6),
        Column("Дата", Kind.DATE, 12),
        Column("Документ", Kind.TEXT, 26),
        Column("Период расчета", Kind.TEXT, 14),
        Column("Содержание", Kind.TEXT, 50),
        Column("Дебет", Kind.MONEY, 16),
        Column("Кредит", Kind.MONEY, 16),
        Column("Сальдо Дт", Kind.MONEY, 16),
        Column("Сальдо Кт", Kind.MONEY, 16),
        Column("Назначение платежа", Kind.TEXT, 60),
    )
    blank: list[Cell] = [None] * 3
    period = statement.period
    rows: list[list[Cell]] = [
        [
            "Сальдо на начало",
            None,
            period.first,
            *blank,
            None,
            None,
            *_sides(statement.opening),
            None,
        ]
    ]
    rows += [_statement_row(present(row)) for row in statement.rows]
    totals: list[list[Cell]] = [
        ["Обороты", None, None, *blank, statement.debit, statement.credit, None, None, None],
        [
            "Сальдо на конец",
            None,
            period.last,
            *blank,
            None,
            None,
            *_sides(statement.closing),
            None,
        ],
    ]
    return Table("Справка", columns, rows, totals)


def pdf_context(statement: SettlementStatement) -> dict[str, Any]:
    """What the PDF template needs; its rows come in short tables."""
    chunks = chunks_of(present_all(statement.rows))
    return {"statement": statement, "chunks": chunks, "title": statement_title(statement)}


def statement_title(statement: SettlementStatement) -> str:
    return f"Справка по взаиморасчетам, договор {statement.contract_number}"


def _statement_row(row: Row) -> list[Cell]:
    entry = row.entry
    return [
        "Операция",
        row.number,
        entry.on,
        row.document.replace("\u00a0", " "),
        entry.period.short_label if entry.period else None,
        row.content,
        row.debit,
        row.credit,
        *_sides(row.balance),
        entry.purpose or None,
    ]


def _sides(balance: Decimal) -> tuple[Decimal | None, Decimal | None]:
    """A balance in its Дт and Кт columns; a closed one is zero in Дт."""
    if balance < 0:
        return None, overpayment_side(balance)
    return debt_side(balance), None
