"""Access that is limited to supply points: the others are hidden everywhere."""

from __future__ import annotations

import re
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.models import (
    Account,
    Contract,
    CustomPointName,
    Enquiry,
    Invitation,
    Membership,
    MembershipPoint,
    Meter,
    Reading,
    Register,
    SubmittedReading,
    SupplyPoint,
)
from config import ROOT
from tests.conftest import NOW
from tests.factories import Factory
from tests.outbox import Outbox, part
from tests.pages import PageClient
from tests.routes import Route, contract_routes
from tests.sections.people.steps import EMAIL, NEW, accept, home, invite, membership_of
from tests.sections.readings.steps import send, submitted, type_in

SEEN, HIDDEN = "11112222", "99998888"
MANAGERS_ONLY, MONEY_ONLY = {"people_points"}, {"bill_comparisons", "charges"}
"""Modules whose pages nobody with limited access opens."""
SECRETS = (HIDDEN, "Цех", "Тайная", "Наш цех")


@pytest.fixture
def meters(make: Factory, contract: Contract) -> dict[str, Meter]:
    """A meter at a supply point that is seen, and one at a point that is not."""
    found = {number: make.meter(contract, number) for number in (SEEN, HIDDEN)}
    point = make.session.get_one(SupplyPoint, found[HIDDEN].supply_point_id)
    point.name, point.address = "Цех", "г. Миасс, ул. Тайная, д. 9"
    make.session.add(
        CustomPointName(
            supply_point_id=point.id, contract_id=contract.id, name="Наш цех", named_at=NOW
        )
    )
    for meter in found.values():
        for period in ("2026-09", "2026-10"):
            make.reading(meter, period, "1000")
    make.line(make.charge(contract, date(2026, 10, 31), "1200.50"), "100")
    make.commit()
    return found


@pytest.fixture
def engineer(
    app: Flask,
    owner: PageClient,
    contract: Contract,
    meters: dict[str, Meter],
    outbox: Outbox,
) -> PageClient:
    """Somebody who was invited to one of the two points."""
    point_id = str(meters[SEEN].supply_point_id)
    invite(owner, contract, role="engineer", points=point_id)
    accept(app, outbox)
    page = PageClient(app)
    page.sign_in(EMAIL, NEW)
    return page


def reading_routes(**known: object) -> list[tuple[Route, dict[str, object]]]:
    return [
        (route, values)
        for route in contract_routes()
        if not route.is_write
        for values in route.every_values(**known)
    ]


def test_no_page_and_no_file_shows_anything_of_another_point(
    engineer: PageClient, contract: Contract, owner: PageClient, meters: dict[str, Meter]
) -> None:
    send(owner, type_in(owner, meters[HIDDEN], "1100"))
    opened = set()
    for number in (SEEN, HIDDEN):
        known = {
            "contract_id": contract.id,
            "meter_id": meters[number].id,
            "point_id": meters[number].supply_point_id,
        }
        for route, values in reading_routes(**known):
            answer = engineer.client.get(engineer.url(route.endpoint, **values))
            if answer.status_code == 200:
                opened.add((route.endpoint, number))
                if answer.mimetype.startswith("text/"):
                    assert not [text for text in SECRETS if text in answer.text], route
            if number == HIDDEN and {"meter_id", "point_id"} & dict(route.converters).keys():
                assert answer.status_code in (404, 403), route
    endpoints = {endpoint for endpoint, _ in opened}
    assert {"home.index", "readings.index", "readings.meter", "readings.point"} <= endpoints
    shown = engineer.get("readings.index", contract_id=contract.id)
    assert SEEN in shown.text
    assert "по выбранным точкам" in shown.header.text
    # They are there: the owner sees them.
    assert HIDDEN in owner.get("readings.index", contract_id=contract.id).text


def test_money_is_of_the_whole_contract_and_stays_closed(
    engineer: PageClient, contract: Contract
) -> None:
    for path in ("settlements", "charges", "payments", "pay", "invoices", "people"):
        assert engineer.client.get(f"/contracts/{contract.id}/{path}").status_code == 403, path
    assert "1 200" not in engineer.get("home.index", contract_id=contract.id).text


def test_receipts_show_readings_of_seen_points_only(
    engineer: PageClient,
    owner: PageClient,
    contract: Contract,
    meters: dict[str, Meter],
    make: Factory,
) -> None:
    url = send(owner, type_in(owner, meters[HIDDEN], "1100"))
    assert engineer.client.get(url).status_code == 404
    assert url not in str(engineer.get("readings.index", contract_id=contract.id))
    receipt_id = submitted(make)[0].receipt_id
    mine = send(engineer, type_in(engineer, meters[SEEN], "1050"))
    engineer.open(mine)
    # One receipt with readings of both points.
    make.session.execute(update(SubmittedReading).values(receipt_id=receipt_id))
    make.commit()
    soup = engineer.open(url)
    assert SEEN in soup.text
    assert HIDDEN not in soup.text
    form = soup.select_one("form[action$='/withdraw']")
    engineer.submit(soup, 303, form["action"])
    rows = make.session.execute(
        select(Meter.serial_number, SubmittedReading.status)
        .join(Register, Register.meter_id == Meter.id)
        .join(SubmittedReading, SubmittedReading.register_id == Register.id)
        .execution_options(populate_existing=True)
    )
    assert dict(rows.all()) == {SEEN: "withdrawn", HIDDEN: "accepted"}


