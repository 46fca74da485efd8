"""What a contract owes: by document, by month and by invoice the same kopecks."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from app.domain.allocation import Receipt
from app.domain.corrections import DebtKind, LedgerDocument
from app.domain.money import ZERO
from app.domain.open_items import OpenItems, build_open_items
from app.domain.period import Month
from app.domain.receivables import IssuedInvoice
from app.domain.turnover import EntryKind

TODAY = date(2026, 11, 22)
SEPTEMBER, OCTOBER, NOVEMBER = Month(2026, 9), Month(2026, 10), Month(2026, 11)
UPD, CORRECTION, FINE = EntryKind.UPD, EntryKind.CORRECTION, EntryKind.LATE_INTEREST
KEYS = iter(range(1, 10**9))


def invoice(
    number: str, period: Month, due_on: date, total: str, kind: str = "final"
) -> IssuedInvoice:
    return IssuedInvoice(next(KEYS), number, period, due_on, Decimal(total), kind)


def document(
    period: Month,
    gross: str,
    kind: EntryKind = UPD,
    on: date | None = None,
    corrects: LedgerDocument | None = None,
) -> LedgerDocument:
    key = next(KEYS)
    return LedgerDocument(
        key,
        f"D{key:09d}",
        kind,
        on or period.last,
        period,
        Decimal(gross),
        corrects.external_id if corrects else None,
    )


def money(amount: str, period: Month | None = None, *, fine: bool = False) -> Receipt:
    return Receipt(Decimal(amount), period, fine)


def asked(open_items: OpenItems) -> dict[str, str]:
    """What is asked for, by number of the invoice or by kind."""
    return {
        open_item.number or open_item.kind.value: str(open_item.unpaid)
        for open_item in open_items.unpaid
    }


FINAL = invoice("final", OCTOBER, date(2026, 12, 18), "300.00")
ADVANCE30 = invoice("a30", NOVEMBER, date(2026, 11, 10), "30.00", "advance30")
ADVANCE40 = invoice("a40", NOVEMBER, date(2026, 11, 25), "40.00", "advance40")
OLD = invoice("old", SEPTEMBER, date(2026, 10, 18), "1000.00")
OLD_UPD, OCTOBER_UPD = document(SEPTEMBER, "1000.00"), document(OCTOBER, "300.00")


def test_a_charge_that_is_due_later_is_not_overdue() -> None:
    open_items = build_open_items([OCTOBER_UPD], [FINAL], [], TODAY)
    assert (open_items.overdue, open_items.overdue_since) == (ZERO, None)
    assert (open_items.next_amount, open_items.next_due_on) == (
        Decimal("300.00"),
        date(2026, 12, 18),
    )


def test_an_invoice_due_today_is_not_overdue_yet() -> None:
    today = invoice("t", OCTOBER, TODAY, "300.00")
    assert build_open_items([OCTOBER_UPD], [today], [], TODAY).overdue == ZERO


def test_an_unpaid_advance_is_overdue_although_the_ledger_does_not_know_it() -> None:
    open_items = build_open_items([], [ADVANCE30, ADVANCE40], [], TODAY)
    assert (open_items.balance, open_items.overdue) == (ZERO, Decimal("30.00"))
    assert open_items.overdue_since == date(2026, 11, 10)
    assert (open_items.next_amount, open_items.next_invoice) == (Decimal("40.00"), "a40")


def test_a_paid_advance_is_not_asked_for_again() -> None:
    open_items = build_open_items([], [ADVANCE30, ADVANCE40], [money("30.00")], TODAY)
    assert (open_items.overdue, open_items.next_amount) == (ZERO, Decimal("40.00"))


def test_an_overpayment_covers_the_next_invoice_and_what_is_left_is_credit() -> None:
    open_items = build_open_items([], [ADVANCE30, ADVANCE40], [money("100.00")], TODAY)
    assert (open_items.next_amount, open_items.next_due_on) == (ZERO, None)
    assert open_items.credit[DebtKind.ENERGY] == Decimal("30.00")


def test_an_old_advance_that_was_never_charged_is_not_asked_for() -> None:
    july = invoice("7", Month(2026, 7), date(2026, 7, 10), "30.00", "advance30")
    assert build_open_items([], [july], [], TODAY).total == ZERO


def test_days_overdue_count_from_the_oldest_invoice_that_is_not_covered() -> None:
    months = [Month(2026, number) for number in (7, 8, 9)]
    documents = [document(month, "100.00") for month in months]
    invoices = [
        invoice(str(month), month, date(2026, month.number + 1, 18), "100.00") for month in months
    ]
    for paid, since in (("150.00", date(2026, 9, 18)), ("200.00", date(2026, 10, 18))):
        assert build_open_items(documents, invoices, [money(paid)], TODAY).overdue_since == since


def test_money_that_names_its_month_leaves_the_older_debt_overdue() -> None:
    open_items = build_open_items(
        [OLD_UPD], [OLD, ADVANCE30, ADVANCE40], [money("30.00", NOVEMBER)], TODAY
    )
    assert (open_items.balance, open_items.overdue) == (Decimal("970.00"), Decimal("1000.00"))
    assert asked(open_items) == {"old": "1000.00", "a40": "40.00"}


def test_what_no_invoice_asks_for_stands_by_document_a_month_in_time_a_correction_at_once() -> None:
    more = document(SEPTEMBER, "122.00", CORRECTION, date(2026, 11, 20))
    open_items = build_open_items([OLD_UPD, OCTOBER_UPD, more], [OLD], [money("1000.00")], TODAY)
    by_id = {receivable.id: receivable for receivable in open_items.unpaid}
    assert by_id[OCTOBER_UPD.id].due_on == date(2026, 11, 18)
    assert (by_id[more.id].unpaid, by_id[more.id].due_on) == (Decimal("122.00"), None)


def test_a_service_of_a_month_that_is_not_charged_is_asked_for_by_its_invoice_and_once() -> None:
    service = document(NOVEMBER, "500.00", EntryKind.OTHER, date(2026, 11, 5))
    bill = invoice("s", NOVEMBER, date(2026, 11, 30), "500.00", "other")
    open_items = build_open_items([service], [bill, ADVANCE40], [], TODAY)
    assert asked(open_items) == {"s": "500.00", "a40": "40.00"}
    assert open_items.reconciliation.unpaid_documents == open_items.balance == Decimal("500.00")


def test_a_correction_belongs_to_what_it_corrects_and_is_no_money() -> None:
    upd = document(OCTOBER, "1220.00")
    less = document(OCTOBER, "-122.61", CORRECTION, date(2026, 11, 5), upd)
    bill = invoice("77", OCTOBER, date(2026, 11, 18), "1220.00")
    paid = build_open_items([upd, less], [bill], [money("1000.00", OCTOBER)], TODAY)
    assert asked(paid) == {"77": "97.39"}
    assert paid.documents[upd.id].unpaid == Decimal("97.39")
    nothing = build_open_items([upd, less], [bill], [], TODAY)
    assert nothing.documents[upd.id].amount_due == nothing.documents[upd.id].unpaid
    assert asked(nothing) == {"77": "1097.39"}


def test_a_reversed_fine_is_neither_asked_for_nor_taken_off_the_energy() -> None:
    upd, fine = document(OCTOBER, "122.00"), document(OCTOBER, "5.00", FINE)
    reversal = document(OCTOBER, "-5.00", FINE, date(2026, 11, 5), fine)
    bill = invoice("90", OCTOBER, date(2026, 11, 18), "122.00")
    open_items = build_open_items([upd, fine, reversal], [bill], [], TODAY)
    assert (asked(open_items), open_items.interest) == ({"90": "122.00"}, ZERO)


def test_a_fine_that_was_paid_and_then_reversed_stays_a_credit_for_fines() -> None:
    upd, fine = document(OCTOBER, "122.00"), document(OCTOBER, "5.00", FINE)
    reversal = document(OCTOBER, "-5.00", FINE, date(2026, 11, 5), fine)
    open_items = build_open_items([upd, fine, reversal], [], [money("5.00", fine=True)], TODAY)
    assert (open_items.balance, open_items.total) == (Decimal("117.00"), Decimal("122.00"))
    assert open_items.credit[DebtKind.LATE_INTEREST] == Decimal("5.00")
    assert open_items.reconciliation.is_needed
    november = document(NOVEMBER, "7.00", FINE, date(2026, 11, 20))
    open_items = build_open_items(
        [upd, fine, reversal, november], [], [money("5.00", fine=True)], TODAY
    )
    assert open_items.interest == Decimal("2.00")


def test_debt_from_before_the_first_month_is_paid_first_and_then_asked_for_as_the_rest() -> None:
    first = SEPTEMBER.first
    for paid, rest in (
        ("500.00", {"old": "1000.00"}),
        ("200.00", {"rest": "300.00", "old": "1000.00"}),
    ):
        open_items = build_open_items(
            [OLD_UPD], [OLD], [money(paid)], TODAY, since=first, opening=Decimal("500.00")
        )
        assert asked(open_items) == rest


def test_an_invoice_of_older_times_asks_for_the_opening_debt_and_not_for_more() -> None:
    bill = invoice("8", Month(2026, 8), date(2026, 9, 18), "400.00")
    open_items = build_open_items(
        [], [bill], [], TODAY, since=SEPTEMBER.first, opening=Decimal("500.00")
    )
    assert asked(open_items) == {"rest": "100.00", "8": "400.00"}


def test_a_correction_of_older_times_lowers_the_opening_debt() -> None:
    old = document(Month(2025, 12), "9000.00")
    less = document(Month(2025, 12), "-100.00", CORRECTION, date(2026, 10, 15), old)
    open_items = build_open_items(
        [old, less], [], [], TODAY, since=SEPTEMBER.first, opening=Decimal("500.00")
    )
    assert asked(open_items) == {"rest": "400.00"}
    assert old.id not in open_items.documents


def test_where_billing_counts_another_balance_the_difference_is_asked_for_or_taken_off() -> None:
    more = build_open_items([OLD_UPD], [OLD], [], TODAY, balance=Decimal("1007.00"))
    assert asked(more) == {"old": "1000.00", "rest": "7.00"}
    less = build_open_items([OLD_UPD], [OLD], [], TODAY, balance=Decimal("990.00"))
    assert asked(less) == {"old": "990.00"}


def test_more_given_back_than_received_is_a_debt() -> None:
    assert asked(build_open_items([], [], [money("-50.00")], TODAY)) == {"rest": "50.00"}
    assert asked(build_open_items([], [], [money("-5.00", fine=True)], TODAY)) == {
        "interest": "5.00"
    }


def test_the_bridge_leads_from_the_balance_to_what_is_overdue_with_advances() -> None:
    open_items = build_open_items([OLD_UPD], [OLD, ADVANCE30, ADVANCE40], [], TODAY)
    reconciliation = open_items.reconciliation
    assert reconciliation.is_needed
    assert not reconciliation.explains_balance
    assert (
        reconciliation.overdue_documents,
        reconciliation.overdue_advances,
        reconciliation.overdue,
    ) == (
        Decimal("1000.00"),
        Decimal("30.00"),
        Decimal("1030.00"),
    )
    assert not build_open_items(
        [OLD_UPD, OCTOBER_UPD], [OLD, FINAL], [], TODAY
    ).reconciliation.is_needed
