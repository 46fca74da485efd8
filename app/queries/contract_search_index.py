"""Search of contracts by the index of their texts, whose sets ``domain.search_index`` describes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import bindparam, case, select
from sqlalchemy.orm import Session

from app.domain.search import SearchQuery
from app.domain.search_index import (
    VERSION,
    Matches,
    PackedIds,
    find_pieces,
    is_match,
    list_grams,
    list_positions,
    match_needle,
    match_query,
    to_set,
    unpack_set,
)
from app.models import ContractSearch, ContractSearchGram, ContractSearchSegment
from app.queries.contract_search_scan import (
    IdPage,
    select_by_email,
    select_by_phone,
    select_exact,
)

TRIES = 3
ROWS_AT_ONCE = 5000

_OF_SEGMENTS = ContractSearchGram.segment_id.in_(bindparam("segment_ids", expanding=True))
_OF_GRAMS = ContractSearchGram.gram.in_(bindparam("grams", expanding=True))
_IS_WANTED = ContractSearchSegment.id.in_(bindparam("segment_ids", expanding=True))
_SEGMENTS = select(
    ContractSearchSegment.id,
    ContractSearchSegment.generation,
    ContractSearchSegment.version,
    ContractSearchSegment.pieces,
    select_exact(bindparam("number_key")).label("exact_id"),
).order_by(ContractSearchSegment.id)
_SETS = select(
    ContractSearchGram.segment_id, ContractSearchGram.gram, ContractSearchGram.contracts
).where(_OF_SEGMENTS, _OF_GRAMS)
_IDS = select(
    ContractSearchSegment.id,
    ContractSearchSegment.generation,
    case((_IS_WANTED, ContractSearchSegment.contract_ids)),
)
_TEXTS = select(ContractSearch.contract_id, ContractSearch.search_text).where(
    ContractSearch.contract_id.in_(bindparam("contract_ids", expanding=True))
)


def find_by_index(session: Session, query: SearchQuery, offset: int, limit: int) -> IdPage | None:
    """Find contracts by the index, in the order and with the total of ``scan_contracts``.

    None: there is no index of this version of the portal yet, or it changes all the time.
    """
    for _ in range(TRIES):
        segments = session.execute(_SEGMENTS, {"number_key": query.number_key}).all()
        if not segments or any(segment.version != VERSION for segment in segments):
            return None
        with suppress(_IndexChangedError):
            return _Search(session, query, segments).list_page(offset, limit)
    return None


class _IndexChangedError(Exception):
    """An import was committed between two statements that read the index."""


class _Search:
    """One query over all segments; sets and positions are those within one of them."""

    def __init__(self, session: Session, query: SearchQuery, segments: Sequence[Any]) -> None:
        self.session = session
        self.query = query
        self.exact_id: int | None = segments[0].exact_id
        self.generations = {segment.id: segment.generation for segment in segments}
        self.is_checked = False
        """Whether all that has been read is of one moment."""
        self.contract_ids: dict[int, PackedIds] = {}
        self.pieces = {
            (segment.id, needle): find_pieces(segment.pieces, needle)
            for segment in segments
            for needle in query.needles
        }
        self.by_account = self._read_by_account()
        self.sets = self._read_sets()

    def list_page(self, offset: int, limit: int) -> IdPage:
        """Ids from ``offset`` on, the contract of exactly this number first."""
        found = self._decide(self._match())
        ids: list[int] = []
        for key, exact in self._locate_exact().items():
            ids.append(self.contract_ids[key][exact])
            found[key] &= ~(1 << exact)
        total = len(ids) + sum(contracts.bit_count() for contracts in found.values())
        start, stop = max(offset - len(ids), 0), max(offset + limit - len(ids), 0)
        page = IdPage(ids[offset : offset + limit] + self._slice(found, start, stop), total)
        if not self.is_checked:
            self._read_ids(())
        return page

    def _match(self) -> dict[int, Matches]:
        """What the query finds in each segment."""
        accounts = {needle: self._locate(ids) for needle, ids in self.by_account.items()}
        found = {}
        for key in self.generations:
            matches = {
                needle: match_needle(needle, self.pieces[key, needle], self.sets[key])
                for needle in self.query.needles
            }
            by_account = {needle: located.get(key, 0) for needle, located in accounts.items()}
            found[key] = match_query(self.query, matches, by_account)
        return found

    def _decide(self, found: Mapping[int, Matches]) -> dict[int, int]:
        """Read the texts of those that only may match."""
        doubtful = {key: matches.doubtful for key, matches in found.items() if matches.doubtful}
        self._read_ids(doubtful)
        positions = {
            self.contract_ids[key][position]: (key, position)
            for key, contracts in doubtful.items()
            for position in list_positions(contracts)
        }
        decided = {key: matches.certain for key, matches in found.items()}
        ids = list(positions)
        self.is_checked &= not ids
        for start in range(0, len(ids), ROWS_AT_ONCE):
            portion = {"contract_ids": ids[start : start + ROWS_AT_ONCE]}
            for contract_id, text in self.session.execute(_TEXTS, portion):
                contacts = {
                    needle
                    for needle, found_ids in self.by_account.items()
                    if contract_id in found_ids
                }
                if is_match(self.query, text, contacts):
                    key, position = positions[contract_id]
                    decided[key] |= 1 << position
        return decided

    def _slice(self, found: Mapping[int, int], start: int, stop: int) -> list[int]:
        """Ids of the contracts found, from one to another in their order."""
        wanted: dict[int, list[int]] = {}
        for key, contracts in found.items():
            count = contracts.bit_count()
            if start < count and stop > 0:
                wanted[key] = list_positions(contracts, stop)[start:]
            start, stop = max(start - count, 0), max(stop - count, 0)
        self._read_ids(wanted)
        return [self.contract_ids[key][at] for key, places in wanted.items() for at in places]

    def _locate(self, contract_ids: Collection[int]) -> dict[int, int]:
        """Sets of these contracts in the segments where they are."""
        if not contract_ids:
            return {}
        self._read_ids(self.generations)
        located = {}
        for key in self.generations:
            if present := self.contract_ids[key].locate(contract_ids):
                located[key] = to_set(present)
        return located

    def _locate_exact(self) -> dict[int, int]:
        """The segment and the position of the contract of exactly the number that was typed."""
        if self.exact_id is None:
            return {}
        number = self.query.folded_number
        likely = [key for key, sets in self.sets.items() if match_needle(number, (), sets).possible]
        for keys in (likely, self.generations):
            self._read_ids(keys)
            for key in keys:
                position = self.contract_ids[key].find(self.exact_id)
                if position is not None:
                    return {key: position}
        return {}

    def _read_sets(self) -> Mapping[int, Mapping[str, int]]:
        """Sets of every gram and piece that the query needs, by segment."""
        needles = self.query.needles
        if self.exact_id is not None:
            needles = needles | {self.query.folded_number}
        grams = {gram for needle in needles for gram in list_grams(needle)}
        grams |= {piece for pieces in self.pieces.values() for piece in pieces}
        rows = self.session.execute(
            _SETS, {"segment_ids": list(self.generations), "grams": list(grams)}
        )
        sets: defaultdict[int, dict[str, int]] = defaultdict(dict)
        for key, gram, contracts in rows:
            sets[key][gram] = unpack_set(contracts)
        return sets

    def _read_ids(self, segment_ids: Collection[int]) -> None:
        """Read which contracts are in segments, unless that is known.

        Raises:
            _IndexChangedError: segments have been written anew since the first statement.
        """
        missing = set(segment_ids) - self.contract_ids.keys()
        if self.is_checked and not missing:
            return
        rows = self.session.execute(_IDS, {"segment_ids": list(missing)}).all()
        if {row[0]: row[1] for row in rows} != self.generations:
            raise _IndexChangedError
        self.contract_ids |= {row[0]: PackedIds(row[2]) for row in rows if row[2] is not None}
        self.is_checked = True

    def _read_by_account(self) -> dict[str, frozenset[int]]:
        """Contracts that are found by the contacts of an account, for each email and telephone."""
        found = {}
        for token in self.query.tokens:
            if token.is_email:
                found[token.text] = frozenset(self.session.scalars(select_by_email(token)))
        if self.query.phone is not None:
            found[self.query.phone] = frozenset(
                self.session.scalars(select_by_phone(self.query.phone))
            )
        return found
