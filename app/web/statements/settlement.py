"""Settlement statement (справка по взаиморасчетам): operations of a period and the balances."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.period import Period
from app.domain.statement import SettlementStatement, StatementIssue
from app.domain.turnover import RunningEntry
from app.extensions import db
from app.integrations.spreadsheets import Cell, Column, Kind, Table
from app.queries.contracts import VisibleContract
from app.queries.statements import read_settlement_statement
from app.web.ledger_rows import LedgerRow, present_entries, present_entry, split_sides
from app.web.statements.base import Options, StatementType

_COLUMNS = (
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
"""The column «Строка» tells operations from balances and totals."""


class SettlementStatementType(StatementType):
    """Operations of a period and the balances around them.

    The oldest comes first: the balance runs from the opening to the closing one. Everywhere else
    the newest does.
    """

    code = "settlements"
    title = "Справка по взаиморасчетам"
    page_template = "settlements/statement.html"
    pdf_template = "pdf/settlement_statement.html"

    def build(
        self,
        contract: VisibleContract,
        period: Period,
        options: Options,
        issue: StatementIssue,
        max_rows: int,
    ) -> SettlementStatement:
        return read_settlement_statement(db.session(), contract, period, issue, max_rows)

    def present_rows(self, rows: Sequence[RunningEntry]) -> Sequence[LedgerRow]:
        return present_entries(rows)

    def table(self, statement: SettlementStatement) -> Table:
        period = statement.period
        opening, closing = split_sides(statement.opening), split_sides(statement.closing)
        empty: list[Cell] = [None] * 3
        rows: list[list[Cell]] = [
            ["Сальдо на начало", None, period.first, *empty, None, None, *opening, None],
            *(_cells(present_entry(row)) for row in statement.rows),
        ]
        totals: list[list[Cell]] = [
            ["Обороты", None, None, *empty, statement.debit, statement.credit, None, None, None],
            ["Сальдо на конец", None, period.last, *empty, None, None, *closing, None],
        ]
        return Table("Справка", _COLUMNS, rows, totals)


def _cells(row: LedgerRow) -> list[Cell]:
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
        *split_sides(row.balance),
        entry.purpose or None,
    ]
