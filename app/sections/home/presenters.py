"""What the home page makes of what was read: events by day, places that still owe readings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from app.domain.meters import MeterState
from app.domain.turnover import EntryKind
from app.lib.clock import Clock
from app.queries.recent_events import EventSort, RecentEvent
from app.web.ledger_rows import document_title

SHOWN = 6


def newest_events(
    events: Iterable[RecentEvent], clock: Clock
) -> list[tuple[date, RecentEvent, str]]:
    """The few that happened last, each with its day and the name of its document."""
    dated = [
        (event.on or (clock.local(event.at).date() if event.at else date.min), event)
        for event in events
        if event.sort is not EventSort.WAITING
    ]
    # What has a moment comes before documents of the same day, which billing sends at its end.
    dated.sort(key=lambda pair: (pair[0], pair[1].at is not None, pair[1].id), reverse=True)
    return [
        (day, event, document_title(EntryKind(event.kind), event.number) if event.kind else "")
        for day, event in dated[:SHOWN]
    ]


def waiting_enquiries(events: Iterable[RecentEvent]) -> list[RecentEvent]:
    """Enquiries in which the customer has to react, the newest first."""
    return [event for event in events if event.sort is EventSort.WAITING]


def missing_places(meters: Iterable[MeterState], today: date) -> dict[str, list[str]]:
    """Names of the supply points whose readings are missing, by regime."""
    places: dict[str, list[str]] = {}
    for meter in meters:
        if meter.is_missing(today):
            names = places.setdefault(meter.regime, [])
            if meter.place not in names:
                names.append(meter.place)
    return places
