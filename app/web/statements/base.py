"""What every type of statement has: a query, a page, a PDF and a table for spreadsheets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from flask import render_template

from app.domain.errors import StatementTooLongError
from app.domain.period import Period
from app.domain.statement import Party, StatementIssue
from app.integrations.spreadsheets import Table, write_csv, write_xlsx
from app.queries.contracts import VisibleContract
from app.web.context import clock, local_now
from app.web.downloads import name_of
from app.web.template_context import site_context

Options = Mapping[str, Any]
"""What a person has chosen beside the period; ``lines`` is "1" or empty."""
Layout = Callable[[str, str], bytes]
"""Lays out HTML as PDF; its second argument is the title."""


class StatementType(ABC):
    """One type of statement.

    Attributes:
        code: name of its section, and of the document in orders of prepared files.
        title: Russian title, without the contract.
        page_template: page with the block ``results``.
        pdf_template: HTML document for the PDF.
        labels: what both templates need beside the statement.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    page_template: ClassVar[str]
    pdf_template: ClassVar[str]
    labels: ClassVar[Mapping[str, Any]] = {}

    def read_options(self, args: Mapping[str, str]) -> Options:
        """The person's choices in a query string; most types have none."""
        return {}

    @abstractmethod
    def build(
        self,
        contract: VisibleContract,
        period: Period,
        options: Options,
        issue: StatementIssue,
        max_rows: int,
    ) -> Any:
        """Read the statement of a period.

        Raises:
            StatementTooLongError: it would have more rows.
        """

    def present_rows(self, rows: Sequence[Any]) -> Sequence[Any]:
        """The statement's rows, or some of them, as the page and the PDF show them."""
        return rows

    @abstractmethod
    def table(self, statement: Any) -> Table:
        """Rows and totals for a spreadsheet."""

    def make(
        self, contract: VisibleContract, period: Period, options: Options, max_rows: int
    ) -> Any:
        """The statement of a period, issued now.

        Raises:
            StatementTooLongError: it would have more rows.
        """
        site = site_context()
        supplier = site.supplier
        issue = StatementIssue(
            local_now(),
            site.as_of and clock().local(site.as_of),
            Party(supplier.name, supplier.inn, supplier.kpp, supplier.address)
            if supplier
            else Party("", "", None, None),
        )
        return self.build(contract, period, options, issue, max_rows)

    def count_rows(self, contract: VisibleContract, period: Period, options: Options) -> int:
        """How many rows the statement of a period has."""
        try:
            self.make(contract, period, options, 0)
        except StatementTooLongError as error:
            return error.rows
        return 0

    def write(self, statement: Any, extension: str, layout: Layout) -> bytes:
        """The content of the statement's file: pdf, xlsx or csv."""
        title = f"{self.title}, договор {statement.contract_number}"
        if extension == "csv":
            return write_csv(self.table(statement))
        if extension == "xlsx":
            period = f"{statement.period.first:%d.%m.%Y} – {statement.period.last:%d.%m.%Y}"
            return write_xlsx(self.table(statement), f"{title}, {period}")
        rows = self.present_rows(statement.rows)
        page = render_template(
            self.pdf_template, statement=statement, rows=rows, title=title, **self.labels
        )
        return layout(page, title)

    def file_name(self, contract: VisibleContract, period: Period) -> str:
        """Name of the statement's file, without its extension."""
        return name_of(self.title, contract.number, period)
