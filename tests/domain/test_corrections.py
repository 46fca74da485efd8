"""Corrections and reversals: what documents still ask for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given

from app.domain.corrections import DebtKind, LedgerDocument, apply_corrections, debt_kinds
from app.domain.money import ZERO
from app.domain.period import Month
from app.domain.turnover import EntryKind
from tests.domain.test_open_items_of_random_ledgers import ledgers

OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)
KINDS = {
    "upd": EntryKind.UPD,
    "ukd": EntryKind.CORRECTION,
    "fine": EntryKind.LATE_INTEREST,
    "other": EntryKind.OTHER,
}


def ledger(text: str) -> list[LedgerDocument]:
    """«A upd 1000; B ukd -100 >A x; C ukd -50 >B @11»: key, kind, sum, target, month, withdrawn."""
    documents = []
    for number, row in enumerate(text.split(";"), 1):
        key, kind, gross, *more = row.split()
        corrects = next((part[1:] for part in more if part[0] == ">"), None)
        month = next((int(part[1:]) for part in more if part[0] == "@"), 10)
        documents.append(
            LedgerDocument(
                number,
                key,
                KINDS[kind],
                date(2026, 11, number),
                Month(2026, month),
                Decimal(gross).quantize(ZERO),
                corrects,
                "x" in more,
            )
        )
    return documents


@pytest.mark.parametrize(
    ("rows", "amounts", "energy", "interest"),
    [
        ("A upd 1000; B ukd -100 >A", "A 900", 0, 0),
        ("A upd 1000; B ukd 200 >A; C ukd -300 >B", "A 900 B 0", 0, 0),
        ("A upd 1000; B ukd -100 >A; C ukd -50 >B", "A 850", 0, 0),
        ("A upd 1000; B ukd -100 >A; C ukd 100 >B", "A 900 C 100", 0, 0),
        ("A upd 100; B ukd 50 >A; C ukd -130 >A", "A 0 B 20", 0, 0),
        ("A upd 100; B ukd -130 >A", "A 0", 30, 0),
        ("A upd 100; B upd 500 @11; C ukd -130 >A", "A 0 B 500", 30, 0),
        ("A upd 100; B ukd -30 >gone", "A 70", 0, 0),
        ("A upd 100; B ukd -30 >gone @11", "A 100", 30, 0),
        ("A upd 100; B other -30", "A 70", 0, 0),
        ("A upd 100; B upd -100", "A 0", 0, 0),
        ("A fine 5; B fine -5 >A; C upd 122", "A 0 C 122", 0, 0),
        ("A fine 5; B fine -8 >A; C upd 122", "A 0 C 122", 0, 3),
        ("A fine 5; B ukd -5 >A; C upd 122", "A 0 C 122", 0, 0),
        ("A upd 122; B fine -5 >A", "A 122", 0, 5),
        ("A upd 122; B fine -5; C fine 9", "A 122 C 4", 0, 0),
        ("A ukd -5 >B; B ukd -7 >A; C upd 100", "C 88", 0, 0),
        ("A ukd -5 >A; C upd 100", "C 95", 0, 0),
        ("A upd 100; B ukd -30 >gone; C ukd -20 >B @11; D upd 500 @11", "A 50 D 500", 0, 0),
        ("A fine 5 x; B ukd -5 >A; C upd 122", "C 122", 0, 5),
        ("A fine 5 x; B ukd -5 >A; C upd 122; D fine 9", "C 122 D 4", 0, 0),
        ("A upd 100; B ukd -10 >A x; C ukd -20 >B @11; D upd 500 @11", "A 80 D 500", 0, 0),
        ("A upd 100 x; B upd 90; C ukd -20 >A @11; D upd 500 @11", "B 70 D 500", 0, 0),
    ],
)
def test_a_lowering_document_lowers_what_it_corrects(
    rows: str, amounts: str, energy: int, interest: int
) -> None:
    documents = ledger(rows)
    net = apply_corrections(documents)
    found = {
        document.external_id: net.amounts[document.id]
        for document in documents
        if document.id in net.amounts
    }
    parts = amounts.split()
    assert found == {
        key: Decimal(amount) for key, amount in zip(parts[::2], parts[1::2], strict=True)
    }
    assert net.credit == {DebtKind.ENERGY: energy, DebtKind.LATE_INTEREST: interest}


def test_a_correction_of_a_fine_is_late_interest_and_a_fine_never_energy() -> None:
    documents = ledger("A fine 5; B ukd -5 >A; C ukd 1 >B; D upd 10; E fine 2 >D; F other 1 >gone")
    kinds = debt_kinds(documents)
    assert [kinds[document.id] is DebtKind.LATE_INTEREST for document in documents] == [
        True,
        True,
        True,
        False,
        True,
        False,
    ]


@given(ledgers())
def test_corrections_lose_nothing_and_leave_nothing_below_zero(
    documents: list[LedgerDocument],
) -> None:
    net = apply_corrections(documents)
    kinds = debt_kinds(documents)
    for kind in DebtKind:
        mine = [
            document
            for document in documents
            if kinds[document.id] is kind and not document.is_withdrawn
        ]
        amount_due = sum((net.amounts[row.id] for row in mine if row.id in net.amounts), ZERO)
        assert amount_due - net.credit[kind] == sum((row.gross for row in mine), ZERO)
    assert all(amount >= 0 for amount in (*net.amounts.values(), *net.credit.values()))
