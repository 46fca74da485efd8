"""«Взаиморасчеты» as a person meets it."""

from __future__ import annotations

from datetime import date

import pytest
from bs4 import BeautifulSoup

from app.models import Contract
from tests.factories import Factory
from tests.pages import PageClient


@pytest.fixture
def contract(make: Factory, page: PageClient) -> Contract:
    """A contract with a charge, a payment, a correction; its owner is signed in."""
    make.supplier()
    make.import_run()
    contract = make.contract()
    make.account(contract)
    make.charge(contract, date(2026, 1, 31), "1200.50", doc_number="ЭС-1")
    make.payment(contract, date(2026, 3, 5), "200.00", purpose="=cmd|' /C calc'!A0")
    make.charge(contract, date(2026, 3, 20), "-0.50", kind="correction", doc_number="К-1")
    make.commit()
    page.sign_in("00123-ЭС")
    return contract


def cells(soup: BeautifulSoup, selector: str) -> list[str]:
    return [cell.text.strip() for cell in soup.select(selector)]


def test_the_sheet_has_no_gaps_and_ends_with_totals(page: PageClient, contract: Contract) -> None:
    soup = page.get("settlements.index", contract_id=contract.id, first="2026-01", last="2026-03")
    months = ["Март 2026", "Февраль 2026", "Январь 2026"]
    assert cells(soup, "table.sheet tbody th") == months
    assert cells(soup, "table.sheet tbody .closing-debit") == ["1 000,00", "1 200,50", "1 200,50"]
    assert cells(soup, "table.sheet tfoot .debit") == ["1 200,00"]
    assert cells(soup, "table.sheet tfoot .credit") == ["200,00"]
    assert cells(soup, "table.sheet tfoot .closing-debit") == ["1 000,00"]


