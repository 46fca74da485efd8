"""Every page and file that shows money says the same: two known cases, and random ledgers."""

from __future__ import annotations

import csv
import io
import random
import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import openpyxl
import pypdf
import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask

from app.actions.accounts.sessions import create_account
from app.actions.imports import ImportOptions, apply_import
from app.actions.open_items import delete_snapshots
from app.domain.money import ZERO, from_kopecks, parse_roubles
from app.domain.period import Month
from app.extensions import db
from app.integrations.billing_files import Package
from app.models import Charge, Contract
from tests.conftest import NOW
from tests.factories import PASSWORD, Factory
from tests.pages import PageClient

SAMPLE = Path(__file__).parents[2] / "docs" / "billing-exchange-sample"
CASES = Path(__file__).parents[1] / "cases"
ALL = {"first": "2026-01-01", "last": "2026-12-31"}
TODAY = NOW.date()


def load(app: Flask, case: str, number: str) -> None:
    """The sample, a case on top of it, and an account for its contract."""
    with app.app_context():
        for folder in (SAMPLE, CASES / case):
            with Package(folder) as files:
                apply_import(db.session(), files, ImportOptions(), NOW, lambda name, done: None)
        create_account(db.session(), number, "buh@example.org", PASSWORD, NOW)
        db.session.commit()


def squeezed(tag: Tag | None) -> str:
    return " ".join(tag.text.split()) if tag else ""


def visit(page: PageClient, home: str, path: str) -> BeautifulSoup:
    return page.open(f"{home}{path}")


def test_a_lowering_correction_counts_once_on_every_page(app: Flask, page: PageClient) -> None:
    load(app, "correction-twice", "00901-ЭС")
    home = page.sign_in("00901").location
    row = visit(page, home, "charges?first=2026-10-01&last=2026-11-30").select_one(
        "table.charges tbody tr"
    )
    assert squeezed(row.select_one("td.gross")) == "1 097,39"
    assert squeezed(row.select("td")[-1]) == "Частично осталось 97,39 ₽"
    october = visit(page, home, "charges?first=2026-10-01&last=2026-10-31")
    assert "осталось 97,39 ₽" in squeezed(october.select_one("table.charges tbody tr"))
    assert squeezed(visit(page, home, "invoices").select_one("td.unpaid")) == "97,39"
    pay = visit(page, home, "pay")
    assert squeezed(pay.select_one("tfoot .total")) == "97,39"
    assert squeezed(pay.select_one(".balance")) == "Задолженность 97,39 ₽"


def test_without_the_payment_the_corrected_month_is_not_paid(app: Flask, page: PageClient) -> None:
    load(app, "correction-twice", "00901-ЭС")
    with app.app_context():
        db.session().execute(db.text("UPDATE payments SET withdrawn_at = :now"), {"now": NOW})
        delete_snapshots(db.session())
        db.session.commit()
    home = page.sign_in("00901").location
    row = visit(page, home, "charges?first=2026-10-01&last=2026-11-30").select_one(
        "table.charges tbody tr"
    )
    assert squeezed(row.select("td")[-1]) == "Не оплачено"
    invoice = visit(page, home, "invoices").select_one("table.invoices tbody tr")
    assert squeezed(invoice.select_one("td.unpaid")) == "1 097,39"
    assert "частично" not in squeezed(invoice)


def test_a_reversed_fine_is_not_asked_for_and_energy_in_full(app: Flask, page: PageClient) -> None:
    load(app, "late-interest-reversed", "00902-ЭС")
    home = page.sign_in("00902").location
    pay = visit(page, home, "pay")
    assert [squeezed(row.select_one("td.r")) for row in pay.select("tbody tr")] == ["122,00"]
    item = page.open(page.client.get(pay.select_one("tbody a")["href"]).headers["Location"])
    assert "НДС 22% - 22-00" in item.text
    interest = visit(page, home, "charges").select("table.interest tbody tr")
    assert [squeezed(row.select("td")[-1]) for row in interest] == [
        "в зачет",
        "оплата не требуется",
    ]


