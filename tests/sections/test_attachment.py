"""«Добавить договор»: number, ИНН and proof attach a contract to the account that is signed in."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.access import Role
from app.models import (
    Account,
    AuditEvent,
    Contract,
    ContractTransfer,
    Customer,
    Membership,
    Registration,
)
from tests.conftest import NOW
from tests.factories import Factory
from tests.outbox import Outbox, part
from tests.pages import PageClient

FIRST, SECOND, THIRD, FOREIGN = "00123-ЭС", "00124-ЭС", "00125-ЭС", "00777-ЭС"
OTHER_INN = "7707083893"
EMAIL = "director@example.org"


@pytest.fixture
def first(make: Factory) -> Contract:
    """The contract of the account; its address is not the one that billing has."""
    make.supplier()
    contract = make.contract(FIRST)
    make.account(contract, email=EMAIL)
    make.commit()
    return contract


@pytest.fixture
def foreign(make: Factory, first: Contract) -> Contract:
    """A contract of another firm, with a document, that nobody has opened."""
    customer = make.customer(inn=OTHER_INN, email_from_billing="firm@example.org")
    contract = make.contract(FOREIGN, customer_id=customer.id)
    make.charge(contract, date(2026, 10, 31), "12345.67")
    make.commit()
    return contract


@pytest.fixture
def person(app: Flask, first: Contract) -> PageClient:
    page = PageClient(app)
    page.sign_in(FIRST)
    return page


def attach(page: PageClient, number: str, inn: str, status: int = 303) -> str:
    soup = page.get("attachment.index")
    page.submit(soup, status, number=number, inn=inn)
    return page.last.location or ""


def inn_of(session: Session, contract: Contract) -> str:
    return session.get_one(Customer, contract.customer_id).inn


def owned(session: Session) -> list[str]:
    session.expire_all()
    return sorted(
        session.scalars(
            select(Contract.number)
            .join(Membership, Membership.contract_id == Contract.id)
            .join(Account, Account.id == Membership.account_id)
            .where(
                Account.email == EMAIL,
                Membership.role == Role.OWNER,
                Membership.revoked_at.is_(None),
            )
        )
    )


def test_a_contract_of_another_firm_asks_for_the_total_of_its_document(
    person: PageClient, foreign: Contract, session: Session
) -> None:
    soup = person.open(attach(person, FOREIGN, OTHER_INN))
    assert soup.h1.text == "Подтвердите право на договор"
    assert "12 345,67" not in soup.main.text.replace("Например, 12 345,67", "")
    person.submit(soup, 422, amount="12345,68")
    assert "Осталось попыток: 2" in person.check_last().text
    assert owned(session) == [FIRST]
    person.submit(soup, amount="12345,67")
    assert owned(session) == [FIRST, FOREIGN]
    person.get("home.index", contract_id=foreign.id)
    assert session.scalars(
        select(AuditEvent.action).where(AuditEvent.action == "account.contract_attached")
    ).one()


def test_until_the_right_is_proved_the_contract_is_not_there(
    person: PageClient, foreign: Contract
) -> None:
    attach(person, FOREIGN, OTHER_INN)
    assert person.client.get(f"/contracts/{foreign.id}/").status_code == 404


def test_the_number_of_the_contract_signs_in_with_the_same_password(
    app: Flask, person: PageClient, foreign: Contract
) -> None:
    person.submit(person.open(attach(person, FOREIGN, OTHER_INN)), amount="12345,67")
    assert PageClient(app).sign_in(FOREIGN).location


def test_a_confirmed_contact_on_record_needs_no_document(
    person: PageClient, foreign: Contract, session: Session
) -> None:
    session.execute(
        update(Customer).where(Customer.inn == OTHER_INN).values(email_from_billing=EMAIL)
    )
    session.commit()
    attach(person, FOREIGN, OTHER_INN)
    assert owned(session) == [FIRST, FOREIGN]


def test_other_contracts_of_the_same_inn_are_attached_with_one_confirmation(
    person: PageClient, first: Contract, make: Factory, session: Session
) -> None:
    for number in (SECOND, THIRD, "00126-ЭС"):
        make.contract(number, customer_id=first.customer_id)
    make.commit()
    page = person.open(attach(person, SECOND, inn_of(session, first)))
    assert page.h1.text == "Другие договоры с вашим ИНН"
    assert [box.parent.text.strip()[:10] for box in page.select("input[type=checkbox]")] == [
        "№ 00125-ЭС",
        "№ 00126-ЭС",
    ]
    ids = [box["value"] for box in page.select("input[type=checkbox]")]
    token = page.select_one("[name=csrf_token]")["value"]
    answer = person.client.post(
        "/contracts/attach/others", data={"csrf_token": token, "contracts": ids}
    )
    assert answer.status_code == 303
    assert owned(session) == [FIRST, SECOND, THIRD, "00126-ЭС"]


def test_contracts_of_another_inn_or_with_an_owner_are_not_offered_nor_attached(
    person: PageClient, first: Contract, foreign: Contract, make: Factory, session: Session
) -> None:
    with_owner = make.contract(SECOND, customer_id=first.customer_id)
    make.account(with_owner, email="other@example.org")
    free = make.contract(THIRD, customer_id=first.customer_id)
    make.commit()
    page = person.get("attachment.others")
    assert [box["value"] for box in page.select("input[type=checkbox]")] == [str(free.id)]
    token = page.select_one("[name=csrf_token]")["value"]
    ids = [str(foreign.id), str(with_owner.id)]
    data = {"csrf_token": token, "contracts": ids}
    person.client.post("/contracts/attach/others", data=data)
    assert owned(session) == [FIRST]


def test_a_director_who_took_an_owners_place_is_offered_nothing(
    app: Flask, first: Contract, make: Factory, session: Session
) -> None:
    free = make.contract(SECOND, customer_id=first.customer_id)
    session.execute(
        update(Membership).values(
            invited_by_id=select(Membership.account_id).limit(1).scalar_subquery()
        )
    )
    make.commit()
    page = PageClient(app)
    page.sign_in(FIRST)
    assert not page.get("attachment.others").select("input[type=checkbox]")
    soup = page.open(attach(page, SECOND, inn_of(session, first)))
    assert soup.h1.text == "Подтвердите право на договор"
    assert free.number not in owned(session)


@pytest.mark.parametrize("case", ["unknown", "wrong inn", "owned", "undecided owner"])
def test_what_cannot_be_attached_is_answered_alike(
    person: PageClient, foreign: Contract, make: Factory, session: Session, case: str
) -> None:
    number, inn = FOREIGN, OTHER_INN
    if case == "unknown":
        number = "99999-ЭС"
    elif case == "wrong inn":
        inn = "7728168971"
    else:
        account = make.account(foreign, email="owner@example.org")
        if case == "undecided owner":
            customer = session.get_one(Customer, foreign.customer_id)
            sides = {
                f"{side}_{name}": getattr(customer, column)
                for side in ("former", "new")
                for name, column in (
                    ("customer_id", "id"),
                    ("external_id", "external_id"),
                    ("name", "full_name"),
                    ("inn", "inn"),
                )
            }
            transfer = ContractTransfer(
                contract_id=foreign.id,
                import_run_id=make.import_run().id,
                detected_at=NOW,
                file="contracts.csv",
                line=2,
                **sides,
            )
            session.add(transfer)
            session.flush()
            session.execute(
                update(Membership)
                .where(Membership.account_id == account.id)
                .values(suspended_by_id=transfer.id)
            )
        make.commit()
    attach(person, number, inn, 422)
    page = person.check_last()
    assert "не найден, или кабинет по нему уже открыт" in page.main.text
    assert "Запросить доступ у владельца" in page.main.text
    assert not session.scalars(select(Registration)).all()


def test_a_contract_that_one_has_is_said_to_be_there(
    person: PageClient, first: Contract, session: Session
) -> None:
    attach(person, FIRST, inn_of(session, first), 409)
    assert "уже есть в вашем кабинете" in person.check_last().main.text


def test_somebody_elses_proof_page_is_not_found(
    app: Flask, person: PageClient, foreign: Contract, make: Factory
) -> None:
    url = attach(person, FOREIGN, OTHER_INN)
    make.account(make.contract("00555-ЭС"), email="c@example.org")
    make.commit()
    other = PageClient(app)
    other.sign_in("00555-ЭС")
    assert other.client.get(url).status_code == 404


def test_those_on_record_are_told_and_stop_it_without_closing_the_account(
    app: Flask,
    person: PageClient,
    foreign: Contract,
    make: Factory,
    outbox: Outbox,
    session: Session,
) -> None:
    also = make.contract("00778-ЭС", customer_id=foreign.customer_id)
    make.commit()
    person.submit(person.open(attach(person, FOREIGN, OTHER_INN)), amount="12345,67")
    page = person.get("attachment.others")
    data = {"csrf_token": page.select_one("[name=csrf_token]")["value"], "contracts": [also.id]}
    person.client.post("/contracts/attach/others", data=data)
    assert owned(session) == [FIRST, FOREIGN, "00778-ЭС"]
    first_message, last_message = outbox.emails("firm@example.org")
    assert "Это не я" in part(first_message, "plain")
    assert "00778-ЭС" in part(last_message, "plain")
    stranger = PageClient(app)
    link = part(first_message, "plain").split("http://localhost")[1].split()[0]
    stranger.submit(stranger.open(link), 200)
    assert owned(session) == [FIRST]
    person.get("attachment.index")


def test_a_clerk_attaches_what_waits(
    app: Flask, person: PageClient, foreign: Contract, make: Factory, session: Session
) -> None:
    attach(person, FOREIGN, OTHER_INN)
    make.staff()
    make.commit()
    staff = PageClient(app)
    staff.sign_in_staff()
    waiting = session.scalars(select(Registration)).one()
    page = staff.get("staff.registration", registration_id=waiting.id)
    staff.submit(page, 303, f"/staff/registrations/{waiting.id}/approve")
    assert owned(session) == [FIRST, FOREIGN]
    assert len(session.scalars(select(Account)).all()) == 1


def test_attempts_begun_anew_have_no_more_tries(person: PageClient, foreign: Contract) -> None:
    soup = person.open(attach(person, FOREIGN, OTHER_INN))
    for amount in ("1,00", "2,00", "3,00"):
        person.submit(soup, 422, amount=amount)
    again = person.open(attach(person, FOREIGN, OTHER_INN))
    assert not again.select("#amount")


def test_an_accountant_who_attaches_the_contract_owns_it_once(
    person: PageClient, foreign: Contract, make: Factory, session: Session
) -> None:
    account = session.scalars(select(Account)).one()
    make.membership(account, foreign, Role.ACCOUNTANT)
    make.commit()
    person.submit(person.open(attach(person, FOREIGN, OTHER_INN)), amount="12345,67")
    rows = session.scalars(
        select(Membership).where(
            Membership.contract_id == foreign.id, Membership.revoked_at.is_(None)
        )
    ).all()
    assert [row.role for row in rows] == [Role.OWNER]
    assert rows[0].created_at == NOW
