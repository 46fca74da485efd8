"""Statements of several contracts come as one archive, made by the worker."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.access import Role
from app.extensions import db
from app.jobs import prepared_files
from app.models import Account, Contract, Membership, PreparedFile
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PageClient

FIRST, SECOND, THIRD = "00123-ЭС", "00124-ЭС", "00125-ЭС"
PERIOD = {"first": "2026-08-01", "last": "2026-11-30"}


@pytest.fixture
def account(make: Factory) -> Account:
    """Sees money of two contracts, and not that of a third."""
    make.supplier()
    make.import_run()
    first = make.contract(FIRST)
    account = make.account(first)
    make.charge(first, date(2026, 9, 30), "1200.50")
    second = make.contract(SECOND)
    make.charge(second, date(2026, 10, 31), "77.00")
    make.membership(account, second, Role.ACCOUNTANT)
    make.membership(account, make.contract(THIRD), Role.ENGINEER)
    make.commit()
    return account


@pytest.fixture
def person(app: Flask, account: Account) -> PageClient:
    page = PageClient(app)
    page.sign_in(FIRST)
    return page


def order(person: PageClient, session: Session, status: int = 303, **fields: str) -> str:
    """Order an archive of all contracts there are, and have the worker make it."""
    ids = session.scalars(select(Contract.id)).all()
    query = "&".join(f"contract={key}" for key in ids)
    soup = person.open(f"/contracts/statements?{query}")
    token = soup.select_one("[name=csrf_token]")["value"]
    typed = {"document": "settlements", "format": "csv"} | PERIOD | fields
    data = typed | {"csrf_token": token, "contract": [str(key) for key in ids]}
    person.last = person.client.post("/contracts/statements", data=data)
    assert person.last.status_code == status, person.last.text[:500]
    with person.app.app_context():
        prepared_files.make_waiting()
        db.session.remove()
    return person.last.location or ""


def test_each_contract_whose_money_one_sees_is_a_file_of_the_archive(
    person: PageClient, session: Session
) -> None:
    url = order(person, session)
    page = person.open(url)
    assert "2 договора" in page.text
    answer = person.client.get(f"{url}/download")
    assert answer.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.get_data())) as archive:
        names = archive.namelist()
        assert [name.split()[3] for name in names] == [FIRST, SECOND]
        assert "1200,50" in archive.read(names[0]).decode("utf-8-sig")


def test_an_archive_with_a_contract_that_one_has_lost_is_not_found(
    person: PageClient, session: Session
) -> None:
    url = order(person, session)
    second = session.scalars(select(Contract.id).where(Contract.number == SECOND)).one()
    session.execute(
        update(Membership).where(Membership.contract_id == second).values(revoked_at=NOW)
    )
    session.commit()
    assert person.client.get(f"{url}/download").status_code == 404


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"first": "кошка"}, "нужна дата"),
        ({"document": "x"}, "вид справки"),
        ({"format": "exe"}, "формат"),
    ],
)
def test_a_wrong_order_is_told_and_nothing_is_made(
    person: PageClient, session: Session, fields: dict[str, str], text: str
) -> None:
    order(person, session, 422, **fields)
    assert text in person.check_last().select_one("#error-summary").text
    assert session.scalars(select(PreparedFile)).all() == []


def test_contracts_of_others_are_no_part_of_it(
    person: PageClient, make: Factory, session: Session
) -> None:
    foreign = make.contract("00888-ЭС")
    make.commit()
    person.open(f"/contracts/statements?contract={foreign.id}", 422)
    url = order(person, session)
    with zipfile.ZipFile(io.BytesIO(person.client.get(f"{url}/download").get_data())) as archive:
        assert not [name for name in archive.namelist() if "00888" in name]