class RandomLedger:
    """Documents, corrections of corrections, fines, invoices and money, from a seed."""

    def __init__(self, make: Factory, number: str, seed: int) -> None:
        self.make = make
        self.chance = random.Random(seed)
        self.contract: Contract = make.contract(number)
        self.charges: list[Charge] = []
        self.paid = ZERO
        for month in (Month(2026, number) for number in (7, 8, 9, 10)):
            self._month(month)
        for _ in range(self.chance.randint(0, 5)):
            self._correction()
        # Months stay charged: the invoices of others are advances.
        for charge in self.charges:
            if charge.kind != "upd" and self.chance.random() < 0.2:
                charge.withdrawn_at = NOW
        for _ in range(self.chance.randint(2, 8)):
            self._payment()
        for kind, day in (("advance30", 10), ("advance40", 25)):
            self._invoice(Month(2026, 11), date(2026, 11, day), self._amount(30000), kind)

    def _amount(self, kopecks: int) -> Decimal:
        return from_kopecks(self.chance.randint(100, kopecks))

    def _month(self, month: Month) -> None:
        net = self._amount(90000)
        vat = (net * 22 / 100).quantize(Decimal("0.01"))
        charge = self.make.charge(
            self.contract, month.last, str(net + vat), net_amount=net, vat_amount=vat
        )
        self.make.line(charge, str(net))
        self.charges.append(charge)
        left = net + vat
        if self.chance.random() < 0.8:
            part = (left * 30 / 100).quantize(Decimal("0.01"))
            self._invoice(month, month.first.replace(day=10), part, "advance30")
            self._invoice(month, month.next_first.replace(day=18), left - part, "final")
        if self.chance.random() < 0.6:
            fine = self._amount(900)
            self.charges.append(
                self.make.charge(
                    self.contract, month.last, str(fine), kind="late_interest", net_amount=fine
                )
            )

    def _invoice(self, month: Month, due_on: date, total: Decimal, kind: str) -> None:
        self.make.invoice(self.contract, due_on, str(total), period=month, kind=kind)

    def _correction(self) -> None:
        target = self.chance.choice(self.charges)
        gross = -self._amount(60000) if self.chance.random() < 0.8 else self._amount(20000)
        kind = "late_interest" if target.kind == "late_interest" else "correction"
        period, key = target.period, target.external_id
        if self.chance.random() < 0.3:
            period = Month(2026, self.chance.randint(7, 11))
        if self.chance.random() < 0.1:
            key = "gone"
        self.charges.append(
            self.make.charge(
                self.contract,
                target.doc_date + timedelta(days=self.chance.randint(1, 18)),
                str(gross),
                kind=kind,
                period=period,
                net_amount=gross,
                corrects_external_id=key,
            )
        )

    def _payment(self) -> None:
        amount = self._amount(90000)
        kind, purpose = "payment", "Оплата за электроэнергию"
        if self.chance.random() < 0.2:
            amount, kind = -amount / 10, "refund"
            amount = amount.quantize(Decimal("0.01"))
        elif self.chance.random() < 0.2:
            kind = "offset"
        elif self.chance.random() < 0.2:
            purpose = "Оплата пени"
        period = self.chance.choice([None, Month(2026, self.chance.randint(7, 11))])
        on = date(2026, 8, 1) + timedelta(days=self.chance.randint(0, 110))
        self.make.payment(self.contract, on, str(amount), kind=kind, purpose=purpose, period=period)
        self.paid += amount

    @property
    def balance(self) -> Decimal:
        return self.charged - self.paid

    @property
    def charged(self) -> Decimal:
        live = [charge for charge in self.charges if charge.withdrawn_at is None]
        return sum((charge.gross_amount for charge in live), ZERO)


def signed(text: str) -> Decimal:
    text = text.strip().replace("\u2212", "-").replace("–", "-").replace("\u00a0", "")
    return Decimal(text.replace(" ", "").replace(",", "."))


def money_in(text: str) -> list[Decimal]:
    """Sums with «₽» in a text."""
    found = re.findall(r"((?:\d{1,3}(?:[\u00a0 ]\d{3})*),\d\d)[\u00a0 ]₽", text)
    return [parse_roubles(match) for match in found]


def unpaid_in(row: Tag) -> Decimal:
    """What a row of «Начисления» says is unpaid."""
    cell = row.select("td")[-1]
    if sums := money_in(cell.text):
        return sums[0]
    if "Не оплачено" in cell.text:
        return signed((row.select_one("td.gross") or row.select_one("td.r")).text)
    return ZERO


