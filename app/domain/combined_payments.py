"""Several payments as one payment order: what is owed for energy together, late interest apart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from app.domain.money import ZERO
from app.domain.payment_instructions import (
    ContractName,
    PaymentInstruction,
    combined_purpose,
    vat_clause,
)
from app.domain.receivables import ReceivableKind


def combine_payments(
    instructions: Sequence[PaymentInstruction], contract: ContractName, today: date
) -> tuple[PaymentInstruction, ...]:
    """Combine payments: one for energy, the oldest due date first, then late interest.

    Late interest has no VAT and is booked apart, so it never shares an order with energy.

    Args:
        instructions: those that were chosen; their sum is the sum of the result.
        today: business date.
    """
    energy = [item for item in instructions if item.kind is not ReceivableKind.INTEREST]
    interest = [item for item in instructions if item.kind is ReceivableKind.INTEREST]
    if len(energy) > 1:
        energy = [_combine_energy(energy, contract, today)]
    return (*energy, *interest)


def _combine_energy(
    instructions: Sequence[PaymentInstruction], contract: ContractName, today: date
) -> PaymentInstruction:
    amount = sum((item.amount for item in instructions), ZERO)
    rates = sorted({rate for item in instructions for rate in item.rates if rate})
    clause = vat_clause(_sum_vat(instructions), *rates)
    return PaymentInstruction(
        ReceivableKind.OTHER,
        amount,
        combined_purpose(contract, instructions, today, clause),
        due_on=min((item.due_on for item in instructions if item.due_on), default=None),
        vat=_sum_vat(instructions),
        rates=tuple(rates),
    )


def _sum_vat(instructions: Sequence[PaymentInstruction]) -> Decimal | None:
    """None where the VAT of one of them is not known: a sum without it would be a wrong one."""
    known = [item.vat for item in instructions if item.vat is not None]
    return sum(known, ZERO) if len(known) == len(instructions) else None
