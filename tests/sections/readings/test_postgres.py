"""The same reading from many sides at once, on PostgreSQL."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Meter, ReadingReceipt, SubmittedReading
from tests.factories import Factory
from tests.pages import PageClient
from tests.sections.test_registration_postgres import at_once

pytest_plugins = ["tests.postgres"]


@pytest.fixture
def make(postgres_session: Session) -> Factory:
    return Factory(postgres_session)


@pytest.fixture
def page(postgres_app: Flask) -> PageClient:
    return PageClient(postgres_app)


@pytest.fixture
def meter(make: Factory, page: PageClient) -> Meter:
    contract = make.contract()
    make.account(contract)
    meter = make.meter(contract)
    make.reading(meter, "2026-10", "1100.00")
    make.commit()
    page.sign_in(contract.number)
    return meter


def second_step(page: PageClient, meter: Meter, value: str) -> tuple[str, dict[str, str]]:
    url = page.url("readings.meter", contract_id=contract_of(page), meter_id=meter.id)
    soup = page.open(url)
    box = soup.select_one("[name^=whole-]")["name"]
    page.submit(soup, 200, **{box: value})
    form = page.check_last().select_one("main form")
    data = {field["name"]: field.get("value", "") for field in form.select("input[type=hidden]")}
    return url, data | {"step": "send"}


def contract_of(page: PageClient) -> int:
    answer = page.client.get("/", follow_redirects=True)
    return int(answer.request.path.split("/")[2])


def test_twenty_posts_at_once_are_one_reading(
    postgres_app: Flask, page: PageClient, make: Factory, meter: Meter
) -> None:
    url, data = second_step(page, meter, "1110")
    assert set(at_once(postgres_app, page, url, data, 20)) == {303}
    assert len(make.session.scalars(select(SubmittedReading)).all()) == 1
    assert len(make.session.scalars(select(ReadingReceipt)).all()) == 1


def test_of_different_values_at_once_exactly_one_counts(
    postgres_app: Flask, page: PageClient, make: Factory, meter: Meter
) -> None:
    url, data = second_step(page, meter, "1110")
    cookie = page.client.get_cookie("kabinet")
    box = next(name for name in data if name.startswith("whole-"))

    def send_form(number: int) -> int:
        client = postgres_app.test_client()
        client.set_cookie("kabinet", cookie.value)
        changed = {"key": str(uuid.uuid4()), box: str(1110 + number)}
        return client.post(url, data=data | changed).status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = set(pool.map(send_form, range(12)))
    assert statuses <= {303, 409}
    rows = make.session.scalars(select(SubmittedReading)).all()
    assert len([row for row in rows if row.status in ("sent", "accepted")]) == 1
    assert {row.status for row in rows} <= {"accepted", "replaced"}
