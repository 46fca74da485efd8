"""«Главная»: the answer first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest

from app.domain.access import Role
from app.domain.period import Month
from app.models import Contract, Meter, SupplyPoint
from tests.factories import Factory
from tests.pages import PageClient

AdvanceClock = Callable[..., datetime]


@pytest.fixture
def contract(make: Factory) -> Contract:
    make.supplier()
    make.import_run()
    contract = make.contract()
    make.account(contract)
    make.commit()
    return contract


@pytest.mark.parametrize(
    ("charged", "paid", "phrase"),
    [
        ("100.00", "40.00", "Задолженность 60,00 ₽"),
        ("40.00", "100.00", "Переплата 60,00 ₽"),
        ("100.00", "100.00", "Расчеты закрыты 0,00 ₽"),
    ],
)
def test_the_balance_is_said_in_words(
    page: PageClient, make: Factory, contract: Contract, charged: str, paid: str, phrase: str
) -> None:
    make.charge(contract, date(2026, 10, 31), charged)
    make.payment(contract, date(2026, 11, 2), paid)
    make.commit()
    page.sign_in("00123")
    soup = page.get("home.index", contract_id=contract.id)
    assert " ".join(soup.select_one(".balance").text.split()) == phrase
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
    assert "Событий еще нет" in text
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
    assert [link.text for link in soup.select("main th > a")] == ["№ 00123-ЭС", "№ 00124-ЭС"]
    assert "сменить договор" in page.get("home.index", contract_id=contract.id).text


def read_meter(make: Factory, contract: Contract, serial: str) -> Meter:
    """A meter that was read in September."""
    meter = make.meter(contract, serial)
    make.reading(meter, "2026-09", "1000.00", source="portal")
    return meter


def mkd_meter(make: Factory, contract: Contract, serial: str = "55") -> Meter:
    meter = read_meter(make, contract, serial)
    make.session.get_one(SupplyPoint, meter.supply_point_id).reading_regime = "mkd"
    return meter


def readings_card(page: PageClient, contract: Contract) -> str:
    soup = page.get("home.index", contract_id=contract.id)
    return " ".join(soup.select_one(".windows").get_text(" ").split())


@pytest.mark.parametrize(
    ("day", "month_end", "mkd"),
    [
        (
            21,
            "Осталось передать: 1 прибор, до конца 01.12.2026",
            "с 23.11.2026 по 26.11.2026",
        ),
        (24, "Осталось передать: 1 прибор, до конца 01.12.2026", "1 прибор, до конца 26.11.2026"),
        (
            27,
            "Осталось передать: 1 прибор, до конца 01.12.2026",
            "с 23.12.2026 по 26.12.2026",
        ),
    ],
)
def test_home_names_the_windows_of_both_regimes_of_a_contract(
    page: PageClient,
    make: Factory,
    contract: Contract,
    advance_clock: AdvanceClock,
    day: int,
    month_end: str,
    mkd: str,
) -> None:
    read_meter(make, contract, "44")
    mkd_meter(make, contract)
    make.commit()
    advance_clock(days=day - 21)
    page.sign_in("00123")
    card = readings_card(page, contract)
    assert f"На конец месяца{', ноябрь 2026' if day == 27 else ''}" in card
    assert month_end in card.replace("прибор ,", "прибор,")
    assert "Нежилые помещения в МКД" in card
    assert mkd in card.replace("прибор ,", "прибор,")
    text = page.get("readings.index", contract_id=contract.id).select_one("main").text
    text = " ".join(text.split())
    assert "до конца 1 декабря" in text
    assert ("до конца 26 ноября — 1" if day == 24 else "Нежилые помещения в МКД. Прием") in text


def test_the_window_of_one_regime_needs_no_name(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    mkd_meter(make, contract)
    make.commit()
    page.sign_in("00123")
    assert readings_card(page, contract) == (
        "Показания за ноябрь 2026 Прием с 23.11.2026 по 26.11.2026 включительно. Все приборы"
    )


def test_home_says_that_all_readings_are_sent_when_billing_has_them(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    make.reading(make.meter(contract), "2026-11", "1110.00", source="portal")
    make.commit()
    page.sign_in("00123")
    assert "Показания за ноябрь 2026 Все переданы" in readings_card(page, contract)