@pytest.mark.parametrize("seed", range(8))
def test_pages_of_a_random_ledger_agree(make: Factory, page: PageClient, seed: int) -> None:
    make.supplier()
    make.import_run()
    ledger = RandomLedger(make, "00801-ЭС", seed)
    make.account(ledger.contract)
    make.commit()
    home = page.sign_in("00801").location
    pay, invoices = visit(page, home, "pay"), visit(page, home, "invoices")
    charges = visit(page, home, "charges?first=2026-01-01&last=2026-12-31")
    # One balance, which is what the documents and the money lead to.
    side = 1 if pay.select_one(".balance.debt") else -1
    shown = money_in(pay.select_one(".balance").text)[0] * side
    assert shown == ledger.balance
    assert squeezed(page.open(home).select_one(".balance")) == squeezed(pay.select_one(".balance"))
    # What «Оплатить» asks for is what stands open by invoice and by document.
    asked = [signed(cell.text) for cell in pay.select("table.payables tbody td.r")]
    assert all(amount > 0 for amount in asked)
    total = pay.select_one("tfoot .total")
    assert (signed(total.text) if total else ZERO) == sum(asked)
    by_code: dict[str, Decimal] = {}
    for row in pay.select("table.payables tbody tr"):
        kind = row.input["value"].split("-")[0]
        by_code[kind] = by_code.get(kind, ZERO) + signed(row.select_one("td.r").text)
    unpaid = {row.a["href"]: row for row in invoices.select("table.invoices tbody tr")}
    open_invoices = [signed(row.select_one("td.unpaid").text) for row in unpaid.values()]
    assert sum(open_invoices) == by_code.get("invoice", ZERO)
    advances = sum(
        (
            signed(row.select_one("td.unpaid").text)
            for row in unpaid.values()
            if "11.2026" in squeezed(row.select("td")[1])
        ),
        ZERO,
    )
    months = sum((unpaid_in(row) for row in charges.select("table.charges tbody tr")), ZERO)
    fines = sum((unpaid_in(row) for row in charges.select("table.interest tbody tr")), ZERO)
    assert fines == by_code.get("interest", ZERO)
    assert months + fines + advances + by_code.get("rest", ZERO) == sum(asked)
    # What is overdue, and the words that lead to it from the balance.
    found = page.open(home)
    if bridge := found.select_one("table.ledger"):
        *steps, overdue = (
            signed(row.td.text) * (-1 if row.th.text.startswith("−") else 1)
            for row in bridge.select("tr")
        )
        assert ledger.balance + sum(steps) == overdue
        assert overdue == money_in(pay.select_one(".overdue-sum b").text)[0]
        button = squeezed(found.select_one("a.btn:-soup-contains('Оплатить')"))
        assert button == f"Оплатить {squeezed(bridge.select_one('.total td'))} ₽"
    else:
        assert squeezed(found.select_one(".overdue-sum")) == squeezed(
            pay.select_one(".overdue-sum")
        )
    for equation in re.findall(r"[^.:]*?=[^.]*", squeezed(pay.select_one(".overdue-sum"))):
        *summands, result = money_in(equation)
        signs = [1 if sign == "+" else -1 for sign in re.findall(r"[+−](?= )", equation)]
        value = summands[0] + sum(
            (sign * summand for sign, summand in zip(signs, summands[1:], strict=True)), ZERO
        )
        assert value == (-result if "переплата " in equation.rpartition("=")[2] else result)


