"""Who may download an archive: whoever may still see the money of every contract in it."""

from __future__ import annotations

from app.domain.access import Permission
from app.domain.errors import NotFoundError
from app.domain.prepared_files import ARCHIVE
from app.extensions import db
from app.models import PreparedFile
from app.queries.contracts import list_visible
from app.web.session import access_window, current_viewer


def check_still_visible(file: PreparedFile) -> None:
    """Refuse an archive that holds a contract which the viewer has lost since.

    Raises:
        NotFoundError: one is closed to them, or its customer has changed since it was made.
    """
    if file.extension != ARCHIVE:
        return
    visible = {
        contract.id
        for contract in list_visible(db.session(), current_viewer(), access_window())
        if contract.may(Permission.SEE_MONEY) and contract.shown_since <= file.created_at
    }
    if not {contract["id"] for contract in file.options["contracts"]} <= visible:
        raise NotFoundError
