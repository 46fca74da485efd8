"""What proves the right to a contract."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.registration import (
    Channel,
    ContactsOnRecord,
    earliest_proof_day,
    is_document_total,
)

ON_RECORD = ContactsOnRecord.of("Buh@example.org; dir@example.org", "8 912 345-67-89")


@pytest.mark.parametrize(
    ("channel", "contact", "has"),
    [
        (Channel.MAIL, "buh@EXAMPLE.org", True),
        (Channel.MAIL, "dir@example.org", True),
        (Channel.MAIL, "other@example.org", False),
        (Channel.MAIL, "+79123456789", False),
        (Channel.SMS, "+79123456789", True),
        (Channel.SMS, "+79123456780", False),
        (Channel.SMS, "buh@example.org", False),
    ],
)
def test_only_the_contact_that_confirms_counts(channel: Channel, contact: str, has: bool) -> None:
    assert ON_RECORD.has(channel, contact) is has


def test_a_customer_without_contacts_knows_nobody() -> None:
    nobody = ContactsOnRecord.of(None, "")
    assert not nobody.has(Channel.MAIL, "")
    assert not nobody.has(Channel.SMS, "")


@pytest.mark.parametrize(
    ("today", "since"),
    [
        (date(2026, 11, 21), date(2026, 8, 21)),
        (date(2026, 5, 31), date(2026, 2, 28)),
        (date(2028, 5, 31), date(2028, 2, 29)),
        (date(2026, 1, 1), date(2025, 10, 1)),
    ],
)
def test_documents_of_the_last_three_months_prove_the_right(today: date, since: date) -> None:
    assert earliest_proof_day(today) == since


@given(st.dates(date(2001, 1, 1), date(2098, 12, 31)))
def test_three_months_are_never_longer_than_92_days(today: date) -> None:
    assert 89 <= (today - earliest_proof_day(today)).days <= 92


def test_the_exact_total_proves_and_nothing_that_anybody_would_guess() -> None:
    totals = [Decimal("12345.67"), Decimal("0.00"), Decimal("-500.00")]
    assert is_document_total(Decimal("12345.67"), totals)
    assert not is_document_total(Decimal("12345.66"), totals)
    assert not is_document_total(Decimal("0.00"), totals)
    assert not is_document_total(Decimal("-500.00"), totals)
