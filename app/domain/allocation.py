"""Payment allocation (cash application): which open items the money received has paid.

For information only: the ledger knows sums, not which payment paid which document. A payment that
names its period pays that period first; everything else pays the oldest first.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Generic, NamedTuple, TypeVar

from app.domain.money import ZERO
from app.domain.period import Month

Key = TypeVar("Key", bound=Hashable)


class OpenAmount(NamedTuple, Generic[Key]):
    """An amount to which money can be allocated; roubles above zero.

    Attributes:
        key: names it in the result.
        on: its age; the oldest is paid first.
        period: payments that name this month pay it first; None: no payment can name it.
        tie_breaker: decides among amounts of one day, so that the order of rows does not.
    """

    key: Key
    on: date
    period: Month | None
    amount: Decimal
    tie_breaker: str = ""


class Receipt(NamedTuple):
    """Money received, or refunded (below zero); roubles.

    Attributes:
        period: month that the payment names.
        is_interest: the payment's purpose says that it pays late interest.
    """

    amount: Decimal
    period: Month | None = None
    is_interest: bool = False


@dataclass(frozen=True, slots=True)
class Allocation(Generic[Key]):
    """What of each amount is covered, and what is left over; roubles.

    ``unallocated`` is below zero where more was refunded than had been received.
    """

    covered: Mapping[Key, Decimal]
    unallocated: Decimal


def allocate(amounts: Iterable[OpenAmount[Key]], receipts: Iterable[Receipt]) -> Allocation[Key]:
    """Allocate receipts to open amounts: nothing is paid twice, and nothing is lost.

    ``Σ covered + unallocated = Σ receipts``, and each amount is covered from zero to itself.

    Args:
        amounts: in any order; roubles.
        receipts: in any order; refunds uncover the newest amounts.
    """
    oldest_first = sorted(amounts, key=lambda item: (item.on, item.tie_breaker))
    receipts = list(receipts)
    covered = _cover_named_periods(oldest_first, receipts)
    unallocated = sum((receipt.amount for receipt in receipts), ZERO) - sum(covered.values(), ZERO)
    for item in oldest_first:
        if unallocated <= ZERO:
            break
        part = min(item.amount - covered[item.key], unallocated)
        covered[item.key] += part
        unallocated -= part
    for item in reversed(oldest_first):
        if unallocated >= ZERO:
            break
        refunded = min(covered[item.key], -unallocated)
        covered[item.key] -= refunded
        unallocated += refunded
    return Allocation(covered, unallocated)


def _cover_named_periods(
    oldest_first: Iterable[OpenAmount[Key]], receipts: Iterable[Receipt]
) -> dict[Key, Decimal]:
    """What payments that name a period cover there, by key; zero for all other amounts."""
    named: dict[Month | None, Decimal] = {}
    for receipt in receipts:
        if receipt.period is not None:
            named[receipt.period] = named.get(receipt.period, ZERO) + receipt.amount
    covered: dict[Key, Decimal] = {}
    for item in oldest_first:
        left = named.get(item.period, ZERO)
        if left > ZERO:
            part = covered[item.key] = min(item.amount, left)
            named[item.period] = left - part
        else:
            covered[item.key] = ZERO
    return covered
