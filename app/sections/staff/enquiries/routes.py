"""«Обращения» of all contracts for staff: queue, and counts by topic and deadline."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from flask import request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from app.domain.staff import StaffPermission
from app.extensions import db
from app.logging import event
from app.queries.enquiries.customer import list_departments, list_topics
from app.queries.enquiries.staff import NONE, count_by_topic, count_queue, list_queue
from app.queries.staff import list_staff
from app.sections.staff.blueprint import bp
from app.sections.staff.enquiries import labels
from app.sections.staff.enquiries.forms import EnquiryFilterForm
from app.sections.staff.enquiries.presenters import present_queue
from app.web.context import clock, local_now
from app.web.downloads import send_table
from app.web.forms import PeriodForm
from app.web.fragments import render_page
from app.web.pager import STAFF_PAGE_ROWS, Pager
from app.web.permissions import staff_access
from app.web.session import current_clerk

FILE_ROWS = 20_000
SUMMARY_DAYS = 30
SUMMARY = "staff/enquiries/summary.html"


@bp.get("/enquiries")
@staff_access(StaffPermission.WORK, lists=True)
def enquiries() -> ResponseReturnValue:
    """Queue of enquiries, the most urgent first."""
    form, today = _filter_form(), clock().today()
    wanted = form.wanted(current_clerk().staff_id)
    total = count_queue(db.session(), wanted, today)
    pager = Pager.from_request(STAFF_PAGE_ROWS, total)
    without_department = 0
    if wanted.department_id:
        # Enquiries without a department are shown to every department, so that none is forgotten.
        nowhere = replace(wanted, department_id=NONE)
        without_department = count_queue(db.session(), nowhere, today)
    return render_page(
        "staff/enquiries/index.html",
        fragment="results",
        form=form,
        rows=present_queue(
            list_queue(db.session(), wanted, today, pager.offset, pager.size), today
        ),
        pager=pager,
        without_department=without_department,
        is_filtered=bool(form.q.data),
        file_rows=FILE_ROWS,
        labels=labels,
    )


@bp.get("/enquiries/enquiries.<any(xlsx, csv):extension>")
@staff_access(StaffPermission.WORK, lists=True)
def enquiries_file(extension: str) -> ResponseReturnValue:
    """Export the filtered queue as a spreadsheet."""
    today, wanted = clock().today(), _filter_form().wanted(current_clerk().staff_id)
    rows = list_queue(db.session(), wanted, today, 0, FILE_ROWS)
    event("enquiries exported", staff=current_clerk().login, rows=len(rows))
    table = labels.queue_table(rows, today)
    return send_table(table, f"Обращения на {today:%d.%m.%Y}", extension)


@bp.get("/enquiries/summary")
@staff_access(StaffPermission.WORK)
def enquiries_summary() -> ResponseReturnValue:
    """Counts by topic and deadline, of enquiries registered in a period."""
    form = _period_form()
    if form.period is None:
        return render_page(SUMMARY, fragment="results", form=form, status=422)
    rows = count_by_topic(db.session(), form.period, local_now())
    return render_page(
        SUMMARY, fragment="results", form=form, rows=rows, total=labels.sum_topics(rows)
    )


@bp.get("/enquiries/summary.<any(xlsx, csv):extension>")
@staff_access(StaffPermission.WORK)
def enquiries_summary_file(extension: str) -> ResponseReturnValue:
    """Export the counts as a spreadsheet."""
    form = _period_form()
    if form.period is None:
        return render_page(SUMMARY, fragment="results", form=form, status=422)
    table = labels.summary_table(count_by_topic(db.session(), form.period, local_now()))
    first, last = form.period.first, form.period.last
    name = f"Обращения по видам {first:%d.%m.%Y}-{last:%d.%m.%Y}"
    return send_table(table, name, extension)


def _filter_form() -> EnquiryFilterForm:
    return EnquiryFilterForm.from_query(
        request.args,
        list_departments(db.session()),
        list_topics(db.session()),
        list_staff(db.session()),
        current_clerk().department_id,
    )


def _period_form() -> PeriodForm:
    """The period of the address; without one, the last 30 days."""
    today = clock().today()
    args = MultiDict(request.args)
    if not args.get("first") and not args.get("last"):
        args["first"] = (today - timedelta(days=SUMMARY_DAYS - 1)).isoformat()
        args["last"] = today.isoformat()
    return PeriodForm.from_query(args, today)
