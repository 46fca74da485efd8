"""Which demands the money received has paid: for information, the ledger knows only sums.

A payment that names its period pays that period first; everything else pays the oldest first.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Generic, TypeVar

from app.domain.money import ZERO
from app.domain.period import Month

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Claim(Generic[Key]):
    """A sum that is asked for; roubles above zero. ``period`` None: no payment can name it."""

    key: Key
    on: date
    period: Month | None
    amount: Decimal
    order: str = ""
    """Decides among claims of one day, so that the order of rows does not."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money received, or given back (below zero); roubles. ``period`` where it names one."""

    amount: Decimal
    period: Month | None = None
    is_interest: bool = False
    """The purpose says that it pays late interest."""


@dataclass(frozen=True, slots=True)
class Allocation(Generic[Key]):
    """What of each claim is covered, and what is left over; roubles.

    ``left`` is below zero where more was given back than had been received.
    """

    covered: Mapping[Key, Decimal]
    left: Decimal


def allocate(claims: Iterable[Claim[Key]], receipts: Iterable[Receipt]) -> Allocation[Key]:
    """Spread receipts over claims: nothing is paid twice, and nothing is lost.

    ``Σ covered + left = Σ receipts``, and each claim is covered from zero to its amount.
    """
    ordered = sorted(claims, key=lambda claim: (claim.on, claim.order))
    free = ZERO
    named: dict[Month | None, Decimal] = {}
    for receipt in receipts:
        free += receipt.amount
        if receipt.period is not None:
            named[receipt.period] = named.get(receipt.period, ZERO) + receipt.amount
    covered: dict[Key, Decimal] = {}
    for claim in ordered:
        taken = min(claim.amount, max(ZERO, named.get(claim.period, ZERO)))
        covered[claim.key] = taken
        if taken:
            named[claim.period] -= taken
            free -= taken
    for claim in ordered:
        taken = min(claim.amount - covered[claim.key], max(ZERO, free))
        covered[claim.key] += taken
        free -= taken
    for claim in reversed(ordered):
        # Given back: the newest is no longer covered.
        given = min(covered[claim.key], max(ZERO, -free))
        covered[claim.key] -= given
        free += given
    return Allocation(covered, free)
