"""Staff pages of outgoing emails and text messages: what was sent, what was not, and why."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from wtforms import Form, StringField

from app.actions import messages as actions
from app.domain.errors import RetryError
from app.domain.staff import StaffPermission
from app.extensions import db
from app.jobs import delivery
from app.models import Message
from app.queries.messages import MessageFilter, get_message, list_messages
from app.queries.pagination import Cursor, Slice
from app.queries.sms_reports import find_report
from app.sections.staff.blueprint import bp
from app.sections.staff.messages.labels import CHANNELS, DELIVERY, KINDS, NO_RETRY, SHOWN, STATUSES
from app.web.context import clock
from app.web.data_access import record_access
from app.web.day_field import DayField, midnight
from app.web.field_errors import ListField, MaxLength
from app.web.forms import printable, summary_of
from app.web.fragments import render_page
from app.web.permissions import staff_access

FAILED, SUPPRESSED, UNDELIVERED = "failed", "suppressed", "undelivered"


class MessagesForm(Form):
    """Filter of the list of messages; at first it shows what failed."""

    state = ListField(
        "Состояние", choices={name: label for name, (label, _) in SHOWN.items()}, default=FAILED
    )
    channel = ListField("Канал", choices={"": "Любой"} | CHANNELS, default="")
    text = StringField(
        "Кому или договор",
        filters=[printable, str.strip],
        validators=[MaxLength(200, "не больше 200 знаков")],
    )
    first = DayField("С", filters=[printable, str.strip])


@bp.get("/messages")
@staff_access(StaffPermission.WORK, lists=True)
def messages() -> ResponseReturnValue:
    """What did not leave, or whatever else is asked for."""
    form, found = MessagesForm(request.args), Slice[Message](())
    for field in (form.state, form.channel):
        if field.name not in request.args:
            field.data = field.default
    if form.validate():
        cursor = Cursor.from_query(request.args.get("before"), request.args.get("after"))
        found = list_messages(db.session(), _wanted(form), cursor)
    query = {field.name: field.data or "" for field in form}
    return render_page(
        "staff/messages/index.html",
        fragment="results",
        form=form,
        found=found,
        query=query,
        is_default_filter=query == dict.fromkeys(query, "") | {"state": FAILED},
        faults=summary_of(form),
        kinds=KINDS,
        channels=CHANNELS,
        statuses=STATUSES,
        status=422 if form.errors else 200,
    )


@bp.get("/messages/<id:message_id>")
@staff_access(StaffPermission.WORK)
def message(message_id: int) -> ResponseReturnValue:
    """One message with its text."""
    found, number = get_message(db.session(), message_id)
    if found.contract_id is not None and number:
        record_access(found.contract_id, number, found.account_id, found.id)
    return _page(message_id)


@bp.post("/messages/<id:message_id>/retry")
@staff_access(StaffPermission.WORK)
def message_retry(message_id: int) -> ResponseReturnValue:
    """«Отправить еще раз»."""
    found, _ = get_message(db.session(), message_id)
    try:
        actions.retry_message(db.session(), found, clock().now())
    except RetryError as error:
        return _page(message_id, 422, NO_RETRY[error.code])
    delivery.commit()
    return redirect(url_for("staff.message", message_id=message_id, retried=1), 303)


def _wanted(form: MessagesForm) -> MessageFilter:
    """What a valid form asks for."""
    return MessageFilter(
        SHOWN[form.state.data][1],
        form.channel.data,
        form.text.data or "",
        midnight(form.first.day) if form.first.day else None,
        is_undelivered=form.state.data == UNDELIVERED,
    )


def _page(message_id: int, status: int = 200, error: str | None = None) -> Response:
    found, number = get_message(db.session(), message_id)
    return render_page(
        "staff/messages/message.html",
        fragment="results",
        message=found,
        number=number,
        kinds=KINDS,
        channels=CHANNELS,
        statuses=STATUSES,
        report=find_report(db.session(), found),
        delivery=DELIVERY,
        no_retry=NO_RETRY["interactive"] if found.is_interactive else "",
        is_failed=found.status in (FAILED, SUPPRESSED),
        retried=request.args.get("retried"),
        faults=[("", error)] if error else [],
        status=status,
    )
