"""Write a calendar as an iCalendar file (RFC 5545)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from app.domain.calendar import CalendarEntry

PRODUCT = "-//Kabinet//Calendar//RU"
REFRESH = "PT6H"
"""How often programs that subscribe are asked to look again."""


def write_calendar(
    name: str,
    entries: Iterable[CalendarEntry],
    url_of: Callable[[CalendarEntry], str],
    host: str,
    made_at: datetime,
) -> bytes:
    """Write entries as events of whole days; the same entries give the same bytes.

    Args:
        name: of the calendar, as programs show it.
        host: right side of the ids.
        made_at: of all of them, UTC.
    """
    from icalendar import Calendar, Event  # noqa: PLC0415 - heavy, and no page needs it

    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval;value=duration", REFRESH)
    for entry in entries:
        event = Event()
        event.add("uid", f"{entry.key}@{host}")
        event.add("dtstamp", made_at)
        event.add("dtstart", entry.first)
        # The end is the first day that does not belong to it.
        event.add("dtend", entry.last + timedelta(days=1))
        event.add("summary", entry.title)
        event.add("url", url_of(entry))
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())
