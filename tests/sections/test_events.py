"""«События»: who sees which, how many are new, and what each leads to."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actions.events.recording import record_events
from app.actions.readings.decisions import accept_readings, reject_readings
from app.domain.access import Role
from app.domain.events import EventKind, NewEvent
from app.domain.period import Month
from app.domain.staff import Clerk, StaffRole
from app.models import (
    Account,
    Contract,
    ContractEvent,
    Membership,
    NotificationSettings,
    ReadingReceipt,
    SubmittedReading,
)
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PageClient

NUMBER = "00123-ЭС"
TODAY = date(2026, 11, 21)
DUE = {"due_on": "2026-11-24", "amount": "10.00", "number": "15", "days": 3}


@pytest.fixture
def contract(make: Factory) -> Contract:
    make.supplier()
    make.import_run()
    contract = make.contract(NUMBER)
    make.account(contract)
    make.commit()
    return contract


@pytest.fixture
def owner(page: PageClient, contract: Contract) -> PageClient:
    page.sign_in(NUMBER)
    return page


def tell(
    session: Session,
    contract: Contract,
    kind: EventKind = EventKind.DUE,
    key: str = "1",
    on: date = TODAY,
    **values: object,
) -> None:
    """Store an event of a contract."""
    facts = values.pop("facts", DUE)
    event = NewEvent(kind, contract.id, key, on, facts=facts, **values)  # type: ignore[arg-type]
    record_events(session, [event], NOW)
    session.commit()


def sentences(client: PageClient, contract: Contract, **query: str) -> list[str]:
    soup = client.get("events.index", contract_id=contract.id, **query)
    return [link.text for link in soup.select("#events tbody a")]


def badge(page: PageClient, contract: Contract) -> str:
    """What the header says of «События»."""
    soup = page.get("home.index", contract_id=contract.id)
    return soup.select_one("header a[href$='/events']").text.removeprefix("События").strip()


def colleague(
    app: Flask, make: Factory, contract: Contract, role: Role, number: str = "00777-ЭС"
) -> PageClient:
    """Somebody else with access to the contract, signed in by their own contract."""
    theirs = make.contract(number, customer_id=contract.customer_id)
    account = make.account(theirs, email=f"{role}@example.org")
    make.membership(account, contract, role)
    make.commit()
    page = PageClient(app)
    page.sign_in(number)
    return page


def test_events_are_listed_newest_first_and_each_leads_to_its_thing(
    owner: PageClient, session: Session, make: Factory, contract: Contract
) -> None:
    invoice = make.invoice(contract, TODAY, "1200.50")
    facts = {"number": "15", "issued_on": "2026-11-01", "due_on": "2026-11-21", "amount": "1200.50"}
    tell(session, contract)
    tell(session, contract, EventKind.INVOICE, facts=facts, subject_id=invoice.id)
    soup = owner.get("events.index", contract_id=contract.id)
    first, second = soup.select("#events tbody a")
    assert first.text == "Новый счет № 15 от 01.11.2026 на 1 200,50 ₽, оплатить до 21.11.2026"
    assert second.text == "Через 3 дня срок оплаты: 10,00 ₽ до 24.11.2026 по документу № 15"
    for link in (first, second):
        owner.open(link["href"])


def test_the_header_counts_what_is_new_until_it_is_marked_as_read(
    owner: PageClient, session: Session, contract: Contract
) -> None:
    assert badge(owner, contract) == ""
    for key in range(2):
        tell(session, contract, key=str(key))
    assert badge(owner, contract) == "2 новых"
    soup = owner.get("events.index", contract_id=contract.id)
    # One more comes while the page is open: it stays new.
    tell(session, contract, key="meanwhile")
    owner.submit(soup, newest=soup.select_one("[name=newest]")["value"])
    assert badge(owner, contract) == "1 новых"
    soup = owner.get("events.index", contract_id=contract.id)
    assert [mark.find_parent("tr").a.text for mark in soup.select("#events .status")] == [
        "Через 3 дня срок оплаты: 10,00 ₽ до 24.11.2026 по документу № 15"
    ]


@pytest.mark.parametrize("newest", ["", "cat", "-1", "٣", "9" * 30])
def test_a_broken_mark_changes_nothing(
    owner: PageClient, session: Session, contract: Contract, newest: str
) -> None:
    tell(session, contract)
    soup = owner.get("events.index", contract_id=contract.id)
    owner.submit(soup, newest=newest)
    assert badge(owner, contract) == "1 новых"


def test_nothing_to_come_can_be_marked_beforehand(
    owner: PageClient, session: Session, contract: Contract
) -> None:
    tell(session, contract)
    owner.submit(owner.get("events.index", contract_id=contract.id), newest="999999999")
    tell(session, contract, key="2")
    assert badge(owner, contract) == "1 новых"


def test_more_than_ninety_nine_are_not_counted(
    owner: PageClient, session: Session, contract: Contract
) -> None:
    events = [NewEvent(EventKind.DUE, contract.id, f"{n}", TODAY, facts=DUE) for n in range(130)]
    record_events(session, events, NOW)
    session.commit()
    assert badge(owner, contract) == "99+ новых"


def test_filters_show_a_group_and_pages_go_on(
    owner: PageClient, session: Session, contract: Contract
) -> None:
    tell(
        session, contract, EventKind.ANSWER, facts={"number": "7", "reply": "answer"}, subject_id=1
    )
    for key in range(30):
        tell(session, contract, key=str(key))
    assert len(sentences(owner, contract)) == 25
    assert len(sentences(owner, contract, page="2")) == 6
    assert sentences(owner, contract, show="other") == ["Дан ответ на обращение № 7"]
    assert sentences(owner, contract, show="readings") == []
    assert len(sentences(owner, contract, show="cat' OR 1=1")) == 25
    soup = owner.fragment("events.index", contract_id=contract.id, show="money")
    assert "из 30" in soup.select_one("#status").text


def test_an_engineer_sees_no_money_and_no_group_of_it(
    app: Flask, make: Factory, session: Session, contract: Contract
) -> None:
    engineer = colleague(app, make, contract, Role.ENGINEER)
    tell(session, contract)
    tell(session, contract, EventKind.ANSWER, facts={"number": "7", "reply": "ask"}, subject_id=1)
    assert sentences(engineer, contract) == ["Нужны уточнения по обращению № 7"]
    assert badge(engineer, contract) == "1 новых"
    soup = engineer.get("events.index", contract_id=contract.id, show="money")
    assert [link.text for link in soup.select(".presets a")] == [
        "Все",
        "Показания и приборы",
        "Остальное",
    ]


def test_nobody_sees_what_is_older_than_their_access_or_of_a_former_customer(
    owner: PageClient, session: Session, contract: Contract
) -> None:
    tell(session, contract, on=date(2026, 10, 31))
    assert sentences(owner, contract) == []
    assert badge(owner, contract) == ""
    tell(session, contract, key="2", on=date(2026, 11, 1))
    assert len(sentences(owner, contract)) == 1
    contract.transferred_at = NOW + timedelta(minutes=1)
    session.commit()
    assert sentences(owner, contract) == []
    assert badge(owner, contract) == ""


def test_each_person_has_marks_of_their_own(
    app: Flask, owner: PageClient, make: Factory, session: Session, contract: Contract
) -> None:
    accountant = colleague(app, make, contract, Role.ACCOUNTANT)
    tell(session, contract)
    owner.submit(owner.get("events.index", contract_id=contract.id), newest="1000")
    assert (badge(owner, contract), badge(accountant, contract)) == ("", "1 новых")
    assert len(session.scalars(select(NotificationSettings)).all()) == 1


def test_staff_see_the_events_of_a_contract_without_marks(
    app: Flask, make: Factory, session: Session, contract: Contract
) -> None:
    make.staff()
    tell(session, contract)
    page = PageClient(app)
    page.sign_in_staff()
    soup = page.get("events.index", contract_id=contract.id)
    assert len(soup.select("#events tbody a")) == 1
    assert not soup.select("form[action$='/events/read']")


def test_the_list_is_a_file_with_all_its_pages(
    owner: PageClient, session: Session, contract: Contract
) -> None:
    for key in range(30):
        tell(session, contract, key=str(key))
    url = owner.url("events.file", contract_id=contract.id, extension="csv", show="money")
    answer = owner.client.get(url)
    assert answer.text.count("Срок оплаты;") == 30
    url = owner.url("events.file", contract_id=contract.id, extension="xlsx")
    assert owner.client.get(url).data.startswith(b"PK")


def submitted(make: Factory, contract: Contract) -> SubmittedReading:
    """A reading that waits for a decision."""
    meter = make.meter(contract)
    register_id = make.reading(meter, "2026-10", "100").register_id
    account = make.session.scalars(select(Account)).first()
    assert account is not None
    receipt = ReadingReceipt(
        idempotency_key="k",
        contract_id=contract.id,
        account_id=account.id,
        submitted_at=NOW,
        address="192.0.2.1",
    )
    make.session.add(receipt)
    make.session.flush()
    row = SubmittedReading(
        submission_id="s",
        receipt_id=receipt.id,
        register_id=register_id,
        period=Month(2026, 11),
        taken_on=TODAY,
        value=Decimal(120),
        rolled_over=False,
        is_late=False,
        doubts=[],
        source="portal",
        status="sent",
    )
    make.session.add(row)
    make.commit()
    return row


@pytest.mark.parametrize("decision", ["accept", "reject"])
def test_a_decision_of_a_clerk_is_an_event(
    app: Flask,
    owner: PageClient,
    make: Factory,
    session: Session,
    contract: Contract,
    decision: str,
) -> None:

    row = submitted(make, contract)
    clerk = Clerk(make.staff().id, "Петрова", "p", StaffRole.OPERATOR, None)
    if decision == "accept":
        accept_readings(session, clerk, {row.id: "sent"}, set(), NOW)
        expected = "Приняты показания за ноябрь 2026: квитанция № 1, значений: 1"
    else:
        reject_readings(session, clerk, {row.id: "sent"}, "нет фото", NOW)
        expected = "Отклонено показание прибора № 12345678 за ноябрь 2026: нет фото"
    session.commit()
    assert sentences(owner, contract) == [expected]
    owner.open(owner.get("events.index", contract_id=contract.id).select_one("#events a")["href"])


def test_a_change_of_access_is_told_to_those_who_manage_people(
    app: Flask, owner: PageClient, make: Factory, session: Session, contract: Contract
) -> None:
    viewer = colleague(app, make, contract, Role.VIEWER)
    found = session.scalars(
        select(Membership).filter_by(contract_id=contract.id, role=Role.VIEWER)
    ).one()
    soup = owner.get("people.person", contract_id=contract.id, membership_id=found.id)
    owner.submit(soup, role="accountant")
    assert sentences(owner, contract) == ["Изменен доступ: viewer@example.org, бухгалтер"]
    assert sentences(viewer, contract) == []
    assert session.scalars(select(ContractEvent.kind)).all() == ["access"]
