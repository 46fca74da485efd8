"""A terminated contract: its people read on for a while, and then no more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.lib.clock import Clock
from app.models import Account, Contract
from tests.conftest import NOW, ZONE
from tests.factories import PASSWORD, Factory
from tests.outbox import Outbox
from tests.pages import PARTIAL, PageClient

NUMBER = "00123-ЭС"
END = date(2026, 10, 31)


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app(terminated_access_months=6)


@pytest.fixture
def contract(make: Factory) -> Contract:
    make.supplier()
    make.import_run()
    contract = make.contract(NUMBER, status="terminated", valid_to=END)
    make.account(contract)
    make.reading(make.meter(contract), "2026-10", "1000.00")
    make.commit()
    return contract


def at(app: Flask, *moment: int) -> None:
    app.extensions["clock"] = Clock(ZONE, datetime(*moment, tzinfo=ZONE))


def test_its_people_read_and_send_no_readings(page: PageClient, contract: Contract) -> None:
    page.sign_in(NUMBER)
    here = {"contract_id": contract.id}
    assert "Договор расторгнут" in page.get("home.index", **here).text
    page.get("settlements.index", **here)
    page.get("charges.index", **here)
    readings = page.get("readings.index", **here)
    assert "больше не принимаются" in readings.text
    assert not readings.select("a:-soup-contains('Передать показания')")
    for endpoint in ("readings.all_meters", "readings.meter"):
        values = here | ({"meter_id": 1} if endpoint == "readings.meter" else {})
        assert "больше не принимаются" in page.get(endpoint, 403, **values).text
    answer = page.client.post(
        f"/contracts/{contract.id}/readings/all",
        data={"csrf_token": readings.select_one("[name=csrf_token]")["value"]},
    )
    assert answer.status_code == 403


def test_enquiries_are_only_about_the_contract(
    page: PageClient, contract: Contract, make: Factory
) -> None:
    page.sign_in(NUMBER)
    soup = page.get("enquiries.new", contract_id=contract.id)
    names = [option.text for option in soup.select("[name=topic] option") if option["value"]]
    assert names == ["Договор (заключение, изменение, расторжение)"]
    contract.status = "active"
    make.commit()
    soup = page.get("enquiries.new", contract_id=contract.id)
    others = {option["value"] for option in soup.select("[name=topic] option")}
    assert len(others) > 3
    contract.status = "terminated"
    make.commit()
    form = page.get("enquiries.new", contract_id=contract.id)
    offered = {option["value"] for option in form.select("[name=topic] option")}
    wrong = min(others - offered)
    page.submit(form, 422, topic=wrong)
    assert "выберите из списка" in page.check_last().select_one("#error-summary").text


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [((2027, 4, 30, 23, 59), True), ((2027, 5, 1, 0, 0), False)],
)
def test_the_last_day_of_access_ends_at_midnight_of_the_supplier(
    app: Flask,
    page: PageClient,
    contract: Contract,
    outbox: Outbox,
    moment: tuple[int, ...],
    is_open: bool,
) -> None:
    at(app, *moment)
    page.sign_in(NUMBER, PASSWORD, 303 if is_open else 422)
    asker = PageClient(app)
    asker.submit(asker.get("recovery.index"), login=NUMBER, channel="mail")
    assert bool(outbox.emails("buh@example.org")) is is_open


def test_an_open_session_and_a_fragment_end_at_that_midnight_too(
    app: Flask, page: PageClient, contract: Contract
) -> None:
    at(app, 2027, 4, 30, 23, 50)
    page.sign_in(NUMBER)
    path = page.url("home.index", contract_id=contract.id)
    assert page.client.get(path).status_code == 200
    at(app, 2027, 5, 1, 0, 1)
    assert page.client.get(path).status_code == 302
    assert page.client.get(path, headers=PARTIAL).status_code == 401


def test_an_account_with_another_contract_gets_404_for_the_closed_one(
    app: Flask, page: PageClient, contract: Contract, make: Factory, session: Session
) -> None:
    other = make.contract("00777-ЭС")
    account = session.query(Account).one()
    make.membership(account, other, "owner")
    make.commit()
    at(app, 2027, 5, 1, 0, 1)
    page.sign_in("00777-ЭС")
    page.get("home.index", 404, contract_id=contract.id)
    assert page.client.get("/").location.endswith(f"/contracts/{other.id}/")


def test_access_comes_back_when_the_contract_is_active_again(
    app: Flask, page: PageClient, contract: Contract, make: Factory
) -> None:
    at(app, 2027, 6, 1, 12, 0)
    page.sign_in(NUMBER, PASSWORD, 422)
    contract.status, contract.valid_to = "active", None
    make.commit()
    page.sign_in(NUMBER)
    page.get("readings.all_meters", contract_id=contract.id)


def test_a_termination_to_come_changes_nothing_yet(
    app: Flask, page: PageClient, contract: Contract, make: Factory
) -> None:
    contract.valid_to = NOW.date()
    make.commit()
    page.sign_in(NUMBER)
    page.get("readings.all_meters", contract_id=contract.id)
    at(app, 2026, 11, 22, 0, 0)
    page.sign_in(NUMBER)
    page.get("readings.all_meters", 403, contract_id=contract.id)


def test_without_a_last_day_the_day_counts_on_which_the_portal_learned_of_it(
    app: Flask, page: PageClient, contract: Contract, make: Factory
) -> None:
    contract.valid_to, contract.terminated_on = None, END
    make.commit()
    at(app, 2027, 4, 30, 12, 0)
    page.sign_in(NUMBER)
    at(app, 2027, 5, 1, 12, 0)
    PageClient(app).sign_in(NUMBER, PASSWORD, 422)
