"""«Главная»: the answer first."""

from __future__ import annotations

from datetime import date

import pytest

from app.domain.access import Role
from app.domain.period import Month
from app.models import Contract
from tests.factories import Factory
from tests.pages import PageClient


@pytest.fixture
def contract(make: Factory) -> Contract:
    make.supplier()
    make.import_run()
    contract = make.contract()
    make.account(contract)
    make.commit()
    return contract


@pytest.mark.parametrize(
    ("charged", "paid", "words"),
    [
        ("100.00", "40.00", "Задолженность 60,00 ₽"),
        ("40.00", "100.00", "Переплата 60,00 ₽"),
        ("100.00", "100.00", "Расчеты закрыты 0,00 ₽"),
    ],
)
def test_the_balance_is_said_in_words(
    page: PageClient, make: Factory, contract: Contract, charged: str, paid: str, words: str
) -> None:
    make.charge(contract, date(2026, 10, 31), charged)
    make.payment(contract, date(2026, 11, 2), paid)
    make.commit()
    page.sign_in("00123")
    soup = page.get("home.index", contract_id=contract.id)
    assert " ".join(soup.select_one(".balance").text.split()) == words
    assert "−" not in soup.select_one(".balance").text


def test_the_overdue_part_its_age_and_the_next_date_stand_beside_it(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    make.charge(contract, date(2026, 9, 30), "100.00")
    make.charge(contract, date(2026, 10, 31), "300.00")
    make.invoice(contract, date(2026, 10, 18), "100.00", period=Month.parse("2026-09"))
    make.invoice(contract, date(2026, 12, 18), "300.00", period=Month.parse("2026-10"), number="№7")
    make.commit()
    page.sign_in("00123")
    text = page.get("home.index", contract_id=contract.id).select_one("main").text
    assert "Из них просрочено 100,00 ₽ — 34 дня" in text
    assert "Оплатить до 18.12.2026" in text
    assert "по счету №7" in text
    assert "Данные на 21.11.2026, 06:00" in text


def test_a_contract_without_data_says_what_would_be_here(
    page: PageClient, contract: Contract
) -> None:
    page.sign_in("00123")
    text = page.get("home.index", contract_id=contract.id).text
    assert "Начислений еще не было" in text
    assert "Оплат еще не было" in text
    assert "точек поставки по этому договору нет" in text


def test_meters_and_points_stand_in_short(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    make.meter(contract, "30268760")
    make.commit()
    page.sign_in("00123")
    assert "№ 30268760" in page.get("home.index", contract_id=contract.id).text


def test_an_account_with_several_contracts_chooses(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    account = make.account(make.contract("00124-ЭС"))
    make.membership(account, contract, Role.VIEWER)
    make.commit()
    page.sign_in("00124")
    soup = page.get("service.contract_choice")
    assert [link.text for link in soup.select("main li a")] == [
        "№ 00123-ЭС от 01.02.2020",
        "№ 00124-ЭС от 01.02.2020",
    ]
    assert "сменить договор" in page.get("home.index", contract_id=contract.id).text