def test_a_reading_of_another_point_is_not_accepted_in_a_forged_form(
    engineer: PageClient, contract: Contract, meters: dict[str, Meter], make: Factory
) -> None:
    soup = engineer.get("readings.meter", contract_id=contract.id, meter_id=meters[SEEN].id)
    url = f"/contracts/{contract.id}/readings/meters/{meters[HIDDEN].id}"
    token = soup.select_one("[name=csrf_token]")["value"]
    data = {"csrf_token": token}
    seen = url.replace(str(meters[HIDDEN].id), str(meters[SEEN].id))
    assert engineer.client.post(seen, data=data).status_code == 422
    assert engineer.client.post(url, data=data).status_code == 404
    assert submitted(make) == []


def test_enquiries_of_other_points_and_of_others_are_hidden(
    engineer: PageClient,
    contract: Contract,
    meters: dict[str, Meter],
    make: Factory,
    session: Session,
) -> None:
    owner_id = session.scalars(
        select(Membership.account_id).where(Membership.role == "owner")
    ).one()
    account = session.get_one(Account, owner_id)
    whole = make.enquiry(contract, account, source_label="Тайная")
    hidden = make.enquiry(contract, account, supply_point_id=meters[HIDDEN].supply_point_id)
    seen = make.enquiry(contract, account, supply_point_id=meters[SEEN].supply_point_id)
    make.commit()
    url = f"/contracts/{contract.id}/enquiries"
    for enquiry, status in ((whole, 404), (hidden, 404), (seen, 200)):
        engineer.open(f"{url}/{enquiry.id}", status)
    listed = engineer.open(url).main.text
    assert seen.number in listed
    assert whole.number not in listed
    choice = engineer.open(f"{url}/new")
    assert "Тайная" not in choice.text
    assert session.get_one(Enquiry, hidden.id).closed_at is None


def test_an_engineer_sees_their_own_enquiry_about_the_whole_contract(
    engineer: PageClient,
    contract: Contract,
    make: Factory,
    session: Session,
) -> None:
    account = session.get_one(Account, membership_of(session).account_id)
    mine = make.enquiry(contract, account)
    make.commit()
    engineer.open(f"/contracts/{contract.id}/enquiries/{mine.id}")


def test_the_owner_widens_and_narrows_access_and_it_applies_to_the_next_request(
    engineer: PageClient,
    owner: PageClient,
    contract: Contract,
    meters: dict[str, Meter],
    session: Session,
) -> None:
    membership = membership_of(session)
    url = f"/contracts/{contract.id}/people/{membership.id}"
    listed = owner.get("people.index", contract_id=contract.id).main.text
    assert "точка поставки" in listed
    soup = owner.open(url)
    checked = [box["value"] for box in soup.select("input[name=points][checked]")]
    assert checked == [str(meters[SEEN].supply_point_id)]
    hidden = f"/contracts/{contract.id}/readings/meters/{meters[HIDDEN].id}"
    owner.submit(soup, 303, url, points=str(meters[HIDDEN].supply_point_id))
    engineer.open(hidden)
    seen = f"/contracts/{contract.id}/readings/meters/{meters[SEEN].id}"
    engineer.open(seen, 404)
    token = soup.select_one("[name=csrf_token]")["value"]
    data = {"csrf_token": token, "role": "engineer", "access_until": "", "note": ""}
    assert owner.client.post(url, data=data).status_code == 303
    engineer.open(seen)
    membership = membership_of(session)
    assert not membership.is_limited
    assert session.scalars(select(MembershipPoint)).all() == []


def test_access_with_money_is_not_limited_and_points_are_of_the_one_contract(
    owner: PageClient,
    contract: Contract,
    meters: dict[str, Meter],
    make: Factory,
    session: Session,
    outbox: Outbox,
) -> None:
    point_id = str(meters[SEEN].supply_point_id)
    invite(owner, contract, 422, role="accountant", points=point_id)
    soup = owner.check_last()
    assert soup.select_one("#points-error")
    assert soup.select_one(f"input[name=points][value='{point_id}'][checked]")
    other = make.meter(make.contract("00999-ЭС"), "77776666")
    make.commit()
    soup = owner.get("people.invite", contract_id=contract.id)
    assert not soup.select(f"input[name=points][value='{other.supply_point_id}']")
    assert session.scalars(select(Invitation)).all() == []
    invite(owner, contract, role="viewer", points=point_id)
    assert "только по выбранным точкам" in part(outbox.emails(EMAIL)[-1], "plain")


def test_limited_access_whose_points_are_gone_opens_none(
    engineer: PageClient, contract: Contract, session: Session
) -> None:
    for row in session.scalars(select(MembershipPoint)).all():
        session.delete(row)
    session.commit()
    assert SEEN not in engineer.get("readings.index", contract_id=contract.id).text
    engineer.open(home(contract))
    assert session.scalars(select(Reading)).first()


def test_every_query_of_supply_points_for_customers_asks_for_the_scope() -> None:
    without = set()
    for file in (ROOT / "app" / "queries").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        if re.search(r"\b(SupplyPoint|Meter)\b", text) and "VisibleContract" in text:
            has_scope = re.search(r"app\.queries\.scope|\bOF_CUSTOMER\b", text)
            without |= set() if has_scope else {file.stem}
    assert without == {"scope", *MANAGERS_ONLY, *MONEY_ONLY}
