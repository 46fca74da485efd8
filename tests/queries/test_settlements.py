"""The ledger of a contract: where its opening comes from, and what disagrees."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from app.domain.access import Permission, Role, Viewer, access_window
from app.domain.errors import AccessDeniedError, NotFoundError
from app.domain.period import Period
from app.lib.database import MAX_ID
from app.models import Contract
from app.queries.contracts import VisibleContract, get_visible
from app.queries.open_items import read_money_overview
from app.queries.settlements import ledger_of
from tests.factories import Factory

WINDOW = access_window(date(2026, 11, 21), months=36)
YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))


@pytest.fixture
def row(make: Factory) -> Contract:
    return make.contract()


@pytest.fixture
def contract(make: Factory, row: Contract, session: Session) -> VisibleContract:
    account = make.account(row)
    return get_visible(session, Viewer(account.id), row.id, Permission.SEE_MONEY, WINDOW)


def test_opening_counts_what_is_dated_before_the_first_day(
    session: Session, make: Factory, row: Contract, contract: VisibleContract
) -> None:
    make.charge(row, date(2026, 3, 31), "100.00")
    make.charge(row, date(2026, 4, 1), "10.00")
    make.payment(row, date(2026, 4, 30), "1.00")
    make.payment(row, date(2026, 5, 1), "2.00")
    sheet = ledger_of(session, contract, Period(date(2026, 4, 1), date(2026, 4, 30))).sheet
    assert [sheet.opening, sheet.debit, sheet.credit, sheet.closing] == [
        Decimal("100.00"),
        Decimal("10.00"),
        Decimal("1.00"),
        Decimal("109.00"),
    ]


def test_a_period_inside_a_month_starts_from_the_months_opening_and_its_earlier_days(
    session: Session, make: Factory, row: Contract, contract: VisibleContract
) -> None:
    make.balance(row, "2026-04", "500.00", "503.00")
    make.charge(row, date(2026, 3, 31), "7.00")  # already inside billing's opening
    make.charge(row, date(2026, 4, 5), "3.00")
    ledger = ledger_of(session, contract, Period(date(2026, 4, 10), date(2026, 4, 20)))
    assert ledger.opening == ledger.sheet.closing == Decimal("503.00")


def test_without_an_earlier_balance_the_first_later_one_is_carried_back(
    session: Session, make: Factory, row: Contract, contract: VisibleContract
) -> None:
    make.balance(row, "2026-06", "250.00", "250.00")
    make.charge(row, date(2026, 5, 10), "200.00")
    ledger = ledger_of(session, contract, Period(date(2026, 5, 1), date(2026, 5, 31)))
    assert (ledger.opening, ledger.sheet.closing) == (Decimal("50.00"), Decimal("250.00"))


def test_a_month_after_the_last_balance_goes_on_from_its_closing(
    session: Session, make: Factory, row: Contract, contract: VisibleContract
) -> None:
    make.balance(row, "2026-06", "0.00", "75.00")
    make.charge(row, date(2026, 6, 30), "75.00")
    make.payment(row, date(2026, 8, 2), "25.00")
    closings = [
        ledger_of(session, contract, Period(day, day)).sheet.closing
        for day in (date(2026, 7, 31), date(2026, 8, 2))
    ]
    assert closings == [Decimal("75.00"), Decimal("50.00")]


def test_a_difference_with_billings_closing_is_reported_not_hidden(
    session: Session, make: Factory, row: Contract, contract: VisibleContract
) -> None:
    make.balance(row, "2026-01", "0.00", "99.00")
    make.charge(row, date(2026, 1, 31), "100.00")
    (difference,) = ledger_of(session, contract, YEAR).differences
    assert (str(difference.month), difference.computed, difference.imported) == (
        "2026-01",
        Decimal("100.00"),
        Decimal("99.00"),
    )


def test_withdrawn_operations_do_not_count(
    session: Session, make: Factory, row: Contract, contract: VisibleContract
) -> None:
    charge = make.charge(row, date(2026, 1, 31), "100.00")
    charge.withdrawn_at = make.import_run().as_of
    session.flush()
    assert ledger_of(session, contract, YEAR).sheet.debit == 0


def test_running_balances_go_on_over_pages(
    session: Session, make: Factory, row: Contract, contract: VisibleContract
) -> None:
    for day in range(1, 8):
        make.charge(row, date(2026, 1, day), "1.50")
        make.payment(row, date(2026, 1, day), "1.00")
    ledger = ledger_of(session, contract, YEAR)
    whole = ledger.operations()
    pages = [row for offset in range(0, 14, 5) for row in ledger.operations(offset, 5)]
    assert pages == whole
    assert [row.number for row in whole] == list(range(1, 15))
    assert whole[-1].balance == ledger.sheet.closing == Decimal("3.50")
    assert [row.entry.kind for row in whole[:2]] == ["upd", "payment"]


def test_refunds_and_reversals_are_negative_on_their_own_side(
    session: Session, make: Factory, row: Contract, contract: VisibleContract
) -> None:
    make.charge(row, date(2026, 1, 31), "-40.00", kind="correction")
    make.payment(row, date(2026, 2, 1), "-15.00", kind="refund")
    sheet = ledger_of(session, contract, YEAR).sheet
    assert (sheet.debit, sheet.credit, sheet.closing) == (
        Decimal("-40.00"),
        Decimal("-15.00"),
        Decimal("-25.00"),
    )


def test_the_overview_names_the_last_payment_and_charge_up_to_today(
    session: Session, make: Factory, row: Contract, contract: VisibleContract
) -> None:
    make.charge(row, date(2026, 9, 30), "10.00", doc_number="A")
    make.charge(row, date(2026, 10, 31), "20.00", doc_number="B")
    make.payment(row, date(2026, 11, 30), "5.00", doc_number="будущий")
    overview = read_money_overview(session, contract, date(2026, 11, 21))
    assert overview.balance == Decimal("30.00")
    assert overview.last_charge is not None
    assert overview.last_charge.document == "B"
    assert overview.last_payment is None


def test_a_foreign_contract_and_a_missing_one_give_the_same_answer(
    session: Session, make: Factory, row: Contract
) -> None:
    stranger = make.account(make.contract("00999-ЭС"))
    for contract_id in (row.id, 10**6, MAX_ID):
        with pytest.raises(NotFoundError):
            get_visible(session, Viewer(stranger.id), contract_id, Permission.SEE_CONTRACT, WINDOW)


def test_an_engineer_sees_the_contract_but_no_money(
    session: Session, make: Factory, row: Contract
) -> None:
    engineer = make.account(make.contract("00999-ЭС"))
    make.membership(engineer, row, Role.ENGINEER)
    viewer = Viewer(engineer.id)
    assert (
        get_visible(session, viewer, row.id, Permission.SEE_CONTRACT, WINDOW).number == "00123-ЭС"
    )
    with pytest.raises(AccessDeniedError):
        get_visible(session, viewer, row.id, Permission.SEE_MONEY, WINDOW)
