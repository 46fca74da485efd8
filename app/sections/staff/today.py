"""«Сегодня»: what waits for the desk."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from app.domain.staff import StaffPermission
from app.sections.staff.blueprint import bp
from app.web.fragments import render_page
from app.web.permissions import staff_access


@bp.get("/")
@staff_access(StaffPermission.WORK)
def today() -> ResponseReturnValue:
    """What waits, each a click from its list."""
    return render_page("staff/today.html", fragment="results")
