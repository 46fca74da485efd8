"""Enquiries of a contract as a table for spreadsheets."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.enquiries import EnquiryStatus
from app.integrations.spreadsheets import Column, Kind, Table
from app.queries.enquiries.customer import EnquiryLine
from app.sections.enquiries import labels
from app.web.downloads import moment_cell


def enquiries_table(enquiries: Sequence[EnquiryLine]) -> Table:
    """One row per enquiry, as the page lists them."""
    columns = (
        Column("Номер", Kind.TEXT, 20),
        Column("Зарегистрировано", Kind.MOMENT, 18),
        Column("Вид обращения", Kind.TEXT, 50),
        Column("О чем", Kind.TEXT, 50),
        Column("Статус", Kind.TEXT, 22),
        Column("Ответ до", Kind.DATE, 12),
        Column("Ответ дан", Kind.MOMENT, 18),
    )
    rows = [
        [
            enquiry.number,
            moment_cell(enquiry.registered_at),
            enquiry.topic,
            enquiry.source_label,
            labels.STATUSES[EnquiryStatus(enquiry.status)][1],
            enquiry.answer_due_on if labels.is_due(enquiry.status) else None,
            moment_cell(enquiry.answered_at),
        ]
        for enquiry in enquiries
    ]
    return Table("Обращения", columns, rows)