@pytest.mark.parametrize("seed", [3, 11])
def test_files_of_a_random_ledger_agree_with_its_pages(
    make: Factory, page: PageClient, seed: int
) -> None:
    make.supplier()
    make.import_run()
    ledger = RandomLedger(make, "00801-ЭС", seed)
    make.account(ledger.contract)
    make.commit()
    home = page.sign_in("00801").location
    total = ledger.charged
    query = "?first=2026-01-01&last=2026-12-31"
    charges = visit(page, home, f"charges{query}")
    assert money_in(squeezed(charges.select_one(".grand")))[0] == total
    statement = visit(page, home, f"charges/statement{query}").select_one("p:has(b.num)")
    assert money_in(squeezed(statement))[0] == total
    for path, wanted in (
        ("charges/charges", total),
        ("charges/statement", total),
        ("payments/payments", ledger.paid),
    ):
        answer = page.client.get(f"{home}{path}.csv{query}")
        rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
        place = rows[0].index("Сумма" if "payments" in path else "С НДС")
        assert rows[-1][0] == "Итого"
        assert signed(rows[-1][place]) == wanted
        assert sum((signed(row[place]) for row in rows[1:-1]), ZERO) == wanted
        book = page.client.get(f"{home}{path}.xlsx{query}")
        sheet = openpyxl.load_workbook(io.BytesIO(book.data)).active
        *_, last = sheet.iter_rows(values_only=True)
        assert (last[0], Decimal(str(last[place])).quantize(ZERO)) == ("Итого", wanted)
        assert sheet.auto_filter.ref.endswith(str(sheet.max_row - 1))
    answer = page.client.get(f"{home}charges/statement.pdf{query}")
    text = " ".join(part.extract_text() for part in pypdf.PdfReader(io.BytesIO(answer.data)).pages)
    pdf = re.search(r"Всего начислено за период\s+([–-]?[\d\u00a0 ]+,\d\d)", " ".join(text.split()))
    assert pdf is not None
    assert signed(pdf[1]) == total


def test_the_way_from_the_balance_to_what_is_overdue_stands_beside_the_pair(
    app: Flask, make: Factory, page: PageClient
) -> None:
    make.supplier()
    make.import_run()
    contract = make.contract("00802-ЭС")
    make.account(contract)
    make.charge(contract, date(2026, 9, 30), "2850.15")
    for day, kind in ((10, "advance30"), (25, "advance40")):
        make.invoice(contract, date(2026, 11, day), "429.74", period=Month(2026, 11), kind=kind)
    make.staff()
    make.commit()
    home = page.sign_in("00802").location
    shown = [visit(page, home, "pay")]
    bridge = [squeezed(row) for row in page.open(home).select("table.ledger tr")]
    assert bridge == ["+ Неоплаченные авансы 429,74", "Просрочено, 34 дня3 279,89"]
    clerk = PageClient(app)
    clerk.sign_in_staff("operator")
    shown.append(clerk.get("staff.customer", contract_id=contract.id))
    for soup in shown:
        assert squeezed(soup.select_one(".balance")) == "Задолженность 2 850,15 ₽"
        text = squeezed(soup.select_one(".overdue-sum"))
        assert text.startswith("Просрочено с учетом авансов 3 279,89 ₽ — 34 дня.")
        assert "По документам 2 850,15 ₽ + неоплаченные авансы 429,74 ₽ = 3 279,89 ₽." in text


def test_where_overdue_is_a_part_of_the_balance_nothing_is_added(
    make: Factory, page: PageClient
) -> None:
    make.supplier()
    contract = make.contract("00802-ЭС")
    make.account(contract)
    make.charge(contract, date(2026, 9, 30), "2850.15")
    make.charge(contract, date(2026, 10, 31), "100.00")
    make.invoice(contract, date(2026, 12, 18), "100.00", period=Month(2026, 10))
    make.commit()
    home = page.open(page.sign_in("00802").location)
    assert squeezed(home.select_one(".overdue-sum")) == "Из них просрочено 2 850,15 ₽ — 34 дня."


def test_a_month_that_the_period_cuts_is_labelled_so_on_the_page_and_in_the_file(
    make: Factory, page: PageClient
) -> None:
    contract = make.contract("00802-ЭС")
    make.account(contract)
    make.commit()
    home = page.sign_in("00802").location
    query = "?first=2026-10-10&last=2026-11-15"
    rows = visit(page, home, f"settlements{query}").select("table.sheet tbody th")
    labels = ["10–31 октября 2026", "1–15 ноября 2026"]
    assert [squeezed(row) for row in rows] == labels[::-1]
    answer = page.client.get(f"{home}settlements/turnover.csv{query}").data.decode("utf-8-sig")
    assert [line.split(";")[0] for line in answer.splitlines()] == ["Месяц", *labels, "Итого"]