def test_an_overpayment_stands_on_its_own_side_without_a_sign(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    make.payment(contract, date(2026, 4, 1), "1500.00")
    make.commit()
    soup = page.get("settlements.index", contract_id=contract.id, first="2026-04", last="2026-04")
    assert cells(soup, "table.sheet tbody .closing-debit") == [""]
    assert cells(soup, "table.sheet tbody .closing-credit") == ["500,00"]
    assert "500,00 Кт" in soup.text


def test_the_last_twelve_months_are_shown_at_first(page: PageClient, contract: Contract) -> None:
    soup = page.get("settlements.index", contract_id=contract.id)
    assert soup.select_one("#first")["value"] == "2025-12-01"
    assert soup.select_one("#last")["value"] == "2026-11-30"
    assert soup.select_one(".presets [aria-current]").text == "12 месяцев"
    assert len(soup.select("table.sheet tbody tr")) == 12
    assert "Данные на 21.11.2026, 06:00" in soup.select_one("[role=status]").text


def test_a_period_has_its_own_address_and_every_preset_opens(
    page: PageClient, contract: Contract
) -> None:
    soup = page.get("settlements.index", contract_id=contract.id)
    for link in soup.select(".presets a"):
        shown = page.open(link["href"])
        assert shown.select_one(".presets [aria-current]").text == link.text


def test_a_fragment_is_the_block_alone_and_says_what_it_shows(
    page: PageClient, contract: Contract
) -> None:
    soup = page.fragment(
        "settlements.index", contract_id=contract.id, first="2026-01", last="2026-02"
    )
    assert "2 месяца" in soup.select_one("[role=status]").text
    assert soup.select_one("#results form.filter")
    assert not soup.select("h1, nav.nav, footer")
    assert "HX-Request-Type" in page.last.headers["Vary"]


@pytest.mark.parametrize(
    ("first", "last", "stored", "message"),
    [
        ("2026-03-01", "2026-01-31", "2026-01-31", "раньше даты"),
        ("2025-02-30", "2026-01-31", "2025-02-30", "нужна дата"),
        ("1999-01-01", "2026-01-31", "1999-01-01", "Годы с 2000"),
        ("2010-01-01", "2026-01-31", "2010-01-01", "Период длиннее"),
    ],
)
def test_a_wrong_period_gets_a_message_and_keeps_what_was_typed(
    page: PageClient, contract: Contract, first: str, last: str, stored: str, message: str
) -> None:
    soup = page.get("settlements.index", 422, contract_id=contract.id, first=first, last=last)
    assert soup.title.text.startswith("Ошибка")
    assert stored in [field["value"] for field in soup.select("#first, #last")]
    (error,) = soup.select("#error-summary a")
    assert message in error.text
    field = soup.select_one(error["href"])
    assert field["aria-invalid"] == "true"
    assert message in soup.select_one("#" + field["aria-describedby"]).text
    assert not soup.select("table")


def test_an_empty_period_says_so(page: PageClient, contract: Contract) -> None:
    soup = page.get("settlements.index", contract_id=contract.id, first="2020-05", last="2020-05")
    assert "За май 2020 года операций нет" in soup.select_one(".empty").text


def test_long_operations_are_paged_and_the_totals_stay_whole(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    for number in range(60):
        make.payment(contract, date(2026, 5, 1 + number % 28), "1.00")
    make.commit()
    query = {"contract_id": contract.id, "first": "2026-05", "last": "2026-05"}
    numbers = []
    for number in (1, 2, 3):
        soup = page.get("settlements.index", **query, page=number)
        assert cells(soup, "table.sheet tfoot .credit") == ["60,00"]
        numbers += cells(soup, "table.operations tbody td:nth-of-type(1)")
    assert len(numbers) == len(set(numbers)) == 60
    beyond = page.get("settlements.index", **query, page=99)
    assert "1–25 из 60" in beyond.text


def test_the_statement_button_leads_to_the_statement_of_the_typed_period(
    page: PageClient, contract: Contract
) -> None:
    query = {"contract_id": contract.id, "first": "2026-01-15", "last": "2026-03-10"}
    url = page.url("settlements.index", **query, open="statement")
    expected = page.url("settlements.statement", **query)
    assert page.client.get(url).location == expected
    partial = page.client.get(url, headers={"HX-Request-Type": "partial"})
    assert (partial.status_code, partial.headers["HX-Redirect"]) == (204, expected)


def test_the_statement_names_both_sides_and_says_it_is_no_act(
    page: PageClient, contract: Contract
) -> None:
    soup = page.get(
        "settlements.statement", contract_id=contract.id, first="2026-01", last="2026-03"
    )
    text = soup.select_one("main").text
    for phrase in (
        "Акционерное общество «Пример-Энерго»",
        "ИНН 7415000018, КПП 741501001",
        "№ 00123-ЭС от 01.02.2020",
        "с 01.01.2026 по 31.03.2026",
        "00123-ЭС/20261121-120000",
        "Данные на 21.11.2026, 06:00",
        "задолженность потребителя: одна тысяча рублей 00 копеек",
        "не является актом сверки",
    ):
        assert phrase in text
    assert cells(soup, "td.opening") == ["0,00"]
    assert cells(soup, "td.closing") == ["1 000,00 Дт"]


def test_a_statement_longer_than_the_limit_asks_for_a_shorter_period(
    make_app, session, make: Factory
) -> None:
    contract = make.contract()
    make.account(contract)
    for day in (1, 2, 3):
        make.payment(contract, date(2026, 5, day), "1.00")
    make.commit()
    page = PageClient(make_app(statement_max_rows=2))
    page.sign_in("00123")
    soup = page.get("settlements.statement", 422, contract_id=contract.id)
    assert "За этот период 3 строки. На странице помещается до 2" in (
        soup.select_one("#too-long").text
    )
    page.get("settlements.statement_file", 422, contract_id=contract.id, extension="pdf")


def test_a_difference_with_billing_is_said_on_the_page(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    make.balance(contract, "2026-01", "0.00", "1000.00")
    make.commit()
    soup = page.get("settlements.index", contract_id=contract.id, first="2026-01", last="2026-01")
    assert "Задолженность 1 200,50 ₽" in soup.select_one(".note.warn").text
    assert "Задолженность 1 000,00 ₽" in soup.select_one(".note.warn").text
