"""«Оплатить»: what is due, and the ways of paying it."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
import zxingcpp
from bs4 import BeautifulSoup
from pypdf import PdfReader
from sqlalchemy import select

from app.domain.access import Role
from app.domain.money import parse_roubles
from app.domain.period import Month
from app.models import AuditEvent, BankDetails, Contract
from tests.domain.test_bank_order import read
from tests.domain.test_payment_qr import read as read_payload
from tests.factories import CREATED, Factory
from tests.pages import PageClient

SEPTEMBER, OCTOBER = Month(2026, 9), Month(2026, 10)
ACCOUNT, BIC, CORR = "40702810300000000001", "047501602", "30101810700000000602"


@pytest.fixture
def contract(make: Factory, page: PageClient) -> Contract:
    """Owes an invoice in part, a correction, late interest; another invoice falls due later."""
    make.supplier()
    make.import_run()
    contract = make.contract()
    make.account(contract)
    make.charge(contract, date(2026, 9, 30), "1000.00")
    correction = make.charge(
        contract,
        date(2026, 10, 20),
        "122.00",
        kind="correction",
        period=SEPTEMBER,
        doc_number="К-1",
        vat_amount=Decimal("22.00"),
        net_amount=Decimal("100.00"),
    )
    make.line(correction, "100.00")
    make.charge(contract, date(2026, 10, 25), "33.00", kind="late_interest", doc_number="П-1")
    make.charge(contract, date(2026, 10, 31), "500.00")
    make.invoice(
        contract, date(2026, 10, 18), "1000.00", number="9", period=SEPTEMBER, vat_rate=Decimal(22)
    )
    make.invoice(contract, date(2026, 12, 18), "500.00", number="10", period=OCTOBER)
    make.payment(contract, date(2026, 10, 1), "400.00")
    make.commit()
    page.sign_in(contract.number)
    return contract


def rows(soup: BeautifulSoup) -> dict[str, Decimal]:
    return {
        row.input["value"].split("-")[0]: parse_roubles(row.select_one("td.r").text)
        for row in soup.select("tbody tr")
    }


def test_everything_that_is_due_stands_once_overdue_first(
    page: PageClient, contract: Contract
) -> None:
    soup = page.get("pay.index", contract_id=contract.id)
    phrase = [" ".join(row.th.text.split()) for row in soup.select("tbody tr")]
    assert phrase == [
        "Счет № 9 за 09.2026",
        "Документ № К-1 от 20.10.2026 счета на него нет",
        "Пени отдельным поручением",
        "Счет № 10 за 10.2026",
    ]
    sums = [parse_roubles(cell.text) for cell in soup.select("tbody td.r")]
    assert sums == [Decimal(text) for text in ("600.00", "122.00", "33.00", "500.00")]
    assert parse_roubles(soup.select_one("tfoot .total").text) == sum(sums)
    assert soup.select_one(".balance").text.split()[0] == "Задолженность"
    assert sum(sums) == Decimal("1255.00")


def test_home_pay_and_invoices_agree_on_what_is_overdue_and_since_when(
    page: PageClient, contract: Contract
) -> None:
    pages = [
        page.get(endpoint, contract_id=contract.id).select_one("main").text
        for endpoint in ("home.index", "pay.index", "invoices.index")
    ]
    assert all("34 дня" in text for text in pages)
    assert all("755,00 ₽" in text for text in pages[:2])


def give_account(make: Factory, contract: Contract) -> None:
    make.session.add(
        BankDetails(
            contract_id=contract.id,
            account=ACCOUNT,
            bic=BIC,
            bank_name="Свой банк",
            corr_account=CORR,
            changed_at=CREATED,
            changed_by=1,
        )
    )
    make.commit()


def test_several_orders_come_in_one_file_and_late_interest_is_one_of_its_own(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    give_account(make, contract)
    soup = page.get("pay.index", contract_id=contract.id)
    items = [box["value"] for box in soup.select("input[name=item][checked]")]
    assert len(items) == 4
    answer = page.client.get(page.url("pay.order_file", contract_id=contract.id, item=items))
    _, orders = read(answer.data)
    assert [order["Номер"] for order in orders] == ["1", "2", "3", "4"]
    assert [order["Сумма"] for order in orders] == ["600.00", "122.00", "33.00", "500.00"]
    assert all(order["ПлательщикСчет"] == ACCOUNT for order in orders)
    ends = ["в т.ч. НДС 22% - 108-20", "в т.ч. НДС 22% - 22-00", "НДС не облагается"]
    for order, end in zip(orders, ends, strict=False):
        assert order["НазначениеПлатежа"].endswith(end)
    assert "пени" in orders[2]["НазначениеПлатежа"]


def test_only_what_is_ticked_is_paid_and_nothing_ticked_is_said(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    give_account(make, contract)
    answer = page.client.get(page.url("pay.order_file", contract_id=contract.id, item="interest"))
    assert [order["Сумма"] for order in read(answer.data)[1]] == ["33.00"]
    soup = page.get("pay.order_file", 422, contract_id=contract.id)
    assert "Отметьте хотя бы один платеж" in soup.select_one("#error-summary").text
    soup = page.get("pay.order_file", 422, contract_id=contract.id, item="invoice-999")
    assert "уже оплачено" in soup.select_one("#error-summary").text


@pytest.mark.parametrize("code", ["interest", "document"])
def test_each_payment_has_requisites_words_and_a_code(
    page: PageClient, contract: Contract, code: str
) -> None:
    soup = page.get("pay.index", contract_id=contract.id)
    item = next(box["value"] for box in soup.select("input[name=item]") if code in box["value"])
    soup = page.get("pay.item", contract_id=contract.id, code=item)
    copied = [value.text for value in soup.select("[data-copy]")]
    assert "40702810000000000001" in copied
    assert any(text.startswith("Оплата") for text in copied)
    assert soup.select_one(".qr svg[role=img]")


def test_an_invoice_leads_to_its_page_and_what_is_not_due_to_a_404(
    page: PageClient, contract: Contract
) -> None:
    soup = page.get("pay.index", contract_id=contract.id)
    link = soup.select_one("tbody a")["href"]
    assert "/invoices/" in page.client.get(link).headers["Location"]
    for code in ("rest", "invoice-999", "нет", "document-1"):
        page.get("pay.item", 404, contract_id=contract.id, code=code)


def test_a_debt_older_than_all_documents_is_a_payment_too(page: PageClient, make: Factory) -> None:
    make.supplier()
    old = make.contract("00777-ЭС")
    make.account(old)
    make.balance(old, "2026-10", "70.00", "70.00")
    make.commit()
    page.sign_in("00777")
    assert rows(page.get("pay.index", contract_id=old.id)) == {"rest": Decimal("70.00")}
    soup = page.get("pay.item", contract_id=old.id, code="rest")
    assert "Оплата задолженности за электроэнергию" in soup.text


@pytest.fixture
def other(make: Factory, page: PageClient) -> Contract:
    """A contract without documents."""
    make.supplier()
    contract = make.contract("00779-ЭС")
    make.account(contract)
    make.commit()
    page.sign_in("00779")
    return contract


def test_late_interest_that_was_paid_as_such_is_not_asked_for_again(
    page: PageClient, make: Factory, other: Contract
) -> None:
    make.charge(other, date(2026, 9, 30), "1000.00")
    make.invoice(other, date(2026, 10, 18), "1000.00", period=SEPTEMBER)
    make.charge(other, date(2026, 10, 25), "50.00", kind="late_interest")
    make.payment(other, date(2026, 11, 2), "50.00", purpose="Оплата пени по договору № 00779-ЭС")
    make.commit()
    shown = rows(page.get("pay.index", contract_id=other.id))
    assert shown == {"invoice": Decimal("1000.00")}
    assert (
        "Оплачено"
        in page.get("charges.index", contract_id=other.id).select_one("table.interest tbody").text
    )


def test_a_month_whose_final_invoice_has_not_come_is_due_in_time_and_not_overdue(
    page: PageClient, make: Factory, other: Contract, advance_clock: Callable[..., object]
) -> None:
    make.invoice(other, date(2026, 11, 10), "300.00", period=Month(2026, 11), number="A30")
    make.payment(other, date(2026, 11, 9), "300.00")
    make.charge(other, date(2026, 11, 20), "1000.00", period=Month(2026, 11), doc_number="У-11")
    make.commit()
    soup = page.get("pay.index", contract_id=other.id)
    (row,) = soup.select("tbody tr")
    assert "Документ № У-11" in " ".join(row.text.split())
    assert "18.12.2026" in row.text
    assert parse_roubles(row.select_one("td.r").text) == Decimal("700.00")
    assert "Просрочено" not in soup.text
    home = page.get("home.index", contract_id=other.id).text
    assert "Оплатить до 18.12.2026" in home
    advance_clock(days=40)
    page.sign_in("00779")
    assert "Просрочен" in page.get("pay.index", contract_id=other.id).text


def test_money_that_names_the_first_month_pays_it_in_both_lists(
    page: PageClient, make: Factory, other: Contract
) -> None:
    make.balance(other, "2026-09", "500.00", "1500.00")
    make.charge(other, date(2026, 9, 30), "1000.00")
    make.invoice(other, date(2026, 10, 18), "1000.00", period=SEPTEMBER)
    make.payment(other, date(2026, 10, 5), "1000.00", period=SEPTEMBER)
    make.commit()
    assert rows(page.get("pay.index", contract_id=other.id)) == {"rest": Decimal("500.00")}
    assert (
        "Оплачено"
        in page.get("charges.index", contract_id=other.id).select_one("table.charges tbody").text
    )


def test_vat_that_billing_has_not_said_is_not_denied(
    page: PageClient, make: Factory, other: Contract
) -> None:
    give_account(make, other)
    make.charge(other, date(2026, 9, 30), "1000.00")
    make.invoice(other, date(2026, 10, 18), "1000.00", period=SEPTEMBER)
    make.charge(
        other,
        date(2026, 10, 5),
        "122.00",
        kind="correction",
        period=SEPTEMBER,
        net_amount=Decimal("100.00"),
        vat_amount=Decimal("22.00"),
    )
    make.commit()
    soup = page.get("pay.index", contract_id=other.id)
    codes = [box["value"] for box in soup.select("input[name=item]")]
    answer = page.client.get(page.url("pay.order_file", contract_id=other.id, item=codes))
    ends = [order["НазначениеПлатежа"].rpartition(", ")[2] for order in read(answer.data)[1]]
    assert ends == ["в т.ч. НДС", "в т.ч. НДС - 22-00"]


def test_two_invoices_of_one_day_are_not_called_by_the_name_of_one(
    page: PageClient, make: Factory, other: Contract
) -> None:
    for number, total in (("A", "300.00"), ("B", "400.00")):
        make.invoice(other, date(2026, 11, 25), total, number=number, period=Month(2026, 11))
    make.commit()
    text = page.get("home.index", contract_id=other.id).select_one(".due").text
    assert "700,00" in text
    assert "по счету" not in text


def test_an_invoice_below_zero_is_not_called_paid(
    page: PageClient, make: Factory, other: Contract
) -> None:
    make.invoice(other, date(2026, 11, 25), "-100.00", period=Month(2026, 11))
    make.commit()
    soup = page.get("invoices.index", contract_id=other.id)
    assert "Оплата не требуется" in soup.select_one("tbody tr").text


def test_every_payment_of_a_long_list_comes_into_the_file(
    page: PageClient, make: Factory, other: Contract
) -> None:
    give_account(make, other)
    for number in range(230):
        make.invoice(other, date(2026, 11, 25), "1.00", period=Month(2026, 11), number=str(number))
    make.commit()
    soup = page.get("pay.index", contract_id=other.id)
    codes = [box["value"] for box in soup.select("input[name=item]")]
    answer = page.client.get(page.url("pay.order_file", contract_id=other.id, item=codes))
    assert len(read(answer.data)[1]) == 230


def test_with_nothing_to_pay_it_says_so(page: PageClient, make: Factory) -> None:
    make.supplier()
    paid = make.contract("00778-ЭС")
    make.account(paid)
    make.commit()
    page.sign_in("00778")
    assert "Сейчас платить нечего" in page.get("pay.index", contract_id=paid.id).text


def details(page: PageClient, contract: Contract, status: int = 303, **values: str) -> None:
    right = {"account": ACCOUNT, "bic": BIC, "bank_name": "Свой банк", "corr_account": CORR}
    form = page.get("pay.bank_details", contract_id=contract.id)
    page.submit(form, status, **(right | values))


def test_the_account_is_typed_once_and_the_orders_hold_it(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    soup = page.get("pay.index", contract_id=contract.id)
    assert not soup.select("button.btn:-soup-contains('Скачать')")
    details(page, contract, account="4070 2810 3000 0000 0001")
    soup = page.open(page.last.headers["Location"])
    assert "Расчетный счет сохранен" in soup.text
    answer = page.client.get(page.url("pay.order_file", contract_id=contract.id, item="interest"))
    (order,) = read(answer.data)[1]
    assert (order["ПлательщикСчет"], order["ПлательщикБИК"]) == (ACCOUNT, BIC)
    assert order["ПлательщикКорсчет"] == CORR
    event = make.session.scalars(select(AuditEvent).filter_by(action="bank_details.saved")).one()
    assert event.changes["account"] == [None, ACCOUNT]


@pytest.mark.parametrize(
    ("field", "value", "phrase"),
    [
        ("account", "40702810700000000001", "не подходит к этому БИК"),
        ("account", "407028106", "введено 9"),
        ("account", "", "введите 20 цифр"),
        ("bic", "04750160", "нужно 9 цифр"),
        ("bic", "О47501602", "нужно 9 цифр"),
        ("bank_name", "", "как в реквизитах"),
        ("corr_account", "30101810700000000603", "не подходит к этому БИК"),
    ],
)
def test_a_wrong_requisite_is_said_beside_it_and_kept(
    page: PageClient, make: Factory, contract: Contract, field: str, value: str, phrase: str
) -> None:
    details(page, contract, 422, **{field: value})
    soup = page.check_last()
    assert phrase in soup.select_one(f"#{field}-error").text
    assert soup.select_one(f"#{field}")["value"] == value
    assert make.session.scalars(select(BankDetails)).first() is None


def test_who_only_views_may_not_change_the_account(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    looker = make.account(make.contract("00888-ЭС"), email="looker@example.org")
    make.membership(looker, contract, Role.VIEWER)
    make.commit()
    other = PageClient(page.app)
    other.sign_in("00888")
    assert "попросите владельца" in other.get("pay.index", contract_id=contract.id).text
    other.get("pay.bank_details", 403, contract_id=contract.id)


def test_the_invoice_as_pdf_holds_both_sides_the_sum_in_words_and_what_is_left(
    page: PageClient, contract: Contract
) -> None:
    soup = page.get("invoices.index", contract_id=contract.id)
    link = next(tag["href"] for tag in soup.select("tbody a") if "№ 9" in tag.text)
    answer = page.client.get(link + "/invoice.pdf")
    assert answer.mimetype == "application/pdf"
    reader = PdfReader(io.BytesIO(answer.data))
    text = " ".join(" ".join(sheet.extract_text() for sheet in reader.pages).split())
    for shown in (
        "Счет № 9 от 01.10.2026",
        "40702810000000000001",
        "047501001",
        "ООО «Ромашка»",
        "1 000,00",
        "Одна тысяча рублей 00 копеек",
        "Осталось оплатить: 600,00 ₽",
        "НДС 22% - 108-20",
    ):
        assert shown.replace("ООО", "Общество с ограниченной ответственностью") in text.replace(
            "\u00a0", " "
        ).replace("\u202f", " "), shown
    (picture,) = reader.pages[0].images
    assert picture.image is not None
    (found,) = zxingcpp.read_barcodes(picture.image)
    payload = read_payload(bytes(found.bytes))
    assert (payload["Sum"], payload["PayeeINN"]) == ("60000", "7415000007")
    assert payload["Purpose"].endswith("НДС 22% - 108-20")
