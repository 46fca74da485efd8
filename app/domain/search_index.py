"""Inverted index of search texts: which contracts have a character, a pair, a triple, a piece.

Contracts, in the order in which a list shows them, are cut into segments; a set of contracts of one
segment is an integer whose bit *n* is the contract at position *n*. What is asked for never has a
space in it, so that it is found within one whitespace-separated string of a text, in its middle as
well. Up to three characters have a set of their own. More are found by their triples, which tells
who may have them, and by the *pieces* that several contracts share, «общество» or «@mail.ru», which
tells who has them for certain; only for the rest a text must be read.
"""

from __future__ import annotations

import re
import struct
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import add

from app.domain.search import SearchQuery

VERSION = 1
"""To be raised when the same texts are indexed otherwise: what is stored is made anew then."""
SEGMENT_SIZE = 4096
"""Contracts of a segment: so many that a query reads few rows, so few that a set is half a KB."""
GRAM = 3
MIN_SHARED = 4
"""Contracts of a segment that make a piece worth a set of its own."""
MAX_PIECE = 64
_BETWEEN_PIECES = re.compile("[0-9]+|(?=@)")
_PREFIXES = (5, 7)
"""Lengths of shared beginnings of numbers, most of which have a common one: «00000», «3513»."""
_ZEROS = ("0000", "00000", "000000")
"""Numbers are filled up with them: their triples would tell nothing."""
_BITMAP_BYTES = SEGMENT_SIZE // 8
_FEW = SEGMENT_SIZE // 16
_ID = struct.Struct("<q")
_FEW_IDS = 8
"""Ids that are sooner looked for one by one than by reading all of a segment."""


@dataclass(frozen=True, slots=True)
class SegmentIndex:
    """Index of one segment: its shared pieces, one a line, and the packed set of each gram."""

    pieces: str
    sets: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Matches:
    """Contracts of a segment: those that match for certain, and all that may (these as well)."""

    certain: int
    possible: int

    def __or__(self, other: Matches) -> Matches:
        return Matches(self.certain | other.certain, self.possible | other.possible)

    def __and__(self, other: Matches) -> Matches:
        return Matches(self.certain & other.certain, self.possible & other.possible)

    @property
    def doubtful(self) -> int:
        """Contracts whose texts must be read."""
        return self.possible & ~self.certain


_NONE = Matches(0, 0)


def index_segment(texts: Sequence[str]) -> SegmentIndex:
    """Index the search texts of one segment, at most ``SEGMENT_SIZE``, by their positions."""
    strings = [set(text.split()) for text in texts]
    counts = Counter(chain.from_iterable(strings))
    parts_of = {string: found for string in counts if (found := _list_parts(string))}
    shared: defaultdict[str, list[int]] = defaultdict(list)
    parts: defaultdict[str, list[int]] = defaultdict(list)
    triples: defaultdict[str, list[int]] = defaultdict(list)
    for position, present in enumerate(strings):
        rare = []
        for string in present:
            if counts[string] >= MIN_SHARED:
                shared[string].append(position)
            else:
                rare.append(string)
            for part in parts_of.get(string, ()):
                parts[part].append(position)
        for triple in _list_triples(" ".join(rare)):
            triples[triple].append(position)
    pieces = {string: to_set(positions) for string, positions in shared.items()}
    sets = _unite_grams(pieces, triples)
    for part, positions in parts.items():
        if len(positions) >= MIN_SHARED:
            pieces[part] = pieces.get(part, 0) | to_set(positions)
    pieces = {piece: found for piece, found in pieces.items() if GRAM < len(piece) <= MAX_PIECE}
    # Zeros in a row may be a piece as well, which fewer contracts have.
    packed = {gram: pack_set(contracts) for gram, contracts in (pieces | sets).items()}
    return SegmentIndex("\n".join(sorted(pieces)), packed)


def list_grams(needle: str) -> list[str]:
    """Terms whose sets tell which contracts may have a string; a single one tells it exactly."""
    if len(needle) <= GRAM:
        return [needle]
    triples = [needle[start : start + GRAM] for start in range(len(needle) - GRAM + 1)]
    return triples + [zeros for zeros in _ZEROS if zeros in needle]


def find_pieces(pieces: str, needle: str) -> list[str]:
    """Shared pieces that have a string in them, but those whose contracts another one has anyway;
    none where the string is short enough to be a gram itself."""
    found: list[str] = []
    at = pieces.find(needle) if len(needle) > GRAM else -1
    while at >= 0:
        end = pieces.find("\n", at)
        end = len(pieces) if end < 0 else end
        piece = pieces[pieces.rfind("\n", 0, at) + 1 : end]
        if not (found and piece.startswith(found[-1]) and _is_short_prefix(found[-1])):
            found.append(piece)
        at = pieces.find(needle, end)
    return found


def match_needle(needle: str, pieces: Sequence[str], sets: Mapping[str, int]) -> Matches:
    """Contracts of a segment whose text has a string.

    Args:
        pieces: what ``find_pieces`` found for it.
        sets: at least those of its grams and pieces that the segment has.
    """
    possible = -1
    for gram in list_grams(needle):
        possible &= sets.get(gram, 0)
    if len(needle) <= GRAM:
        return Matches(possible, possible)
    certain = 0
    for piece in pieces:
        certain |= sets.get(piece, 0)
    return Matches(certain, possible)


