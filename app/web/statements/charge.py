"""Charge statement (справка по начислениям): documents of a period, by document or by line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from app.domain.period import Period
from app.domain.statement import ChargeStatement, StatementIssue
from app.extensions import db
from app.integrations.spreadsheets import Table
from app.queries.contracts import VisibleContract
from app.queries.statements import read_charge_statement
from app.web.charge_table import CHARGE_KINDS, charge_table
from app.web.statements.base import Options, StatementType


class ChargeStatementType(StatementType):
    """Documents of a period, late interest apart."""

    code = "charges"
    title = "Справка по начислениям"
    page_template = "charges/statement.html"
    pdf_template = "pdf/charge_statement.html"
    labels: ClassVar[Mapping[str, Any]] = {"kinds": CHARGE_KINDS}

    def read_options(self, args: Mapping[str, str]) -> Options:
        """``lines=1`` asks for the lines of the documents."""
        return {"lines": "1" if args.get("lines") == "1" else ""}

    def build(
        self,
        contract: VisibleContract,
        period: Period,
        options: Options,
        issue: StatementIssue,
        max_rows: int,
    ) -> ChargeStatement:
        return read_charge_statement(
            db.session(), contract, period, issue, max_rows, with_lines=options["lines"] == "1"
        )

    def table(self, statement: ChargeStatement) -> Table:
        rows = [*statement.rows, *statement.interest]
        return charge_table("Справка", rows, with_lines=statement.with_lines)
