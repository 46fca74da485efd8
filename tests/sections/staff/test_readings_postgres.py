"""The clerk's list of readings on PostgreSQL, and two clerks at the same reading at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.staff import StaffRole
from app.models import AuditEvent, Meter
from tests.factories import Factory
from tests.pages import PageClient
from tests.sections.staff.reading_rows import boxes, decide, meter_of, rows, statuses, submit

pytest_plugins = ["tests.postgres"]


@pytest.fixture
def make(postgres_session: Session) -> Factory:
    return Factory(postgres_session)


@pytest.fixture
def page(postgres_app: Flask) -> PageClient:
    return PageClient(postgres_app)


@pytest.fixture
def meters(make: Factory, page: PageClient) -> list[Meter]:
    contract = make.contract()
    for role in (StaffRole.OPERATOR, StaffRole.ADMIN):
        make.staff(role)
    found = [meter_of(make, contract, serial) for serial in ("11", "AB-22", "Цэ-33")]
    make.commit()
    page.sign_in_staff("operator")
    return found


def test_filters_read_the_same_on_postgresql(
    page: PageClient, make: Factory, meters: list[Meter]
) -> None:
    submit(make, meters[0], "1200")
    submit(make, meters[1], "1200", doubts=["less"])
    submit(make, meters[2], "1200", is_late=True)
    make.commit()

    def shown(**query: str) -> list[str]:
        return [row.split()[0] for row in rows(page.get("staff.readings", **query))]

    assert shown() == ["AB-22", "Цэ-33", "11"], "what is unusual comes first"
    assert shown(warned="doubt") == ["AB-22"]
    assert shown(warned="late") == ["Цэ-33"]
    assert shown(warned="none") == ["11"]
    assert shown(q="ab-2") == ["AB-22"]
    assert shown(q="цЭ-3") == ["Цэ-33"]
    assert shown(q="00123", month="2026-11", state="all") == ["AB-22", "Цэ-33", "11"]
    assert "обычно 400" in page.get("staff.readings").text


def test_of_two_clerks_at_once_exactly_one_decides(
    postgres_app: Flask, page: PageClient, make: Factory, meters: list[Meter]
) -> None:
    for meter in meters:
        submit(make, meter, "1200")
    make.commit()
    other = PageClient(postgres_app)
    other.sign_in_staff("admin")
    soups = [browser.get("staff.readings") for browser in (page, other)]
    ticked = boxes(soups[0])
    with ThreadPoolExecutor(2) as pool:
        accepting = pool.submit(decide, page, soups[0], "accept", *ticked)
        refusing = pool.submit(decide, other, soups[1], "refuse", *reversed(ticked), reason="Нет")
        locations = [row.result().headers["Location"] for row in (accepting, refusing)]
    texts = [
        client.open(where).select_one("#done").text
        for client, where in zip((page, other), locations, strict=True)
    ]
    ends = statuses(make)
    assert f"Принято: {ends.count('accepted')}." in texts[0]
    assert f"Отклонено: {ends.count('rejected')}." in texts[1]
    assert ends.count("accepted") + ends.count("rejected") == 3
    actions = list(make.session.scalars(select(AuditEvent.action)))
    assert actions.count("readings.accepted") == ends.count("accepted")
    assert actions.count("readings.rejected") == ends.count("rejected")
