"""«Мои договоры»: sums, search, groups, and one bank file for several contracts."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.domain.access import Role
from app.models import Account, BankDetails, Contract, ContractLabel
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PageClient

FIRST, SECOND, THIRD = "00123-ЭС", "00124-ЭС", "00125-ЭС"
ACCOUNT = "40702810900000000001"


@pytest.fixture
def account(make: Factory) -> Account:
    """Owes under the first contract, has nothing under the second, no money to see of the third."""
    make.supplier()
    make.import_run()
    first = make.contract(FIRST)
    account = make.account(first)
    make.charge(first, date(2026, 9, 30), "1200.50")
    make.membership(account, make.contract(SECOND), Role.ACCOUNTANT)
    third = make.contract(THIRD)
    make.charge(third, date(2026, 9, 30), "99999.00")
    make.reading(make.meter(third), "2026-09", "1000.00", source="portal")
    make.membership(account, third, Role.ENGINEER)
    make.commit()
    return account


@pytest.fixture
def person(app: Flask, account: Account) -> PageClient:
    page = PageClient(app)
    page.sign_in(FIRST)
    return page


def numbers(client: PageClient, **query: str) -> list[str]:
    soup = client.get("service.contract_choice", **query)
    return [link.text.split("№ ")[1] for link in soup.select("main th > a")]


def contract_of(session: Session, number: str) -> Contract:
    return session.query(Contract).filter_by(number=number).one()


def cells(page: PageClient, number: str) -> list[str]:
    soup = page.get("service.contract_choice")
    (row,) = [row for row in soup.select("tr") if row.th and number in row.th.text]
    return [" ".join(cell.text.split()) for cell in row.select("td")]


def test_each_contract_says_what_it_owes_and_whether_it_is_overdue(person: PageClient) -> None:
    assert cells(person, FIRST)[1:3] == ["долг 1 200,50 ₽", "1 200,50 ₽"]
    assert cells(person, SECOND)[1:3] == ["нет", "нет"]


def test_money_of_a_contract_is_hidden_from_an_engineer_and_not_in_the_totals(
    person: PageClient,
) -> None:
    assert cells(person, THIRD)[1:3] == ["не показываем", "не показываем"]
    assert "99 999" not in person.last.text
    assert "осталось передать: 1" in cells(person, THIRD)[4]
    soup = person.get("service.contract_choice")
    total = [cell.text for cell in soup.find("th", string="Всего").parent.select("td")]
    assert total == ["3", "1 200,50 ₽", "0,00 ₽", "1 200,50 ₽"]


def test_own_name_and_group_are_the_persons_own(
    app: Flask, person: PageClient, make: Factory, session: Session
) -> None:
    first = contract_of(session, FIRST)
    soup = person.get("together.label", contract_id=first.id)
    person.submit(soup, name="Магазин <b>на Лесной", group_name="Магазины")
    assert "Магазин <b>на Лесной" in person.get("service.contract_choice").text
    assert numbers(person, q="ЛЕСНОЙ") == [FIRST]
    assert numbers(person, group="Магазины") == [FIRST]
    other = make.account(make.contract("00777-ЭС"), email="other@example.org")
    make.membership(other, first, Role.VIEWER)
    make.commit()
    colleague = PageClient(app)
    colleague.sign_in("00777-ЭС")
    assert "Лесной" not in colleague.get("service.contract_choice").text
    soup = person.get("together.label", contract_id=first.id)
    person.submit(soup, name="", group_name="")
    assert session.query(ContractLabel).all() == []


def test_a_long_name_is_refused_and_stays_typed(person: PageClient, session: Session) -> None:
    first = contract_of(session, FIRST)
    soup = person.get("together.label", contract_id=first.id)
    person.submit(soup, 422, name="я" * 81, group_name="Магазины")
    refused = person.check_last()
    assert "до 80 знаков" in refused.select_one(".error").text
    assert refused.select_one("#group_name")["value"] == "Магазины"


def test_groups_have_sums_of_their_own(
    person: PageClient, session: Session, account: Account
) -> None:
    for number, group in ((FIRST, "Магазины"), (SECOND, "Склады")):
        contract_id = contract_of(session, number).id
        session.add(ContractLabel(account_id=account.id, contract_id=contract_id, group_name=group))
    session.commit()
    soup = person.get("service.contract_choice")
    table = soup.find("caption", string="Всего и по группам").parent
    assert [row.th.text for row in table.select("tbody tr")] == [
        "Магазины",
        "Склады",
        "Без группы",
        "Всего",
    ]


def test_only_overdue_and_search_find_and_say_when_there_is_nothing(person: PageClient) -> None:
    assert numbers(person, overdue="1") == [FIRST]
    assert numbers(person, q="124") == [SECOND]
    soup = person.get("service.contract_choice", q="нет такого")
    assert "По этим условиям договоров нет" in soup.text


def test_many_contracts_are_paged(person: PageClient, account: Account, make: Factory) -> None:
    for number in range(30):
        make.membership(account, make.contract(f"1{number:04d}-ЭС"), Role.OWNER)
    make.commit()
    assert len(numbers(person)) == 25
    assert len(numbers(person, page="2")) == 8


def test_one_file_pays_several_contracts(
    person: PageClient, make: Factory, account: Account, session: Session
) -> None:
    second = contract_of(session, SECOND)
    make.charge(second, date(2026, 9, 30), "10.00")
    for contract in (contract_of(session, FIRST), second):
        session.add(
            BankDetails(
                contract_id=contract.id,
                account=ACCOUNT,
                bic="044525225",
                bank_name="ПАО Сбербанк",
                corr_account="30101810400000000225",
                changed_by=account.id,
                changed_at=NOW,
            )
        )
    make.commit()
    ids = [contract_of(session, number).id for number in (FIRST, SECOND, THIRD)]
    query = "&".join(f"contract={key}" for key in ids)
    soup = person.open(f"/contracts/pay?{query}")
    assert "1 210,50 ₽" in soup.text
    assert THIRD not in soup.main.text
    answer = person.client.get(f"/contracts/pay/1c_to_kl.txt?{query}")
    text = answer.get_data().decode("cp1251")
    assert text.count("СекцияДокумент=Платежное поручение") == 2
    assert text.count(f"РасчСчет={ACCOUNT}\r\nДокумент") == 1
    assert "Номер=2" in text
    assert "99999" not in text


def test_paying_nothing_or_what_is_not_ones_own_is_told(person: PageClient, make: Factory) -> None:
    foreign = make.contract("00888-ЭС")
    make.charge(foreign, date(2026, 9, 30), "555.00")
    make.commit()
    assert "Отметьте договоры" in person.open("/contracts/pay").main.text
    for query in (f"?contract={foreign.id}", "?contract=x", f"?contract={10**30}"):
        soup = person.open(f"/contracts/pay{query}", 422)
        assert "Отметьте договоры" in soup.select_one("#error-summary").text
        assert "555" not in soup.main.text
        assert person.client.get(f"/contracts/pay/1c_to_kl.txt{query}").status_code == 422
