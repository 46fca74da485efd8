"""«Оплатить»: the sum follows what is ticked, and one order pays several invoices."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest

from app.domain.money import parse_roubles
from app.domain.period import Month
from app.models import Contract
from tests.domain.test_bank_order import read
from tests.factories import Factory
from tests.pages import PageClient


@pytest.fixture
def contract(make: Factory, page: PageClient) -> Contract:
    """Owes two invoices and late interest; a third invoice falls due later."""
    make.supplier()
    make.import_run()
    customer = make.customer(account="40702810900000000002", bic="047501002", bank_name="Банк")
    contract = make.contract(customer_id=customer.id)
    make.account(contract)
    for number, month in (("9", 9), ("10", 10)):
        make.charge(contract, date(2026, month, 28), "100.10")
        make.invoice(
            contract,
            date(2026, month, 18),
            "100.10",
            number=number,
            period=Month(2026, month),
            vat_rate=Decimal(22),
        )
    make.charge(contract, date(2026, 10, 25), "33.00", kind="late_interest", doc_number="П-1")
    make.invoice(contract, date(2026, 12, 18), "500.00", number="12", period=Month(2026, 11))
    make.commit()
    page.sign_in(contract.number)
    return contract


def ticked(soup) -> list[str]:
    return [box["value"] for box in soup.select("input[name=item][checked]")]


def sum_of(soup) -> Decimal:
    return parse_roubles(soup.select_one("#chosen b").text.removesuffix("₽").strip())


def test_the_sum_follows_what_is_ticked_with_htmx_and_without(
    page: PageClient, contract: Contract
) -> None:
    soup = page.get("pay.index", contract_id=contract.id)
    form = soup.select_one("form:has(.payables)")
    *due, _ = codes = [box["value"] for box in soup.select("input[name=item]")]
    assert len(codes) == 4
    assert sum_of(soup) == sum(map(amount_in, soup.select("tbody tr:has([checked])")))
    fewer = {"contract_id": contract.id, "item": due[:1]}
    swapped = page.fragment("pay.chosen", **fewer)
    assert form["data-hx-get"].endswith("/pay/chosen")
    assert (form["data-hx-target"], swapped.select_one("p")["id"]) == ("#chosen", "chosen")
    assert swapped.select_one("p")["role"] == "status"
    button = soup.select_one("noscript button")
    assert button.text == "Пересчитать"
    whole = page.open(f"{button['formaction']}?item={due[0]}")
    assert ticked(whole) == due[:1]
    assert sum_of(whole) == sum_of(swapped) == amount_in(whole.select_one("tr:has([checked])"))
    nothing = page.fragment("pay.chosen", contract_id=contract.id)
    assert nothing.select_one("#chosen").text.strip() == "Ничего не отмечено"


def amount_in(row) -> Decimal:
    return parse_roubles(row.select_one("td.r").text)


def test_one_order_pays_all_invoices_that_are_ticked_and_late_interest_is_another(
    page: PageClient, contract: Contract
) -> None:
    soup = page.get("pay.index", contract_id=contract.id)
    button = soup.find("button", string="Одним поручением")
    query = "&".join(f"item={code}" for code in ticked(soup))
    action = soup.select_one("form:has(.payables)")["action"]
    answer = page.client.get(f"{action}?{query}&{button['name']}={button['value']}")
    _, orders = read(answer.data)
    assert [order["Сумма"] for order in orders] == ["700.20", "33.00"]
    assert orders[0]["НазначениеПлатежа"].startswith(
        "Оплата за электроэнергию по договору № 00123-ЭС от 01.02.2020, счета № 9, 10, 12, "
        "за 09.2026-11.2026, в т.ч. НДС"
    )
    assert "пени" in orders[1]["НазначениеПлатежа"]


def test_requisites_and_a_code_pay_everything_ticked_at_once(
    page: PageClient, contract: Contract
) -> None:
    soup = page.get("pay.index", contract_id=contract.id)
    codes = [code for code in ticked(soup) if not code.startswith("rest")]
    together = page.get("pay.together", contract_id=contract.id, item=codes)
    text = " ".join(together.select_one("#results").get_text(" ").split())
    assert "К оплате 700,20 ₽ : 9, 10, 12" in text
    assert "Пени 33,00 ₽ оплачиваются отдельно" in text
    assert together.select_one("[data-copy='700.20']")
    answer = page.client.get(together.find("a", string=re.compile("Платежное поручение"))["href"])
    assert [order["Сумма"] for order in read(answer.data)[1]] == ["700.20", "33.00"]
    back = page.open(together.find("a", string="Изменить, что оплатить")["href"])
    assert ticked(back) == codes


def test_nothing_ticked_is_told_and_what_is_not_to_be_paid_is_not_paid(
    page: PageClient, contract: Contract
) -> None:
    for items in ([], ["invoice-999"]):
        soup = page.get("pay.together", 422, contract_id=contract.id, item=items)
        assert soup.select_one("#error-summary")
    soup = page.get("pay.chosen", contract_id=contract.id, item=["invoice-999"])
    assert ticked(soup) == []
