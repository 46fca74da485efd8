"""«Объявления»: notices shown on every page for a period."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions import announcements as actions
from app.domain.announcements import Stage, stage_of
from app.domain.errors import AnnouncementOverError
from app.domain.staff import StaffPermission
from app.extensions import db
from app.models import Announcement
from app.queries import directories as queries
from app.queries.enquiries.customer import list_departments
from app.sections.staff.blueprint import bp
from app.sections.staff.content.audiences import read_scope
from app.sections.staff.content.forms import AnnouncementForm
from app.sections.staff.content.presenters import present_announcements
from app.web.context import clock, local_now
from app.web.forms import summary_of
from app.web.fragments import render_page
from app.web.pager import STAFF_PAGE_ROWS, Pager
from app.web.permissions import staff_access
from app.web.session import current_clerk


@bp.get("/directories/announcements")
@staff_access(StaffPermission.ANNOUNCE)
def directory_announcements() -> ResponseReturnValue:
    """Coming, current and past ones."""
    total = queries.count_announcements(db.session())
    pager = Pager.from_request(STAFF_PAGE_ROWS, total)
    rows = queries.list_announcements(db.session(), pager.offset, pager.size)
    return render_page(
        "staff/content/announcements.html",
        fragment="results",
        rows=present_announcements(
            rows,
            queries.count_contracts(db.session(), [row.id for row, _ in rows]),
            queries.find_announced_id(db.session(), clock().now()),
            clock().now(),
        ),
        pager=pager,
        saved=request.args.get("saved"),
    )


@bp.get("/directories/announcements/new")
@staff_access(StaffPermission.ANNOUNCE)
def directory_announcement_new() -> ResponseReturnValue:
    """The form of a new one: from now for a day."""
    return _page(_form())


@bp.post("/directories/announcements/new")
@staff_access(StaffPermission.ANNOUNCE)
def directory_announcement_new_submit() -> ResponseReturnValue:
    """Announce it."""
    form = _form()
    scope = read_scope(form) if form.validate() else None
    if scope is None:
        return _page(form, status=422)
    actions.announce(
        db.session(),
        form.text.data,
        form.moments["begins_at"],
        form.moments["ends_at"],
        current_clerk().staff_id,
        clock().now(),
        scope,
    )
    db.session.commit()
    return _back()


@bp.get("/directories/announcements/<id:announcement_id>")
@staff_access(StaffPermission.ANNOUNCE)
def directory_announcement(announcement_id: int) -> ResponseReturnValue:
    """An announcement; one that is over stays as it was read."""
    row = queries.get_announcement(db.session(), announcement_id)
    return _page(_form(row), row)


@bp.post("/directories/announcements/<id:announcement_id>")
@staff_access(StaffPermission.ANNOUNCE)
def directory_announcement_submit(announcement_id: int) -> ResponseReturnValue:
    """Save the text and the period of an announcement."""
    row = queries.get_announcement(db.session(), announcement_id)
    form = _form(row)
    scope = read_scope(form) if form.validate() else None
    if scope is None:
        return _page(form, row, 422)
    try:
        actions.change_announcement(
            db.session(),
            row,
            form.text.data,
            form.moments["begins_at"],
            form.moments["ends_at"],
            clock().now(),
            scope,
        )
    except AnnouncementOverError:
        return _page(form, row, 422)
    db.session.commit()
    return _back()


@bp.post("/directories/announcements/<id:announcement_id>/end")
@staff_access(StaffPermission.ANNOUNCE)
def directory_announcement_end(announcement_id: int) -> ResponseReturnValue:
    """«Снять»; of two that press it the second finds it done."""
    row = queries.get_announcement(db.session(), announcement_id)
    try:
        actions.end_announcement(db.session(), row, clock().now())
    except AnnouncementOverError:
        return _back()
    db.session.commit()
    return _back()


def _form(row: Announcement | None = None) -> AnnouncementForm:
    departments = {choice.id: choice.name for choice in list_departments(db.session())}
    return AnnouncementForm(local_now(), row, departments)


def _back() -> ResponseReturnValue:
    return redirect(url_for("staff.directory_announcements", saved=1), 303)


def _stage(row: Announcement) -> Stage:
    return stage_of(row.begins_at, row.ends_at, clock().now())


def _page(
    form: AnnouncementForm,
    row: Announcement | None = None,
    status: int = 200,
) -> Response:
    is_over = row is not None and _stage(row) == Stage.OVER
    return render_page(
        "staff/content/announcement.html",
        fragment="results",
        form=form,
        row=row,
        is_over=is_over,
        faults=[] if is_over else summary_of(form),
        status=status,
    )
