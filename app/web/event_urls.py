"""Addresses of what events are about, for pages and for messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import current_app

from app.domain.events import EventKind
from app.web.context import config

_ENDPOINTS: dict[EventKind, tuple[str, str]] = {
    EventKind.INVOICE: ("invoices.invoice", "invoice_id"),
    EventKind.DOCUMENT: ("charges.document", "charge_id"),
    EventKind.CORRECTION: ("charges.document", "charge_id"),
    EventKind.PAYMENT: ("payments.index", ""),
    EventKind.DUE: ("pay.index", ""),
    EventKind.OVERDUE: ("pay.index", ""),
    EventKind.WINDOW_OPENS: ("readings.index", ""),
    EventKind.WINDOW_CLOSES: ("readings.index", ""),
    EventKind.READINGS_MISSED: ("readings.index", ""),
    EventKind.READING_ACCEPTED: ("readings.receipt", "receipt_id"),
    EventKind.READING_REFUSED: ("readings.receipt", "receipt_id"),
    EventKind.ANSWER: ("enquiries.enquiry", "enquiry_id"),
    EventKind.VERIFICATION: ("readings.history", "meter_id"),
    EventKind.WORKS: ("home.index", ""),
    EventKind.ACCESS: ("people.index", ""),
}


def event_url(
    build: Callable[..., str], contract_id: int, kind: EventKind, subject_id: int | None
) -> str:
    """The address of what an event is about.

    Args:
        build: makes a path of an endpoint and its values.
    """
    endpoint, name = _ENDPOINTS[kind]
    values: dict[str, Any] = {name: subject_id} if name else {}
    return build(endpoint, contract_id=contract_id, **values)


def url_builder() -> Callable[..., str]:
    """Makes whole addresses of pages: a worker has no request to build them from."""
    urls, base = current_app.url_map.bind(""), config().base_url.rstrip("/")

    def build(endpoint: str, **values: Any) -> str:
        return base + urls.build(endpoint, values)

    return build
