"""«Счета»: what is asked for, what is paid of it, and how to pay."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from app.domain.period import Month
from app.models import Contract
from tests.domain.test_bank_order import read
from tests.factories import Factory
from tests.pages import PageClient


@pytest.fixture
def contract(make: Factory, page: PageClient) -> Contract:
    make.supplier()
    make.import_run()
    customer = make.customer(account="40702810900000000002", bic="047501002", bank_name="Банк")
    contract = make.contract(customer_id=customer.id)
    make.account(contract)
    make.invoice(contract, date(2026, 9, 18), "1000.00", number="9")
    make.invoice(contract, date(2026, 10, 18), "1000.00", number="10")
    make.invoice(contract, date(2026, 11, 21), "1000.00", number="11", vat_rate=Decimal(22))
    make.invoice(contract, date(2026, 12, 18), "500.00", number="12")
    make.payment(contract, date(2026, 10, 1), "1300.00")
    make.invoice(make.contract("00999-ЭС"), date(2026, 11, 21), "7.00", number="чужой")
    make.commit()
    page.sign_in(contract.number)
    return contract


def statuses(soup) -> list[tuple[str, str, str]]:
    return [
        (row.a.text, row.select_one(".unpaid").text, " ".join(row.select("td")[-1].text.split()))
        for row in soup.select("tbody tr")
    ]


def test_each_invoice_says_how_it_stands(page: PageClient, contract: Contract) -> None:
    soup = page.get("invoices.index", contract_id=contract.id)
    assert statuses(soup) == [
        ("№ 12", "500,00", "Не оплачен"),
        ("№ 11", "1 000,00", "Не оплачен"),
        ("№ 10", "700,00", "Просрочен на 34 дня, оплачен частично"),
        ("№ 9", "0,00", "Оплачен"),
    ]
    assert "чужой" not in soup.text


def test_a_payment_that_names_its_period_pays_its_invoice(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    make.payment(contract, date(2026, 11, 1), "500.00", period=Month(2026, 12))
    make.commit()
    assert statuses(page.get("invoices.index", contract_id=contract.id))[0][2] == "Оплачен"


def open_invoice(page: PageClient, contract: Contract, number: str):
    soup = page.get("invoices.index", contract_id=contract.id)
    return page.open(next(link["href"] for link in soup.select("tbody a") if number in link.text))


def test_an_invoice_tells_what_is_left_and_where_to_pay(
    page: PageClient, contract: Contract
) -> None:
    soup = open_invoice(page, contract, "10")
    text = " ".join(soup.select_one("#results").get_text(" ").split())
    for shown in ("К оплате 700,00 ₽", "40702810000000000001", "047501001", "счет № 10 от"):
        assert shown in text
    code = soup.select_one(".qr svg")
    assert code["role"] == "img"
    assert code.title.text == "QR-код для оплаты счета № 10"
    assert "СБП" not in text


def test_the_bank_file_asks_for_what_is_left(page: PageClient, contract: Contract) -> None:
    soup = open_invoice(page, contract, "11")
    answer = page.client.get(soup.find("a", string="Платежное поручение для клиент-банка")["href"])
    assert 'filename="1c_to_kl.txt"' in answer.headers["Content-Disposition"]
    _, (order,) = read(answer.data)
    assert order["Сумма"] == "1000.00"
    assert order["ПлательщикСчет"] == "40702810900000000002"
    assert order["НазначениеПлатежа"].endswith("в т.ч. НДС 22% - 180-33")


def test_what_is_paid_is_not_asked_for_twice(page: PageClient, contract: Contract) -> None:
    soup = open_invoice(page, contract, "9")
    assert "Как оплатить" not in soup.text
    assert not soup.select(".qr")
    assert page.client.get(page.last.request.path + "/1c_to_kl.txt").status_code == 404


def test_without_the_payers_account_there_is_no_bank_file_and_it_is_said(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    poor = make.contract("00124-ЭС")
    make.account(poor)
    make.invoice(poor, date(2026, 12, 18), "500.00", number="1")
    make.commit()
    other = PageClient(page.app)
    other.sign_in("00124")
    soup = open_invoice(other, poor, "1")
    assert "укажите ваш расчетный счет" in soup.text
    assert soup.select(".qr")
    assert other.client.get(other.last.request.path + "/1c_to_kl.txt").status_code == 404


def test_a_foreign_invoice_is_a_404(page: PageClient, contract: Contract) -> None:
    foreign = 5
    for invoice_id in (foreign, 10**9, 2**70):
        page.get("invoices.invoice", 404, contract_id=contract.id, invoice_id=invoice_id)