def match_query(
    query: SearchQuery, matches: Mapping[str, Matches], by_account: Mapping[str, int]
) -> Matches:
    """Contracts of a segment that a query finds; the one of exactly its number is not added here.

    Args:
        matches: contracts whose text has a string, for each ``needle`` of the query.
        by_account: contracts with an account that has an email or telephone, where there are any.
    """
    found = Matches(-1, -1)
    for token in query.tokens:
        alternatives = _match_account(token.text, by_account) if token.is_email else _NONE
        for writing in token.writings:
            alternatives |= matches[writing]
        found &= alternatives
    if query.phone is not None:
        found |= matches[query.phone] | _match_account(query.phone, by_account)
    return found


def _match_account(contact: str, by_account: Mapping[str, int]) -> Matches:
    contracts = by_account.get(contact, 0)
    return Matches(contracts, contracts)


def is_match(query: SearchQuery, text: str, contacts: Collection[str]) -> bool:
    """Whether a query finds a contract by its text or by its accounts.

    Args:
        contacts: the emails and the telephone of the query that an account has.
    """
    if query.phone is not None and (query.phone in text or query.phone in contacts):
        return True
    return all(
        any(writing in text for writing in token.writings)
        or (token.is_email and token.text in contacts)
        for token in query.tokens
    )


def to_set(positions: Sequence[int]) -> int:
    """A set of the contracts at these positions."""
    bitmap = bytearray(_BITMAP_BYTES)
    for position in positions:
        bitmap[position >> 3] |= 1 << (position & 7)
    return int.from_bytes(bitmap, "little")


def list_positions(contracts: int, stop: int = SEGMENT_SIZE) -> list[int]:
    """Positions of a set in ascending order, the first ``stop`` of them."""
    bits = bin(contracts)[:1:-1]
    positions: list[int] = []
    at = bits.find("1")
    while at >= 0 and len(positions) < stop:
        positions.append(at)
        at = bits.find("1", at + 1)
    return positions


def pack_set(contracts: int) -> bytes:
    """Pack a set for storage: 16-bit positions if they are few, else a bitmap; little-endian."""
    count = contracts.bit_count()
    if count < _FEW:
        return struct.pack(f"<{count}H", *list_positions(contracts))
    return contracts.to_bytes(_BITMAP_BYTES, "little")


def unpack_set(stored: bytes) -> int:
    """Read a set as ``pack_set`` packs it."""
    if len(stored) == _BITMAP_BYTES:
        return int.from_bytes(stored, "little")
    return to_set(struct.unpack(f"<{len(stored) // 2}H", stored))


def pack_ids(contract_ids: Sequence[int]) -> bytes:
    """Pack the ids of contracts for storage: 64 bits each, little-endian."""
    return struct.pack(f"<{len(contract_ids)}q", *contract_ids)


def unpack_ids(stored: bytes) -> tuple[int, ...]:
    """Read ids as ``pack_ids`` packs them."""
    return struct.unpack(f"<{len(stored) // 8}q", stored)


class PackedIds:
    """Ids as ``pack_ids`` packs them; read one by one, for a page needs few of very many."""

    def __init__(self, stored: bytes) -> None:
        self._stored = stored

    def __getitem__(self, position: int) -> int:
        found: int = _ID.unpack_from(self._stored, position * _ID.size)[0]
        return found

    def find(self, contract_id: int) -> int | None:
        """The position of a contract; None: it is not here."""
        packed, at = _ID.pack(contract_id), -1
        while (at := self._stored.find(packed, at + 1)) >= 0:
            # Bytes of two neighbours may look like it.
            if at % _ID.size == 0:
                return at // _ID.size
        return None

    def locate(self, contract_ids: Collection[int]) -> list[int]:
        """Positions of those contracts that are here, in order."""
        if len(contract_ids) <= _FEW_IDS:
            return sorted(at for key in contract_ids if (at := self.find(key)) is not None)
        return [at for at, key in enumerate(unpack_ids(self._stored)) if key in contract_ids]


def _list_triples(text: str) -> set[str]:
    """Triples that begin at each character of a text, two spaces being added to its end, and its
    zeros in a row."""
    text += "  "
    return {
        *map(add, map(add, text, text[1:]), text[2:]),
        *(zeros for zeros in _ZEROS if zeros in text),
    }


def _list_parts(string: str) -> list[str]:
    """Parts of a string that other strings may have as well and that are long enough for pieces:
    the first digits of a number, what is before and after digits, and from an «@» on."""
    if string.isalpha():
        return []
    parts = [string[:size] for size in _PREFIXES if string[:size].isdigit()]
    if not string.isdigit():
        parts += _BETWEEN_PIECES.split(string)
    return [part for part in parts if len(part) > GRAM and part != string]


def _is_short_prefix(piece: str) -> bool:
    """Whether a piece has the contracts of all pieces that begin with it."""
    return len(piece) == _PREFIXES[0] and piece.isdigit()


def _unite_grams(pieces: Mapping[str, int], rare: Mapping[str, Sequence[int]]) -> dict[str, int]:
    """Sets of triples, and of the pairs and characters that triples begin with.

    Args:
        pieces: sets of strings that contracts share.
        rare: positions of the triples of all other strings.
    """
    triples = defaultdict(int, {triple: to_set(positions) for triple, positions in rare.items()})
    for string, contracts in pieces.items():
        for triple in _list_triples(string):
            triples[triple] |= contracts
    sets: defaultdict[str, int] = defaultdict(int)
    for triple, contracts in triples.items():
        for size in range(1, len(triple) + 1):
            sets[triple[:size]] |= contracts
    return {gram: contracts for gram, contracts in sets.items() if " " not in gram}
