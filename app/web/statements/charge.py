"""Charge statement (справка по начислениям): documents of a period, by document or by line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from app.domain.bill_change_facts import ComparedMonths
from app.domain.errors import PeriodError
from app.domain.period import Period, parse_month
from app.domain.statement import ChargeStatement, StatementIssue
from app.extensions import db
from app.integrations.spreadsheets import Table
from app.queries.contracts import VisibleContract
from app.queries.statements import read_charge_statement
from app.web.bill_change_rows import part_rows, sentence
from app.web.charge_table import CHARGE_KINDS, charge_table
from app.web.statements.base import Options, StatementType

_MONTH_LENGTH = len("2026-10")


class ChargeStatementType(StatementType):
    """Documents of a period, late interest apart."""

    code = "charges"
    title = "Справка по начислениям"
    page_template = "charges/statement.html"
    pdf_template = "pdf/charge_statement.html"
    labels: ClassVar[Mapping[str, Any]] = {
        "kinds": CHARGE_KINDS,
        "part_rows": part_rows,
        "change_sentence": sentence,
    }

    def read_options(self, args: Mapping[str, str]) -> Options:
        """``lines=1`` asks for the lines of the documents; ``month`` and ``base`` for two months
        to be compared."""
        return {
            "lines": "1" if args.get("lines") == "1" else "",
            "month": args.get("month", "")[:_MONTH_LENGTH],
            "base": args.get("base", "")[:_MONTH_LENGTH],
        }

    def build(
        self,
        contract: VisibleContract,
        period: Period,
        options: Options,
        issue: StatementIssue,
        max_rows: int,
    ) -> ChargeStatement:
        return read_charge_statement(
            db.session(),
            contract,
            period,
            issue,
            max_rows,
            with_lines=options["lines"] == "1",
            months=_compared_months(options),
        )

    def table(self, statement: ChargeStatement) -> Table:
        rows = [*statement.rows, *statement.interest]
        return charge_table("Справка", rows, with_lines=statement.with_lines)


def _compared_months(options: Options) -> ComparedMonths | None:
    """The months that a link of «Почему счет изменился» names; None: the statement's own last."""
    try:
        before, after = parse_month(options.get("base", "")), parse_month(options.get("month", ""))
    except PeriodError:
        return None
    return ComparedMonths(before, after) if before != after else None
