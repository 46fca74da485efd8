"""Corrections (УКД) and reversals: what each document still asks for once they are counted.

A document with a negative sum is not money that arrived: it belongs to what it corrects and lowers
that demand. What it lowers below zero becomes a credit of the same kind of debt, so that a reversed
fine never pays for energy, nor a corrected bill for a fine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from app.domain.money import ZERO
from app.domain.period import Month
from app.domain.turnover import EntryKind


class DebtKind(StrEnum):
    """The two debts of a contract; each is paid and corrected apart from the other."""

    ENERGY = "energy"
    LATE_INTEREST = "late_interest"


@dataclass(frozen=True, slots=True)
class LedgerDocument:
    """A document as the ledger has it; ``gross`` in roubles, below zero it lowers the debt."""

    id: int
    external_id: str
    kind: EntryKind
    on: date
    period: Month
    gross: Decimal
    corrects: str | None = None
    """``external_id`` of the document corrected; that one may be absent."""
    is_withdrawn: bool = False
    """Billing took it back: it counts for nothing, but tells what its corrections belong to."""

    @property
    def order(self) -> tuple[date, str]:
        """By date; among those of a day by billing's key, which an import does not change."""
        return self.on, self.external_id


@dataclass(frozen=True, slots=True)
class CorrectedAmounts:
    """What documents ask for after corrections; roubles, never negative."""

    amounts: Mapping[int, Decimal]
    """By id of every document that raises the debt."""
    opening: Decimal
    """Debt older than all these documents."""
    credit: Mapping[DebtKind, Decimal]
    """What was corrected below zero."""


def debt_kinds(documents: Iterable[LedgerDocument]) -> dict[int, DebtKind]:
    """Tell by id which debt a document belongs to: its own kind, or that of what it corrects."""
    documents = list(documents)
    by_key = {document.external_id: document for document in documents}
    return {document.id: _debt_kind(document, by_key) for document in documents}


def apply_corrections(
    documents: Iterable[LedgerDocument], since: date = date.min, opening: Decimal = ZERO
) -> CorrectedAmounts:
    """Lower documents by the negative ones that correct them.

    A negative document lowers its target, then what that one corrects in turn, then the others that
    hang on the same document. Where there is none of these it lowers the month of what it corrects,
    of itself where that is absent; what is left is credit. The order of ``documents`` does not
    matter.

    Args:
        since: documents before it are part of ``opening`` and ask for nothing themselves.
        opening: debt before ``since``, roubles, not negative.
    """
    ordered = sorted(documents, key=lambda document: document.order)
    by_key = {document.external_id: document for document in ordered}
    kinds = debt_kinds(ordered)
    inside = [
        document for document in ordered if document.on >= since and not document.is_withdrawn
    ]
    amounts = {document.id: document.gross for document in inside if document.gross > ZERO}
    credit = dict.fromkeys(DebtKind, ZERO)
    families: dict[str, list[LedgerDocument]] = {}
    months: dict[tuple[Month, DebtKind], list[LedgerDocument]] = {}
    for document in ordered:
        families.setdefault(_chain(document, by_key)[-1].external_id, []).append(document)
    for document in inside:
        months.setdefault((document.period, kinds[document.id]), []).append(document)
    for document in inside:
        left = -document.gross
        if left <= ZERO:
            continue
        kind, chain = kinds[document.id], _chain(document, by_key)
        family = [*chain[1:], *reversed(families[chain[-1].external_id])]
        targets = [each for each in family if each.id in amounts and kinds[each.id] is kind]
        is_of_opening = any(target.on < since for target in chain[1:])
        if not targets and not is_of_opening:
            month = chain[-1].period
            targets = [each for each in months.get((month, kind), ()) if each.id in amounts]
            is_of_opening = month < Month.of(since)
        for target in targets:
            taken = min(amounts[target.id], left)
            amounts[target.id] -= taken
            left -= taken
        if is_of_opening:
            taken = min(opening, left)
            opening -= taken
            left -= taken
        credit[kind] += left
    return CorrectedAmounts(amounts, opening, credit)


def _debt_kind(document: LedgerDocument, by_key: Mapping[str, LedgerDocument]) -> DebtKind:
    kinds = {each.kind for each in _chain(document, by_key)}
    return DebtKind.LATE_INTEREST if EntryKind.LATE_INTEREST in kinds else DebtKind.ENERGY


def _chain(document: LedgerDocument, by_key: Mapping[str, LedgerDocument]) -> list[LedgerDocument]:
    """A document, what it corrects, what that one corrects, and so on; a circle ends the chain."""
    chain, seen, key = [document], {document.external_id}, document.corrects
    while key is not None and key in by_key and key not in seen:
        seen.add(key)
        chain.append(by_key[key])
        key = chain[-1].corrects
    return chain
