"""Readings that a customer reads out by telephone and a clerk writes down."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select

from app.jobs.delivery import sweep
from app.models import Account, AuditEvent, Contract, Meter, ReadingReceipt, Register
from tests.factories import Factory
from tests.outbox import Outbox, part
from tests.pages import PageClient, check_page
from tests.sections.readings.steps import hidden_fields, send, submitted
from tests.sections.staff.reading_rows import meter_of


@pytest.fixture
def meter(make: Factory, contract: Contract) -> Meter:
    make.session.get_one(Account, 1).email_confirmed_at = datetime(2026, 11, 1, tzinfo=UTC)
    meter = meter_of(make, contract)
    make.commit()
    return meter


def type_in(page: PageClient, whole: str, status: int = 200, contract_id: int = 1) -> BeautifulSoup:
    """The first step: the reading of the only register."""
    soup = page.get("staff.reading_entry", contract_id=contract_id)
    page.submit(soup, status, **{soup.select_one("[name^=whole-]")["name"]: whole})
    return page.check_last()


def test_a_reading_is_taken_down_and_its_receipt_shown(
    app: Flask, clerk: PageClient, make: Factory, meter: Meter, outbox: Outbox
) -> None:
    soup = clerk.get("staff.reading_entry", contract_id=1)
    assert soup.h1.text == "Показания по телефону: договор № 00123-ЭС"
    assert soup.select_one("nav a[aria-current]").text == "Показания"
    assert "ООО «Ромашка»" in soup.select_one("main").text
    soup = type_in(clerk, "1110")
    assert "Будет записано" in soup.text
    where = send(clerk, soup)
    assert where == clerk.url("readings.receipt", contract_id=1, receipt_id=1, new=1)
    soup = clerk.open(where)
    assert "Показания записаны" in soup.text
    assert "Принято по телефону 21.11.2026, 12:00" in soup.text
    (row,) = submitted(make)
    assert (row.source, row.status, row.value) == ("staff", "accepted", Decimal("1110.00"))
    receipt = make.session.get_one(ReadingReceipt, row.receipt_id)
    assert (receipt.account_id, receipt.staff_id) == (None, 1)
    (line,) = make.session.scalars(select(AuditEvent).filter_by(action="readings.submitted"))
    assert (line.account_id, line.staff_id, line.changes["source"]) == (1, 1, "staff")
    with app.app_context():
        sweep()
    (email,) = outbox.emails("buh@example.org")
    assert "по телефону нашему сотруднику по договору № 00123-ЭС" in part(email, "plain")


def test_the_customer_reads_by_which_way_it_came_and_not_who_took_it(
    clerk: PageClient, customer: PageClient, make: Factory, meter: Meter
) -> None:
    send(clerk, type_in(clerk, "1110"))
    soups = [
        customer.get("readings.index", contract_id=1),
        customer.get("readings.history", contract_id=1, meter_id=meter.id),
        customer.get("readings.receipt", contract_id=1, receipt_id=1),
    ]
    for soup in soups:
        assert "принято по телефону" in soup.select_one("main").text.lower()
        assert "Сотрудник operator" not in soup.text
    row = clerk.get("staff.readings", state="all").select_one("table.desk tbody tr").text
    assert "сотрудник" in row


def test_implausible_readings_have_to_be_confirmed(
    clerk: PageClient, make: Factory, meter: Meter
) -> None:
    soup = type_in(clerk, "1050")
    box = soup.select_one("input[name=confirm]")
    assert "Показание меньше предыдущего" in soup.text
    send(clerk, soup, 422)
    soup = clerk.check_last()
    assert soup.title.text.startswith("Ошибка · ")
    assert not submitted(make)
    send(clerk, soup, 303, box["value"])
    (row,) = submitted(make)
    assert (row.status, row.doubts) == ("sent", ["less"])


def test_a_faulty_reading_is_named_beside_its_box(
    clerk: PageClient, make: Factory, meter: Meter
) -> None:
    soup = type_in(clerk, "12x", 422)
    assert "нужны только цифры" in soup.select_one("#error-summary").text
    assert soup.select_one("[name^=whole-]")["value"] == "12x"
    assert not submitted(make)


def test_the_same_form_twice_is_one_receipt(clerk: PageClient, make: Factory, meter: Meter) -> None:
    soup = type_in(clerk, "1110")
    first = send(clerk, soup)
    clerk.last = clerk.client.get(clerk.url("staff.reading_entry", contract_id=1))
    second = send(clerk, soup)
    assert (first[-5:], second[-5:]) == ("new=1", "new=0")
    assert first[:-1] == second[:-1]
    assert len(make.session.scalars(select(ReadingReceipt)).all()) == 1


def test_a_contract_without_an_account_is_served_too(
    app: Flask, clerk: PageClient, make: Factory, contract: Contract, outbox: Outbox
) -> None:
    other = make.contract("00777-ЭС")
    meter_of(make, other)
    make.commit()
    where = send(clerk, type_in(clerk, "1110", contract_id=other.id))
    assert "Показания записаны" in clerk.open(where).text
    (line,) = make.session.scalars(select(AuditEvent).filter_by(action="readings.submitted"))
    assert line.account_id is None
    with app.app_context():
        sweep()
    assert not outbox.emails()


@pytest.mark.parametrize("contract_id", [99, 2**70])
def test_a_contract_that_is_not_there_is_not_found(clerk: PageClient, contract_id: int) -> None:
    clerk.get("staff.reading_entry", 404, contract_id=contract_id)
    soup = clerk.get("staff.readings")
    token = soup.select_one("[name=csrf_token]")["value"]
    url = clerk.url("staff.reading_entry_submit", contract_id=contract_id)
    assert clerk.client.post(url, data={"csrf_token": token}).status_code == 404


def test_where_nothing_is_taken_the_page_says_why(
    clerk: PageClient, make: Factory, meter: Meter
) -> None:
    soup = type_in(clerk, "1110")
    meter.removed_on = datetime(2026, 11, 1, tzinfo=UTC).date()
    make.commit()
    send(clerk, soup, 409)
    soup = clerk.get("staff.reading_entry", contract_id=1)
    assert "показания не принимаются" in soup.text
    assert "прибор снят" in soup.select_one("main ul").text
    assert not submitted(make)
    other = make.contract("00777-ЭС")
    make.commit()
    soup = clerk.get("staff.reading_entry", contract_id=other.id)
    assert "приборов учета по этому договору нет" in soup.text


def test_a_reading_that_came_in_between_is_said(
    clerk: PageClient, meter: Meter, monkeypatch
) -> None:
    soup = type_in(clerk, "1110")

    monkeypatch.setattr("app.actions.readings.submission.insert_or_ignore", lambda *a, **k: 0)
    send(clerk, soup, 409)
    assert "Только что передано другое показание" in clerk.check_last().text


def test_many_meters_come_in_pages(clerk: PageClient, make: Factory, contract: Contract) -> None:
    for number in range(60):
        meter = make.meter(contract, f"S{number:02d}")
        make.session.add(
            Register(meter_id=meter.id, zone="T0", direction="A+", digits=6, decimals=0)
        )
    make.commit()
    soup = clerk.get("staff.reading_entry", contract_id=1)
    assert "Приборы 1–50 из 60" in soup.text
    first = soup.select_one("[name^=whole-]")["name"]
    answer = clerk.client.post(
        clerk.last.request.path, data=hidden_fields(soup) | {first: "7", "go": "2"}
    )
    soup = check_page(answer.text)
    assert len(soup.select("[name^=whole-]:not([type=hidden])")) == 10
    last = soup.select("[name^=whole-]")[-1]["name"]
    clerk.submit(soup, 200, **{last: "5"})
    send(clerk, clerk.check_last())
    assert sorted(row.value for row in submitted(make)) == [5, 7]


def test_opening_the_form_is_recorded_as_data_access(
    clerk: PageClient, make: Factory, meter: Meter
) -> None:
    clerk.get("staff.reading_entry", contract_id=1)
    clerk.get("staff.reading_entry", contract_id=1)
    (line,) = make.session.scalars(select(AuditEvent).filter_by(action="staff.looked"))
    assert (line.staff_id, line.account_id, line.subject_key) == (1, 1, "00123-ЭС")


def test_markup_in_a_customers_name_stays_text(
    clerk: PageClient, make: Factory, contract: Contract
) -> None:
    evil = make.customer(external_id="EVIL", short_name="<img src=x>{{7*7}}")
    other = make.contract("00777-ЭС", customer_id=evil.id)
    meter_of(make, other)
    make.commit()
    soup = type_in(clerk, "1110", contract_id=other.id)
    assert "<img src=x>{{7*7}}" in soup.select_one("main").text
    assert not soup.select("main img")
