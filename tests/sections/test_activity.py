"""«Кто что делал»: what the people of a contract and the supplier's staff have done with it."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.domain.access import Role
from app.models import Account, AuditEvent, Contract, Membership
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PageClient

NUMBER, OTHER = "00123-ЭС", "00124-ЭС"
OWNER, BOOKKEEPER = "director@example.org", "buh@example.org"


@pytest.fixture
def contract(make: Factory, session: Session) -> Contract:
    """A contract with an owner, and a bookkeeper who has a firm of their own, too."""
    make.supplier()
    make.import_run()
    contract = make.contract(NUMBER)
    make.account(contract, email=OWNER)
    other = make.contract(OTHER, customer_id=make.customer(inn="7707083893").id)
    bookkeeper = make.account(other, email=BOOKKEEPER)
    make.membership(bookkeeper, contract, Role.ACCOUNTANT)
    session.execute(update(Membership).values(created_at=NOW - timedelta(days=30)))
    make.staff()
    make.commit()
    return contract


@pytest.fixture
def owner(app: Flask, contract: Contract) -> PageClient:
    page = PageClient(app)
    page.sign_in(NUMBER)
    return page


def rows(page: PageClient, contract: Contract, **query: str) -> list[list[str]]:
    soup = page.get("activity.index", contract_id=contract.id, **query)
    return [[cell.text.strip() for cell in row.select("td")] for row in soup.select("tbody tr")]


def add(session: Session, contract_id: int | None, action: str, **values: object) -> None:
    defaults = {
        "happened_at": NOW,
        "action": action,
        "actor_kind": "customer",
        "contract_id": contract_id,
        "subject": "contracts",
        "subject_key": NUMBER,
        "changes": {},
    }
    session.execute(insert(AuditEvent).values(**(defaults | values)))
    session.commit()


def account_id(session: Session, email: str) -> int:
    return session.scalars(select(Account.id).where(Account.email == email)).one()


def test_sign_ins_downloads_and_invitations_are_listed_with_who_did_them(
    app: Flask, owner: PageClient, contract: Contract
) -> None:
    accountant = PageClient(app)
    accountant.sign_in(OTHER)
    answer = accountant.client.get(f"/contracts/{contract.id}/payments/payments.xlsx")
    assert answer.status_code == 200
    form = owner.get("people.invite", contract_id=contract.id)
    owner.submit(form, person_name="Ирина Белова", email="new@example.org", role="engineer")
    found = rows(owner, contract)
    assert [row[:2] for row in found] == [
        [OWNER, "Отправлено приглашение"],
        [BOOKKEEPER, "Скачан файл"],
        [BOOKKEEPER, "Вход в кабинет"],
        [OWNER, "Вход в кабинет"],
        [OWNER, "Открыт кабинет"],
    ]
    assert found[0][2] == "new@example.org, энергетик"
    assert found[1][2] == "оплаты, XLSX"
    assert found[2][3] == "127.0.0.1"


def test_the_same_download_within_a_quarter_of_an_hour_is_one_row(
    owner: PageClient, contract: Contract
) -> None:
    for _ in range(3):
        owner.client.get(f"/contracts/{contract.id}/payments/payments.csv")
    assert len(rows(owner, contract, kind="files")) == 1


def test_what_the_staff_open_is_shown_without_name_and_address(
    app: Flask, owner: PageClient, contract: Contract
) -> None:
    staff = PageClient(app, "192.0.2.77")
    staff.sign_in_staff()
    staff.get("staff.customer", contract_id=contract.id)
    staff.get("settlements.index", contract_id=contract.id)
    found = rows(owner, contract, kind="supplier")
    assert [row[:3] for row in found] == [
        ["сотрудник поставщика", "Сотрудник поставщика открывал", "взаиморасчеты"],
        ["сотрудник поставщика", "Сотрудник поставщика открывал", "карточку договора"],
    ]
    assert "192.0.2.77" not in owner.last.text
    assert "operator" not in owner.last.text
    assert rows(owner, contract, who="supplier") == found


def test_nothing_of_before_the_present_customer_is_shown(
    owner: PageClient, contract: Contract, session: Session
) -> None:
    add(session, contract.id, "access.ended", happened_at=NOW - timedelta(days=2))
    assert "Доступ завершен" in str(rows(owner, contract))
    session.execute(
        update(Contract)
        .where(Contract.id == contract.id)
        .values(transferred_at=NOW - timedelta(days=1))
    )
    session.commit()
    assert "Доступ завершен" not in str(rows(owner, contract))


def test_sign_ins_count_only_while_the_person_had_access(
    app: Flask, owner: PageClient, contract: Contract, session: Session
) -> None:
    bookkeeper = account_id(session, BOOKKEEPER)
    for days in (40, 20, 2):
        moment = NOW - timedelta(days=days)
        add(session, None, "account.signed_in", account_id=bookkeeper, happened_at=moment)
    session.execute(
        update(Membership)
        .where(Membership.account_id == bookkeeper, Membership.contract_id == contract.id)
        .values(revoked_at=NOW - timedelta(days=10))
    )
    session.commit()
    assert len(rows(owner, contract, who=str(bookkeeper))) == 1


def test_what_a_bookkeeper_does_for_another_firm_is_not_shown(
    app: Flask, owner: PageClient, contract: Contract, session: Session
) -> None:
    other = session.scalars(select(Contract).where(Contract.number == OTHER)).one()
    bookkeeper = account_id(session, BOOKKEEPER)
    add(session, other.id, "readings.submitted", account_id=bookkeeper)
    assert rows(owner, contract, kind="changes") == []


@pytest.mark.parametrize("role", [Role.ACCOUNTANT, Role.ENGINEER, Role.VIEWER])
def test_only_owner_and_director_open_it(
    app: Flask, contract: Contract, session: Session, role: Role
) -> None:
    session.execute(
        update(Membership)
        .where(Membership.contract_id == contract.id, Membership.role != "owner")
        .values(role=role)
    )
    session.commit()
    page = PageClient(app)
    page.sign_in(OTHER)
    assert page.client.get(f"/contracts/{contract.id}/people/activity").status_code == 403


def test_long_lists_are_paged_there_and_back(
    owner: PageClient, contract: Contract, session: Session
) -> None:
    for number in range(70):
        moment = NOW - timedelta(minutes=number)
        add(session, contract.id, "names.changed", happened_at=moment)
    first = owner.get("activity.index", contract_id=contract.id)
    assert len(first.select("tbody tr")) == 50
    older = owner.open(first.select("nav.pager a")[0]["href"])
    assert len(older.select("tbody tr")) == 22
    newer = owner.open(older.select("nav.pager a")[0]["href"])
    assert len(newer.select("tbody tr")) == 50


def test_the_file_has_all_rows_and_no_formula(
    owner: PageClient, contract: Contract, session: Session
) -> None:
    session.execute(
        update(Account).where(Account.email == OWNER).values(person_name="=HYPERLINK(1)")
    )
    session.commit()
    answer = owner.client.get(f"/contracts/{contract.id}/people/activity/activity.csv")
    table = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig")), delimiter=";"))
    assert table[0] == ["Когда", "Кто", "Что", "Подробности", "Сеть"]
    assert table[1][1:3] == ["'=HYPERLINK(1)", "Вход в кабинет"]
    answer = owner.client.get(f"/contracts/{contract.id}/people/activity/activity.xlsx")
    assert answer.status_code == 200
    assert answer.get_data()[:2] == b"PK"


@pytest.mark.parametrize("query", [{"first": "кошка"}, {"who": "999"}, {"kind": "x"}])
def test_a_bad_query_is_told_and_shows_nothing(
    owner: PageClient, contract: Contract, query: dict[str, str]
) -> None:
    soup = owner.get("activity.index", 422, contract_id=contract.id, **query)
    assert soup.select_one("#error-summary")
    assert not soup.select("tbody")
