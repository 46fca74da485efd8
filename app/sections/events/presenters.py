"""Events as rows of the list and as a table for spreadsheets; what each of them leads to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from app.integrations.event_texts import describe_event
from app.integrations.spreadsheets import Column, Kind, Table
from app.queries.contracts import VisibleContract
from app.queries.events.customer import EventLine
from app.sections.events import labels
from app.web.event_urls import event_url
from app.web.urls import build_url


class EventRow(NamedTuple):
    """An event as the page shows it."""

    happened_on: date
    label: str
    sentence: str
    url: str
    is_new: bool


def present_events(contract: VisibleContract, events: Sequence[EventLine]) -> list[EventRow]:
    """Sentences of events, each with the address of its thing."""
    return [
        EventRow(
            event.happened_on,
            labels.KINDS[event.kind],
            describe_event(event.kind, event.facts),
            event_url(build_url, contract.id, event.kind, event.subject_id),
            event.is_new,
        )
        for event in events
    ]


def events_table(events: Sequence[EventLine]) -> Table:
    """One row per event, as the page lists them."""
    columns = (
        Column("Дата", Kind.DATE, 12),
        Column("Вид", Kind.TEXT, 22),
        Column("Событие", Kind.TEXT, 90),
        Column("Прочитано", Kind.TEXT, 12),
    )
    rows = [
        [
            event.happened_on,
            labels.KINDS[event.kind],
            describe_event(event.kind, event.facts),
            "нет" if event.is_new else "да",
        ]
        for event in events
    ]
    return Table("События", columns, rows)
