"""``/calendar/<secret>.ics``: due dates, reading windows, acts and verifications of a person.

Whoever has the address reads it, so it is signed, tied to a nonce that its person renews, and shows
no more than a program of that person needs.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from flask import Blueprint, make_response, request
from flask.typing import ResponseReturnValue

from app.domain.calendar import CalendarEntry
from app.domain.errors import LinkError, NotFoundError
from app.extensions import db
from app.integrations.calendar_file import write_calendar
from app.jobs import delivery
from app.lib.signed_links import Purpose
from app.queries.calendar import find_calendar_nonce, list_calendar
from app.web.context import clock, config
from app.web.event_urls import event_url, url_builder
from app.web.permissions import public
from app.web.policies import window_rules
from app.web.session import access_window

bp = Blueprint("calendar", __name__, url_prefix="/calendar")


@bp.get("/<secret>.ics")
@public
def show(secret: str) -> ResponseReturnValue:
    """The calendar, or 304 where the program has this one already."""
    entries = list_calendar(db.session(), _read(secret), access_window(), window_rules())
    build = url_builder()

    def url_of(entry: CalendarEntry) -> str:
        return event_url(build, entry.contract_id, entry.kind, entry.subject_id)

    content = write_calendar("Энергоснабжение", entries, url_of, config().host, _made_at())
    response = make_response(content)
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    response.headers["Content-Disposition"] = 'inline; filename="calendar.ics"'
    response.set_etag(hashlib.sha256(content).hexdigest()[:32])
    return response.make_conditional(request)


def _read(secret: str) -> int:
    """The account of an address; one that was renewed is unknown.

    Raises:
        NotFoundError: not signed here, or of another time.
    """
    try:
        account_id, nonce = delivery.transports().links.read(Purpose.CALENDAR, secret)
    except LinkError:
        raise NotFoundError from None
    if not nonce or find_calendar_nonce(db.session(), account_id) != nonce:
        raise NotFoundError
    return account_id


def _made_at() -> datetime:
    """The same all day, so that what has not changed has the same ETag."""
    return datetime.combine(clock().today(), datetime.min.time(), UTC)
