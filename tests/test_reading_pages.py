"""Every page renders whole and as a fragment, and reading it writes nothing (quality.md A7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import event

from app.extensions import db
from app.models import Contract
from tests.pages import PARTIAL, PageClient, check_page
from tests.routes import (
    PUBLIC,
    SIGNED_IN,
    Route,
    contract_routes,
    guarded_staff_routes,
    inventory,
    reading_permissions,
)
from tests.test_access import account, contract

__all__ = ["account", "contract"]

READERS: dict[str, tuple[Callable[[PageClient], object], Callable[[], list[Route]]]] = {
    "nobody": (
        lambda _: None,
        lambda: [route for route in inventory() if route.access == PUBLIC],
    ),
    "owner": (
        lambda page: page.sign_in("00123"),
        lambda: [route for route in inventory() if route.permission or route.access == SIGNED_IN],
    ),
    "administrator": (lambda page: page.sign_in_staff("admin"), guarded_staff_routes),
    "operator with the customer's eyes": (
        lambda page: page.sign_in_staff("operator"),
        lambda: [r for r in contract_routes() if r.permission in reading_permissions()],
    ),
}
# No code has been asked for, the contract has not changed hands, and nothing is ticked.
NOTHING_THERE = {"profile.phone", "staff.transfer", "pay.together"}
# What a fragment is of, where it is not of the whole content.
FRAGMENT_OF = {"pay.chosen": "#chosen"}
# What is noted on the way: a file that costs time is counted, what was downloaded is recorded.
NOTES = {"rate_limit_hits", "audit_events"}
STAFF_NOTES = {"rate_limit_hits", "audit_events"}


@contextmanager
def count_writes(app: Flask) -> Iterator[list[str]]:
    """Statements that are anything but a question, as the engine sends them."""
    with app.app_context():
        engine = db.engine
    writes: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.split(maxsplit=1)[0].upper() not in ("SELECT", "PRAGMA"):
            writes.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield writes
    finally:
        event.remove(engine, "before_cursor_execute", note)


def table_of(statement: str) -> str:
    """``audit_events`` of an INSERT into it or an UPDATE of it."""
    names = statement.replace('"', "").split()[1:]
    return next(name for name in names if name.upper() not in ("INTO", "FROM", "OR"))


@pytest.mark.parametrize("reader", READERS)
def test_every_page_renders_whole_and_as_a_fragment(
    page: PageClient, contract: Contract, reader: str
) -> None:
    sign_in, routes = READERS[reader]
    sign_in(page)
    for route in routes():
        if route.is_write:
            continue
        url = page.url(route.endpoint, **route.values(contract_id=contract.id))
        answer, part = page.client.get(url), page.client.get(url, headers=PARTIAL)
        assert part.status_code == answer.status_code, route
        if answer.mimetype != "text/html" or answer.status_code in (302, 303):
            continue
        is_simple = dict(route.converters).keys() <= {"contract_id"}
        if is_simple and route.endpoint not in NOTHING_THERE and not route.is_file:
            assert answer.status_code == 200, route
        whole, fragment = check_page(answer.text), BeautifulSoup(part.text, "html5lib")
        assert "<html" not in part.text, route
        assert fragment.select_one(FRAGMENT_OF.get(route.endpoint, "#results")), route
        assert not fragment.select("nav.nav, footer"), route
        assert whole.select_one("#results *"), route


@pytest.mark.parametrize("reader", READERS)
def test_reading_writes_nothing(
    app: Flask, page: PageClient, contract: Contract, reader: str
) -> None:
    sign_in, routes = READERS[reader]
    sign_in(page)
    with count_writes(app) as writes:
        for route in routes():
            if route.is_write:
                continue
            url = page.url(route.endpoint, **route.values(contract_id=contract.id))
            for method in ("GET", "HEAD"):
                page.client.open(url, method=method)
            tables = {table_of(statement) for statement in writes}
            is_staff = reader not in ("nobody", "owner")
            assert tables <= (STAFF_NOTES if is_staff else NOTES), route
            writes.clear()
