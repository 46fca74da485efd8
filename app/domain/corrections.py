"""Apply corrections (УКД) and reversals to the documents that they correct.

A document with a negative sum is not money that arrived: it lowers the amount due of what it
corrects. What it lowers below zero becomes a credit of the same kind of debt, so that a reversed
late interest never pays for energy, nor a corrected bill for late interest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from app.domain.money import ZERO
from app.domain.period import Month
from app.domain.turnover import EntryKind


class DebtKind(StrEnum):
    """The two debts of a contract; each is paid and corrected apart from the other."""

    ENERGY = "energy"
    LATE_INTEREST = "late_interest"


class LedgerDocument(NamedTuple):
    """A document as the ledger has it; ``gross`` in roubles, below zero it lowers the debt.

    Attributes:
        external_id: billing's key.
        corrects: ``external_id`` of the document corrected; that one may be absent.
        is_withdrawn: billing has withdrawn it. It counts for nothing, but tells what its
            corrections belong to.
    """

    id: int
    external_id: str
    kind: EntryKind
    on: date
    period: Month
    gross: Decimal
    corrects: str | None = None
    is_withdrawn: bool = False
    number: str = ""

    @property
    def sort_key(self) -> tuple[date, str]:
        """By date; among those of a day by billing's key, which an import does not change."""
        return self.on, self.external_id


@dataclass(frozen=True, slots=True)
class CorrectedAmounts:
    """Amounts due after corrections; roubles, never negative.

    Attributes:
        amounts: by id of every document that raises the debt.
        opening: debt older than all these documents.
        credit: what was corrected below zero.
        kinds: which debt each document belongs to, by id.
    """

    amounts: Mapping[int, Decimal]
    opening: Decimal
    credit: Mapping[DebtKind, Decimal]
    kinds: Mapping[int, DebtKind]


def debt_kinds(documents: Iterable[LedgerDocument]) -> dict[int, DebtKind]:
    """Tell by id which debt a document belongs to: its own kind, or that of what it corrects.

    Args:
        documents: all of a contract, in any order.
    """
    documents = list(documents)
    by_key = {document.external_id: document for document in documents}
    return {document.id: _debt_kind(document, by_key) for document in documents}


def corrections_of_interest(documents: Iterable[LedgerDocument]) -> frozenset[int]:
    """Tell which documents belong to late interest by what they correct, not by their own kind.

    Args:
        documents: all of a contract, in any order.

    Returns:
        Their ids.
    """
    documents = list(documents)
    by_key = {document.external_id: document for document in documents}
    return frozenset(
        document.id
        for document in documents
        if document.corrects is not None
        and document.kind is not EntryKind.LATE_INTEREST
        and _debt_kind(document, by_key) is DebtKind.LATE_INTEREST
    )


def apply_corrections(
    documents: Iterable[LedgerDocument], since: date = date.min, opening: Decimal = ZERO
) -> CorrectedAmounts:
    """Lower documents by the negative ones that correct them.

    A negative document lowers its target, then what that one corrects in turn, then the others
    that correct the same document. Where there is none of these it lowers the month of what it
    corrects, of itself where that is absent; what is left is credit.

    Args:
        documents: all of a contract, in any order, withdrawn ones too.
        since: documents before it are part of ``opening`` and have no amount due themselves.
        opening: debt before ``since``, roubles, not negative.
    """
    corrections = _Corrections(sorted(documents, key=lambda document: document.sort_key), since)
    amounts = {
        document.id: document.gross for document in corrections.counted if document.gross > ZERO
    }
    credit = dict.fromkeys(DebtKind, ZERO)
    for document in corrections.counted:
        remainder = -document.gross
        if remainder <= ZERO:
            continue
        targets, lowers_opening = corrections.targets(document, amounts)
        for target in targets:
            part = min(amounts[target.id], remainder)
            amounts[target.id] -= part
            remainder -= part
        if lowers_opening:
            part = min(opening, remainder)
            opening -= part
            remainder -= part
        credit[corrections.kinds[document.id]] += remainder
    return CorrectedAmounts(amounts, opening, credit, corrections.kinds)


class _Corrections:
    """Finds the documents that a negative document lowers."""

    def __init__(self, documents: Sequence[LedgerDocument], since: date) -> None:
        self.since = since
        self.kinds = debt_kinds(documents)
        self.counted = [
            document for document in documents if document.on >= since and not document.is_withdrawn
        ]
        self._by_key = {document.external_id: document for document in documents}
        self._by_origin: dict[str, list[LedgerDocument]] = {}
        for document in documents:
            origin = _chain(document, self._by_key)[-1]
            self._by_origin.setdefault(origin.external_id, []).append(document)
        self._by_month: dict[tuple[Month, DebtKind], list[LedgerDocument]] = {}
        for document in self.counted:
            key = document.period, self.kinds[document.id]
            self._by_month.setdefault(key, []).append(document)

    def targets(
        self, correction: LedgerDocument, amounts: Mapping[int, Decimal]
    ) -> tuple[list[LedgerDocument], bool]:
        """Documents that a correction lowers, in order; whether it lowers the opening debt too."""
        kind = self.kinds[correction.id]
        _, *corrected = chain = _chain(correction, self._by_key)
        origin = chain[-1]
        related = [*corrected, *reversed(self._by_origin[origin.external_id])]
        targets = [
            document
            for document in related
            if document.id in amounts and self.kinds[document.id] is kind
        ]
        lowers_opening = any(document.on < self.since for document in corrected)
        if targets or lowers_opening:
            return targets, lowers_opening
        of_month = self._by_month.get((origin.period, kind), ())
        targets = [document for document in of_month if document.id in amounts]
        return targets, origin.period < Month.of(self.since)


def _debt_kind(document: LedgerDocument, by_key: Mapping[str, LedgerDocument]) -> DebtKind:
    for link in _chain(document, by_key):
        if link.kind is EntryKind.LATE_INTEREST:
            return DebtKind.LATE_INTEREST
    return DebtKind.ENERGY


def _chain(document: LedgerDocument, by_key: Mapping[str, LedgerDocument]) -> list[LedgerDocument]:
    """A document, what it corrects, what that one corrects, and so on; a circle ends the chain."""
    if document.corrects is None:
        return [document]
    chain, seen = [document], {document.external_id}
    while (key := chain[-1].corrects) is not None and key in by_key and key not in seen:
        seen.add(key)
        chain.append(by_key[key])
    return chain
