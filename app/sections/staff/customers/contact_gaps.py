"""«Нет читаемого контакта»: a file of the contracts whose customers cannot be notified."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from app.domain.staff import StaffPermission
from app.extensions import db
from app.integrations.spreadsheets import Column, Kind, Table
from app.queries.contact_gaps import list_contact_gaps
from app.sections.staff.blueprint import bp
from app.web.downloads import send_table
from app.web.permissions import staff_access

LISTED = 50
TITLE = "Нет читаемого контакта"
COLUMNS = (
    Column("Договор", Kind.TEXT, 16),
    Column("Потребитель", Kind.TEXT, 40),
    Column("Поле email в биллинге", Kind.TEXT, 40),
    Column("Поле phone в биллинге", Kind.TEXT, 40),
)


@bp.get("/billing/contact-gaps.<any(xlsx, csv):extension>")
@staff_access(StaffPermission.IMPORT, lists=True)
def contact_gaps_file(extension: str) -> ResponseReturnValue:
    """All such contracts for a spreadsheet."""
    rows = [
        [gap.number, gap.customer_name, gap.email, gap.phone]
        for gap in list_contact_gaps(db.session())
    ]
    return send_table(Table(TITLE, COLUMNS, rows), TITLE, extension)
