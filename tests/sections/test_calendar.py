"""The calendar at its secret address: what it holds, for whom, and how it is renewed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.domain.access import Role
from app.domain.period import Month
from app.lib.signed_links import Purpose
from app.models import Account, AuditEvent, Contract, Membership
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PageClient

NUMBER = "00123-ЭС"
TODAY = date(2026, 11, 21)


@pytest.fixture
def contract(make: Factory) -> Contract:
    make.supplier()
    make.import_run()
    contract = make.contract(NUMBER)
    make.account(contract)
    make.invoice(contract, TODAY + timedelta(days=3), "100.00", period=Month(2026, 11))
    meter = make.meter(contract)
    meter.next_verification_on = TODAY + timedelta(days=40)
    make.reading(meter, "2026-10", "1")
    make.commit()
    return contract


@pytest.fixture
def owner(page: PageClient, contract: Contract) -> PageClient:
    page.sign_in(NUMBER)
    return page


def renew(owner: PageClient, contract: Contract) -> str:
    """Press the button; the path of the new address."""
    soup = owner.get("notifications.index", contract_id=contract.id)
    action = owner.url("notifications.renew_calendar", contract_id=contract.id)
    owner.client.post(action, data={"csrf_token": soup.select_one("[name=csrf_token]")["value"]})
    soup = owner.get("notifications.index", contract_id=contract.id)
    url: str = soup.select_one("#calendar-url")["value"]
    assert url.startswith("http://localhost/calendar/")
    assert url.endswith(".ics")
    return url.removeprefix("http://localhost")


def get(app: Flask, path: str, **headers: str) -> TestResponse:
    """What a program without cookies gets."""
    return app.test_client().get(path, headers=headers)


def titles(app: Flask, path: str) -> list[str]:
    answer = get(app, path)
    assert answer.status_code == 200, answer.text
    calendar = Calendar.from_ical(answer.data)
    assert isinstance(calendar, Calendar)
    return [str(e["summary"]).replace("\u00a0", " ") for e in calendar.walk("VEVENT")]


def test_the_calendar_holds_dues_windows_acts_and_verifications(
    app: Flask, owner: PageClient, contract: Contract
) -> None:
    found = titles(app, renew(owner, contract))
    assert found[:4] == [
        "Передать показания за ноябрь 2026, договор № 00123-ЭС",
        "Оплатить 100,00 ₽, договор № 00123-ЭС",
        "Последний день для акта снятия показаний за ноябрь 2026, договор № 00123-ЭС",
        "Передать показания за декабрь 2026, договор № 00123-ЭС",
    ]
    assert "Поверка прибора № 12345678, Офис, договор № 00123-ЭС" in found
    assert len(found) == 8


def test_there_is_no_address_before_somebody_asks_for_one(
    app: Flask, owner: PageClient, contract: Contract
) -> None:
    soup = owner.get("notifications.index", contract_id=contract.id)
    assert not soup.select("#calendar-url")
    links = app.extensions["transports"].links
    for nonce in ("", "None"):
        assert (
            get(app, f"/calendar/{links.sign(Purpose.CALENDAR, 1, nonce)}.ics").status_code == 404
        )


def test_what_has_not_changed_is_not_sent_again(
    app: Flask, owner: PageClient, make: Factory, contract: Contract
) -> None:
    path = renew(owner, contract)
    etag = get(app, path).headers["ETag"]
    answer = get(app, path, **{"If-None-Match": etag})
    assert (answer.status_code, answer.data) == (304, b"")
    make.invoice(contract, TODAY + timedelta(days=9), "5.00", period=Month(2026, 11))
    make.commit()
    assert get(app, path, **{"If-None-Match": etag}).status_code == 200


def test_a_renewed_address_makes_the_one_before_unknown(
    app: Flask, owner: PageClient, session: Session, contract: Contract
) -> None:
    first = renew(owner, contract)
    second = renew(owner, contract)
    assert first != second
    assert (get(app, first).status_code, get(app, second).status_code) == (404, 200)
    actions = session.scalars(select(AuditEvent.action)).all()
    assert actions.count("calendar.renewed") == 2


@pytest.mark.parametrize("wrong", ["x", "../sign-in", "%D0%9A", "a" * 500, "WzEsIiJd.x"])
def test_an_address_that_is_not_ours_is_unknown(app: Flask, owner: PageClient, wrong: str) -> None:
    assert get(app, f"/calendar/{wrong}.ics").status_code == 404


def test_an_engineer_has_no_dues_and_an_accountant_both(
    app: Flask, owner: PageClient, session: Session, contract: Contract
) -> None:
    path = renew(owner, contract)
    session.execute(update(Membership).values(role=Role.ENGINEER))
    session.commit()
    assert not [title for title in titles(app, path) if "Оплатить" in title]
    assert "Передать показания" in titles(app, path)[0]


@pytest.mark.parametrize("ended", ["revoked_at", "paused_at"])
def test_who_has_lost_the_contract_has_nothing_of_it_in_the_calendar(
    app: Flask, owner: PageClient, session: Session, contract: Contract, ended: str
) -> None:
    path = renew(owner, contract)
    session.execute(update(Membership).values({ended: NOW}))
    session.commit()
    assert titles(app, path) == []
    session.execute(update(Account).values(disabled_at=NOW))
    session.commit()
    assert get(app, path).status_code == 404


def test_all_contracts_of_a_person_are_in_one_calendar(
    app: Flask, owner: PageClient, make: Factory, session: Session, contract: Contract
) -> None:
    other = make.contract("00124-ЭС", customer_id=contract.customer_id)
    make.invoice(other, TODAY + timedelta(days=5), "7.00", period=Month(2026, 11))
    make.membership(session.scalars(select(Account)).one(), other, Role.ACCOUNTANT)
    make.commit()
    found = titles(app, renew(owner, contract))
    assert "Оплатить 7,00 ₽, договор № 00124-ЭС" in found
    assert "Оплатить 100,00 ₽, договор № 00123-ЭС" in found
