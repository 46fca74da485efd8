"""«Состояние системы»: the same list as ``flask check``, for the administrator."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from app.domain.health import find_worst
from app.domain.staff import StaffPermission
from app.jobs.health import check_for_page
from app.sections.staff.blueprint import bp
from app.sections.staff.health.labels import STATES
from app.web.fragments import render_page
from app.web.permissions import staff_access


@bp.get("/health")
@staff_access(StaffPermission.SEE_HEALTH)
def health() -> ResponseReturnValue:
    """Every check with what to do; those over the network as the last round stored them."""
    rows = check_for_page()
    return render_page(
        "staff/health/index.html",
        fragment="results",
        rows=sorted(rows, key=lambda row: -list(STATES).index(row[0].state)),
        worst=find_worst(check for check, _ in rows),
        has_stored=any(stored for _, stored in rows),
        states=STATES,
    )
