"""«Показатели»: enquiries, registrations and readings of a period, for managers."""

from __future__ import annotations

from datetime import timedelta

from flask import request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from app.domain.figures import TopicFigures, build_topic_figures
from app.domain.period import Period
from app.domain.staff import StaffPermission
from app.extensions import db
from app.integrations.spreadsheets import Table
from app.queries import figures as queries
from app.sections.staff.blueprint import bp
from app.sections.staff.figures import labels
from app.web.context import clock, local_now
from app.web.downloads import send_table
from app.web.forms import PeriodForm
from app.web.fragments import render_page
from app.web.permissions import staff_access

DAYS_SHOWN = 30
PAGE = "staff/figures/index.html"


@bp.get("/figures")
@staff_access(StaffPermission.SEE_FIGURES)
def figures() -> ResponseReturnValue:
    """The figures of a period; without one, of the last 30 days."""
    form = _period_form()
    if form.period is None:
        return render_page(PAGE, fragment="results", form=form, status=422)
    session, now = db.session(), local_now()
    rows, total = _topics(form.period)
    return render_page(
        PAGE,
        fragment="results",
        form=form,
        rows=rows,
        total=total,
        registrations=labels.registrations(queries.count_registrations(session, form.period, now)),
        with_access=queries.count_contracts_with_access(session),
        submitted=labels.named(
            queries.count_submitted(session, form.period, now), labels.SUBMITTED
        ),
        billed=labels.named(queries.count_billed(session, form.period), labels.BILLED),
        labels=labels,
    )


@bp.get(
    "/figures/<any(enquiries, registrations, submitted, billed):kind>.<any(xlsx, csv):extension>"
)
@staff_access(StaffPermission.SEE_FIGURES)
def figures_file(kind: str, extension: str) -> ResponseReturnValue:
    """One table of the page for a spreadsheet."""
    form = _period_form()
    if form.period is None:
        return render_page(PAGE, fragment="results", form=form, status=422)
    first, last = form.period.first, form.period.last
    name = f"{labels.KINDS[kind]} {first:%d.%m.%Y}-{last:%d.%m.%Y}"
    return send_table(_table(kind, form.period), name, extension)


def _table(kind: str, period: Period) -> Table:
    session, now, title = db.session(), local_now(), labels.KINDS[kind]
    if kind == "enquiries":
        return labels.topics_table(*_topics(period))
    if kind == "registrations":
        found = labels.registrations(queries.count_registrations(session, period, now))
        return labels.counts_table(title, "Состояние", found)
    if kind == "submitted":
        found = labels.named(queries.count_submitted(session, period, now), labels.SUBMITTED)
    else:
        found = labels.named(queries.count_billed(session, period), labels.BILLED)
    return labels.counts_table(title, "Способ", found)


def _topics(period: Period) -> tuple[list[TopicFigures], TopicFigures]:
    now = local_now()
    found = queries.list_answered(db.session(), period, now)
    return build_topic_figures(found, now.date(), now.tzinfo)


def _period_form() -> PeriodForm:
    """The period of the address; without one, the last 30 days."""
    today = clock().today()
    args = MultiDict(request.args)
    if not args.get("first") and not args.get("last"):
        args["first"] = (today - timedelta(days=DAYS_SHOWN - 1)).isoformat()
        args["last"] = today.isoformat()
    return PeriodForm.from_query(args, today)
