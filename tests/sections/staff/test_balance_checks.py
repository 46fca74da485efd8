"""Documents against balances: every difference is shown by contract, and nothing else."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.domain.period import Month
from app.domain.staff import StaffRole
from app.models import Contract, MonthlyBalance
from app.queries.balance_checks import (
    Mismatch,
    Side,
    count_mismatched,
    find_last_month,
    list_mismatched,
    list_unallocated,
    sum_unallocated,
)
from tests.factories import AS_OF, Factory
from tests.pages import PageClient

pytest_plugins = ["tests.postgres"]

OCTOBER = Month(2026, 10)
EVERYTHING = {
    "00002-ЭС": [(Side.CHARGED, "1000.00", "1200.00")],
    "00003-ЭС": [(Side.CORRECTED, "-50.00", "0.00")],
    "00004-ЭС": [(Side.LATE_INTEREST, "0.00", "7.77")],
    "00005-ЭС": [(Side.PAID, "300.00", "100.01")],
    "00006-ЭС": [(Side.CLOSING, "5.00", "0.00")],
    "00007-ЭС": [(Side.OPENING, "0.00", "10.00")],
    "00008-ЭС": [(Side.CHARGED, "0.00", "33.00")],
    "00009-ЭС": [(Side.OPENING, "0.00", "1.00")],
    "00010-ЭС": [(Side.CHARGED, "1.00", "0.00"), (Side.PAID, "1.00", "0.00")],
}


def month(
    make: Factory,
    contract: Contract,
    period: str = "2026-10",
    opening: str = "0.00",
    *,
    charged: str = "0.00",
    corrected: str = "0.00",
    interest: str = "0.00",
    paid: str = "0.00",
    closing: str | None = None,
) -> MonthlyBalance:
    """A balance that follows from itself unless another closing is given."""
    due = Decimal(opening) + Decimal(charged) + Decimal(corrected) + Decimal(interest)
    balance = make.balance(contract, period, opening, closing or str(due - Decimal(paid)))
    balance.charged_amount = Decimal(charged)
    balance.corrected_amount = Decimal(corrected)
    balance.late_interest_amount = Decimal(interest)
    balance.paid_amount = Decimal(paid)
    return balance


def build(make: Factory) -> None:
    """A contract that agrees to the kopeck, and one for each way not to."""
    make.supplier()
    customer = make.customer(full_name="<b>АО</b>", short_name=None)
    contracts = [
        make.contract(f"{number:05d}-ЭС", customer_id=customer.id) for number in range(1, 11)
    ]
    one, two, three, four, five, six, seven, eight, nine, ten = contracts
    day, last = date(2026, 10, 1), date(2026, 10, 31)
    month(make, one, "2026-09", closing="5.00")
    month(
        make,
        one,
        opening="5.00",
        charged="120.10",
        corrected="-20.05",
        interest="1.00",
        paid="90.00",
    )
    make.charge(one, last, "100.05")
    make.charge(one, day, "20.05", kind="other")
    make.charge(one, last, "-20.05", kind="correction", period=Month(2026, 8))
    make.charge(one, last, "1.00", kind="late_interest")
    make.charge(one, date(2026, 9, 30), "999.00", period=OCTOBER)
    make.charge(one, date(2026, 11, 1), "999.00", period=OCTOBER)
    make.charge(one, last, "999.00", withdrawn_at=AS_OF)
    make.payment(one, day, "100.00", paid_on=date(2026, 9, 30))
    make.payment(one, last, "-10.00", kind="refund")
    make.payment(one, date(2026, 11, 1), "999.00", paid_on=last)
    make.payment(one, last, "999.00", withdrawn_at=AS_OF)
    month(make, two, charged="1000.00")
    make.charge(two, last, "1200.00")
    month(make, three, corrected="-50.00")
    month(make, four)
    make.charge(four, last, "7.77", kind="late_interest")
    month(make, five, paid="300.00")
    make.payment(five, day, "100.01")
    month(make, six, closing="5.00")
    month(make, seven, "2026-09", closing="10.00", charged="10.00")
    make.charge(seven, date(2026, 9, 30), "10.00")
    month(make, seven)
    make.charge(eight, day, "33.00")
    month(make, nine, "2026-08", charged="1.00")
    month(make, ten, charged="1.00", paid="1.00")
    month(make, ten, "2026-11").withdrawn_at = AS_OF
    make.payment(None, last, "15.50", purpose="=cmd()", payer_inn="7415000018")
    make.payment(None, day, "4.50")
    make.payment(None, date(2026, 11, 1), "999.00")
    make.payment(None, day, "999.00", withdrawn_at=AS_OF)
    make.commit()


def found(session: Session) -> dict[str, list[tuple[Side, str, str]]]:
    return {
        mismatch.number: [
            (wrong.side, str(wrong.billed), str(wrong.found)) for wrong in mismatch.mismatches
        ]
        for mismatch in list_mismatched(session, OCTOBER)
    }


def check_figures(session: Session) -> None:
    """The same on both databases."""
    assert found(session) == EVERYTHING
    assert count_mismatched(session, OCTOBER) == len(EVERYTHING)
    assert count_mismatched(session, Month(2020, 1)) == 0
    assert find_last_month(session) == OCTOBER
    (eight,) = [
        mismatch for mismatch in list_mismatched(session, OCTOBER) if mismatch.number == "00008-ЭС"
    ]
    assert not eight.has_balance
    assert [mismatch.number for mismatch in list_mismatched(session, OCTOBER, 2, 2)] == [
        "00004-ЭС",
        "00005-ЭС",
    ]
    assert sum_unallocated(session, OCTOBER) == (2, Decimal("20.00"))
    assert [payment.amount for payment in list_unallocated(session, OCTOBER)] == [
        Decimal("4.50"),
        Decimal("15.50"),
    ]


def test_every_difference_is_found_and_no_other(make: Factory, session: Session) -> None:
    build(make)
    check_figures(session)


def test_the_same_on_postgres(postgres_session: Session) -> None:
    build(Factory(postgres_session))
    check_figures(postgres_session)


def test_a_difference_is_what_the_balances_have_too_much() -> None:
    assert Mismatch(Side.PAID, Decimal("1.00"), Decimal("3.50")).difference == Decimal("-2.50")


def build_gaps(make: Factory) -> None:
    """Contracts that lack a balance of October, and some that had none in September."""
    make.supplier()
    customer = make.customer()

    def contract(number: str) -> Contract:
        return make.contract(f"{number}-ЭС", customer_id=customer.id)

    month(make, contract("00001"), "2026-09", closing="5000.00")
    other = contract("00002")
    month(make, other, "2026-09", closing="7.00")
    month(make, other, opening="7.00")
    ended = contract("00003")
    ended.valid_to = date(2026, 9, 30)
    month(make, ended, "2026-09")
    gone_long_ago = contract("00004")
    month(make, gone_long_ago, "2026-07", closing="3.00")
    withdrawn = contract("00005")
    month(make, withdrawn, "2026-09", closing="9.00").withdrawn_at = AS_OF
    gap = contract("00006")
    month(make, gap, "2026-07", closing="1.00")
    month(make, gap, "2026-08", closing="100.00")
    month(make, gap, opening="150.00")
    even = contract("00007")
    month(make, even, "2026-08", closing="40.00")
    month(make, even, opening="40.00")
    make.commit()


def check_gaps(session: Session) -> None:
    """The same on both databases."""
    assert found(session) == {
        "00001-ЭС": [(Side.OPENING, "0.00", "5000.00")],
        "00004-ЭС": [(Side.OPENING, "0.00", "3.00")],
        "00006-ЭС": [(Side.OPENING, "150.00", "100.00")],
    }
    assert [mismatch.has_balance for mismatch in list_mismatched(session, OCTOBER)] == [
        False,
        False,
        True,
    ]
    # Balances of November are still to come: nobody's is missing.
    assert count_mismatched(session, Month(2026, 11)) == 0


def test_a_balance_that_vanished_is_missed_and_a_gap_is_seen(
    make: Factory, session: Session
) -> None:
    build_gaps(make)
    check_gaps(session)


def test_what_vanished_is_missed_on_postgres(postgres_session: Session) -> None:
    build_gaps(Factory(postgres_session))
    check_gaps(postgres_session)


def test_the_page_says_whose_balance_is_missing(page: PageClient, make: Factory) -> None:
    make.staff(StaffRole.MANAGER)
    build_gaps(make)
    page.sign_in_staff("manager")
    row = page.get("staff.balance_checks", month="2026-10").select_one("tbody tr")
    assert row.th.text == "00001-ЭС"
    assert "остатков за месяц нет" in row.text
    assert "5 000,00" in row.text


@pytest.fixture
def manager(page: PageClient, make: Factory) -> PageClient:
    make.staff(StaffRole.MANAGER)
    build(make)
    page.sign_in_staff("manager")
    return page


def test_the_page_shows_the_newest_month_by_contract(manager: PageClient) -> None:
    soup = manager.get("staff.balance_checks")
    assert "не сходится 9 договоров" in soup.select_one("#status").text
    rows = soup.select("table:has(caption:-soup-contains('не сходятся')) tbody tr")
    cells = [[cell.text.strip() for cell in row.select("th, td")] for row in rows]
    assert cells[0] == ["00002-ЭС", "<b>АО</b>", "Начислено", "1 000,00", "1 200,00", "−200,00"]
    assert len(cells) == 10
    assert "остатков за месяц нет" in cells[6][2]
    assert "2 оплаты на 20,00 ₽" in soup.text
    assert soup.select_one("#month")["value"] == "2026-10"
    for link in soup.select("a:-soup-contains('XLSX'), a:-soup-contains('CSV')"):
        assert manager.client.get(link["href"]).status_code == 200
    manager.open(rows[0].select_one("a")["href"])
    assert "00002-ЭС" in manager.last.text


def test_another_month_a_wrong_one_and_one_that_agrees(manager: PageClient, make: Factory) -> None:
    month(make, make.contract("00011-ЭС"), "2026-07")
    make.commit()
    soup = manager.get("staff.balance_checks", month="2026-08")
    assert "не сходится 1 договор" in soup.select_one("#status").text
    soup = manager.get("staff.balance_checks", month="2026-07")
    assert "все договоры сходятся" in soup.select_one("#status").text
    soup = manager.get("staff.balance_checks", month="2020-01")
    assert "остатков и операций нет" in soup.select_one("#status").text
    for wrong in ("2026-13", "2026", "' OR 1=1--", "0000-00", "9999-12", "2026-10-05"):
        soup = manager.get("staff.balance_checks", 422, month=wrong)
        assert "Поле «Месяц»" in soup.select_one("#month-error").text
        assert soup.select_one("#month")["value"] == wrong
        manager.get("staff.balance_checks_file", 422, month=wrong, extension="csv")


def test_a_long_report_is_paged(manager: PageClient, make: Factory) -> None:
    customer = make.customer()
    for number in range(60):
        contract = make.contract(f"1{number:04d}-ЭС", customer_id=customer.id)
        month(make, contract, charged="1.00")
    make.commit()
    soup = manager.get("staff.balance_checks")
    assert "не сходится 69 договоров, показаны с 1 по 50" in soup.select_one("#status").text
    soup = manager.open(soup.select_one(".pager a")["href"].partition("#")[0])
    assert "показаны с 51 по 69" in soup.select_one("#status").text
    assert soup.select("table")[0].select("tbody tr")[-1].th.text == "10059-ЭС"


def test_the_files_hold_the_whole_report(app: Flask, manager: PageClient) -> None:
    url = manager.url("staff.balance_checks_file", extension="csv")
    text = manager.client.get(url).data.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert len(rows) == 1 + 10 + 2
    assert rows[1][:7] == [
        "00002-ЭС",
        "<b>АО</b>",
        "Начислено",
        "1000,00",
        "1200,00",
        "-200,00",
        "есть",
    ]
    assert rows[-1][2] == "Оплата без договора"
    assert rows[-1][4] == "15,50"
    assert rows[-1][-1] == "'=cmd()"
    url = manager.url("staff.balance_checks_file", extension="xlsx", month="2026-10")
    answer = manager.client.get(url)
    assert "2026-10.xlsx" in answer.headers["Content-Disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    assert (sheet.max_row, sheet["F2"].value) == (13, -200)
