"""«Сегодня»: the dashboard of staff, with counts of what waits."""

from __future__ import annotations

from datetime import timedelta

from flask.typing import ResponseReturnValue

from app.domain.staff import StaffPermission
from app.extensions import db
from app.jobs.health import list_dashboard_faults
from app.queries.dashboard import build_dashboard
from app.queries.reached_limits import list_reached_limits
from app.sections.staff.blueprint import bp
from app.sections.staff.dashboard.limit_labels import LIMITS
from app.sections.staff.dashboard.presenters import build_tasks, describe_data
from app.web.context import clock, config
from app.web.day_field import midnight
from app.web.fragments import render_page
from app.web.permissions import staff_access
from app.web.policies import watched_limits
from app.web.session import current_clerk

FAILED_DAYS = 7
"""A week, this day included."""


@bp.get("/")
@staff_access(StaffPermission.WORK)
def dashboard() -> ResponseReturnValue:
    """Counts of what waits, each a link to its list."""
    now, day = clock().now(), clock().today()
    week = day - timedelta(days=FAILED_DAYS - 1)
    dashboard = build_dashboard(db.session(), current_clerk().staff_id, day, midnight(week))
    oldest = now - timedelta(hours=config().billing_age_hours)
    is_old = dashboard.as_of is None or dashboard.as_of < oldest
    return render_page(
        "staff/dashboard/index.html",
        fragment="results",
        dashboard=dashboard,
        tasks=build_tasks(dashboard, week.isoformat()),
        data_state=describe_data(dashboard, is_old=is_old),
        health_faults=list_dashboard_faults(),
        limits=list_reached_limits(db.session(), watched_limits(), now),
        limit_labels=LIMITS,
    )
