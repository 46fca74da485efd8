"""«Запросить доступ у владельца»: a second registrant asks, the owner decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.actions.retention import clean_up
from app.models import AccessRequest, AuditEvent, Consent, Contract, Customer, Invitation
from tests.conftest import NOW
from tests.factories import Factory
from tests.outbox import Outbox, part
from tests.pages import PageClient

NUMBER, UNKNOWN = "00123-ЭС", "99999-ЭС"
OWNER, ASKER = "director@example.org", "buh.firma@example.org"
TYPED = {"person_name": "Ирина Белова", "email": ASKER, "consent": "y"}


@pytest.fixture
def contract(make: Factory) -> Contract:
    make.supplier()
    make.import_run()
    contract = make.contract(NUMBER)
    make.account(contract, email=OWNER)
    make.commit()
    return contract


@pytest.fixture
def inn(contract: Contract, session: Session) -> str:
    return session.get_one(Customer, contract.customer_id).inn


@pytest.fixture
def owner(app: Flask, contract: Contract) -> PageClient:
    page = PageClient(app)
    page.sign_in(NUMBER)
    return page


def ask(
    page: PageClient, inn: str, status: int = 303, number: str = NUMBER, **fields: str
) -> PageClient:
    soup = page.get("access_requests.ask")
    typed = {"number": number, "inn": inn} | TYPED | fields
    page.submit(soup, status, **{name: value for name, value in typed.items() if value})
    return page


def requests(session: Session) -> list[AccessRequest]:
    session.expire_all()
    return list(session.scalars(select(AccessRequest).order_by(AccessRequest.id)))


def test_the_dead_end_of_a_second_registration_leads_to_a_request(
    page: PageClient, inn: str
) -> None:
    soup = page.get("registration.first_entry")
    page.submit(soup, 422, number=NUMBER, inn=inn)
    dead_end = page.check_last()
    button = dead_end.select_one("button[formaction]")
    assert button.text == "Запросить доступ у владельца"
    page.submit(dead_end, 200, button["formaction"], number=NUMBER, inn=inn, step="begin")
    form = page.check_last()
    assert form.h1.text == "Запросить доступ у владельца"
    assert form.select_one("#number")["value"] == NUMBER
    assert form.select_one("#inn")["value"] == inn
    assert not form.select(".error")


def test_the_owner_gets_a_link_decides_and_the_asker_comes_in(
    app: Flask, page: PageClient, owner: PageClient, contract: Contract, inn: str, outbox: Outbox
) -> None:
    ask(page, inn)
    assert page.open(page.last.location).h1.text == "Запрос передан"
    message = part(outbox.emails(OWNER)[-1], "plain")
    assert "Ирина Белова" in message
    link = outbox.link(OWNER)
    answer = owner.client.get(link)
    decision = owner.open(answer.location)
    assert decision.h1.text == "Запрос доступа"
    owner.submit(decision, role="engineer", access_until="2027-01-31")
    assert "Приглашение отправлено" in owner.open(owner.last.location).text
    person = PageClient(app)
    invitation = person.open(outbox.link(ASKER))
    assert "энергетик" in invitation.text
    person.submit(
        invitation, password="свой пароль 26", password_again="свой пароль 26", consent="y"
    )
    signed_in = PageClient(app)
    signed_in.sign_in(ASKER, "свой пароль 26")
    signed_in.get("readings.index", contract_id=contract.id)
    assert owner.open(link, 410).h1.text == "Запрос уже рассмотрен"


def test_a_refusal_is_told_and_nothing_is_opened(
    page: PageClient,
    owner: PageClient,
    contract: Contract,
    inn: str,
    outbox: Outbox,
    session: Session,
) -> None:
    ask(page, inn)
    row = requests(session)[0]
    soup = owner.get("access_requests.decide", contract_id=contract.id, request_id=row.id)
    url = f"/contracts/{contract.id}/people/requests/{row.id}/refuse"
    owner.submit(soup, 303, url)
    assert outbox.emails(ASKER)[-1]["Subject"] == f"В доступе отказано: договор № {NUMBER}"
    assert session.scalar(select(func.count(Invitation.id))) == 0
    assert owner.client.get(url.removesuffix("/refuse")).status_code == 404
    assert owner.open(outbox.link(OWNER), 410).h1.text == "Запрос уже рассмотрен"
    actions = session.scalars(select(AuditEvent.action).where(AuditEvent.action.like("access.re%")))
    assert actions.all() == ["access.requested", "access.request_refused"]


@pytest.mark.parametrize("case", ["right", "unknown", "wrong inn", "no owner", "member"])
def test_the_answer_does_not_say_whether_there_is_an_owner(
    page: PageClient, make: Factory, inn: str, outbox: Outbox, session: Session, case: str
) -> None:
    number, email = NUMBER, ASKER
    if case == "unknown":
        number = UNKNOWN
    elif case == "wrong inn":
        inn = "7728168971"
    elif case == "no owner":
        make.contract("00124-ЭС", customer_id=session.scalar(select(Customer.id)))
        make.commit()
        number = "00124-ЭС"
    elif case == "member":
        email = OWNER
    ask(page, inn, number=number, email=email)
    assert page.last.location == "/access-requests/sent"
    assert len(requests(session)) == (case == "right")
    assert bool(outbox.emails()) == (case == "right")


def test_the_same_person_has_one_open_request_and_one_email(
    page: PageClient, inn: str, outbox: Outbox, session: Session
) -> None:
    ask(page, inn)
    ask(page, inn, email=ASKER.upper())
    assert len(requests(session)) == 1
    assert len(outbox.emails(OWNER)) == 1
    assert session.scalar(select(func.count(Consent.id))) == 1


def test_an_owner_is_not_flooded(page: PageClient, inn: str, session: Session) -> None:
    for number in range(5):
        ask(page, inn, email=f"a{number}@example.org")
    ask(page, inn, 429, email="a9@example.org")
    assert page.last.headers["Retry-After"]
    assert page.check_last().select_one("#email")["value"] == "a9@example.org"
    assert len(requests(session)) == 5


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"person_name": "Зайдите на www.example.org/приз"}, "только буквы"),
        ({"person_name": ""}, "введите имя"),
        ({"email": "без собаки"}, "не похоже на адрес"),
        ({"consent": ""}, "Без согласия"),
        ({"inn": "7415000019"}, "опечатка"),
    ],
)
def test_bad_input_is_told_beside_the_field_and_nothing_is_stored(
    page: PageClient, inn: str, session: Session, fields: dict[str, str], text: str
) -> None:
    ask(page, fields.pop("inn", inn), 422, **fields)
    soup = page.check_last()
    assert text in soup.select_one(".error").text
    assert soup.select_one("#number")["value"] == NUMBER
    assert requests(session) == []


def test_requests_of_before_the_present_customer_are_nobodys(
    page: PageClient, owner: PageClient, contract: Contract, inn: str, session: Session
) -> None:
    ask(page, inn)
    row = requests(session)[0]
    session.execute(update(Contract).values(transferred_at=NOW + timedelta(minutes=1)))
    session.commit()
    url = f"/contracts/{contract.id}/people/requests/{row.id}"
    assert owner.client.get(url).status_code == 404
    assert "Ирина Белова" not in owner.get("people.index", contract_id=contract.id).text


def test_the_list_of_people_shows_who_asks(
    page: PageClient, owner: PageClient, contract: Contract, inn: str
) -> None:
    ask(page, inn)
    soup = owner.get("people.index", contract_id=contract.id)
    assert "Просят доступ" in soup.text
    assert soup.select_one("a[href*='/people/requests/']")


def test_a_last_day_that_has_passed_is_refused_and_the_request_waits(
    page: PageClient, owner: PageClient, contract: Contract, inn: str, session: Session
) -> None:
    ask(page, inn)
    row = requests(session)[0]
    soup = owner.get("access_requests.decide", contract_id=contract.id, request_id=row.id)
    owner.submit(soup, 422, role="viewer", access_until="2020-01-01")
    assert "уже прошел" in owner.check_last().text
    assert requests(session)[0].decided_at is None


def test_requests_are_deleted_after_a_month_with_their_consents(
    page: PageClient, inn: str, session: Session, advance_clock: Callable[..., datetime]
) -> None:
    ask(page, inn)
    clean_up(session, NOW + timedelta(days=31), timedelta(days=30))
    session.commit()
    assert requests(session) == []
    assert session.scalar(select(func.count(Consent.id))) == 0
