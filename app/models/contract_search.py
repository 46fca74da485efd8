"""What contracts are found by, and its index; made of other tables by ``actions.search_index``."""

from __future__ import annotations

from sqlalchemy import ForeignKey, LargeBinary, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.search_index import MAX_PIECE
from app.models.base import Base, Key


class ContractSearch(Base):
    """What a contract is found by, in one text: number, ИНН, names, addresses, meters; folded as
    ``domain.search`` folds what is typed."""

    __tablename__ = "contract_search"

    contract_id: Mapped[Key] = mapped_column(ForeignKey("contracts.id"))
    search_text: Mapped[str] = mapped_column(Text)


class ContractSearchSegment(Base):
    """A run of contracts in the order of their texts, as ``domain.search_index`` indexes it."""

    __tablename__ = "contract_search_segments"

    id: Mapped[Key]
    """Its place in the order, from 1."""
    version: Mapped[int] = mapped_column(SmallInteger)
    generation: Mapped[int]
    """Another one whenever the segment is written anew: who reads several rows sees that."""
    contract_ids: Mapped[bytes] = mapped_column(LargeBinary)
    """Of the contract at each position, 64 bits each, little-endian."""
    pieces: Mapped[str] = mapped_column(Text)
    """Strings that several contracts share, one a line."""


class ContractSearchGram(Base):
    """Contracts of a segment whose text has a gram: up to three characters, or a piece."""

    __tablename__ = "contract_search_grams"
    __table_args__ = ({"sqlite_with_rowid": False},)

    segment_id: Mapped[Key] = mapped_column(ForeignKey("contract_search_segments.id"))
    gram: Mapped[str] = mapped_column(String(MAX_PIECE), primary_key=True)
    contracts: Mapped[bytes] = mapped_column(LargeBinary)
    """A set of positions, packed by ``domain.search_index.pack_set``."""
