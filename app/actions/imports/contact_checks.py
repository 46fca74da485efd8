"""Warn of customers' contacts that the portal cannot parse.

Nobody would be told there of a registration, so billing has to know; the data are loaded as they
are.
"""

from __future__ import annotations

from sqlalchemy import Connection, or_, select

from app.actions.imports.report import Report
from app.actions.imports.staging import STREAMED, StagedFile
from app.domain.contacts import has_only_plain_contacts, read_billing_contacts

MAX_QUOTED = 60
COLUMNS = (("email", "адрес"), ("phone", "телефон"))


def check_contacts(connection: Connection, customers: StagedFile, report: Report) -> None:
    """Warn of each field with a part that makes no address and no telephone number."""
    row = customers.rows.c
    query = (
        select(row.line, row.email, row.phone)
        .where(or_(row.email.is_not(None), row.phone.is_not(None)))
        .order_by(row.line)
    )
    for line, email, phone in connection.execute(query, execution_options=STREAMED):
        if has_only_plain_contacts(email, phone):
            continue
        contacts = read_billing_contacts(email, phone)
        unread = (contacts.unread_email, contacts.unread_phone)
        for (column, what), parts in zip(COLUMNS, unread, strict=True):
            if not parts:
                continue
            quoted = ", ".join(f"«{part[:MAX_QUOTED]}»" for part in parts)
            message = f"не читается {what}: {quoted}; уведомления туда не придут"
            report.warn(
                customers.layout.filename, message, line, column, kind=f"не читается {what}"
            )
