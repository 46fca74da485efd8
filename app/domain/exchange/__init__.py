"""The billing exchange format 1.0; for its users, docs/billing-exchange.md."""

from __future__ import annotations

from app.domain.exchange.columns import Dialect
from app.domain.exchange.layout import FileLayout, Types
from app.domain.exchange.master_files import master_files
from app.domain.exchange.operation_files import operation_files

__all__ = ["ACKNOWLEDGEMENTS", "Dialect", "FileLayout", "build_layouts", "known_files"]

ACKNOWLEDGEMENTS = "readings_ack.csv"


def build_layouts(dialect: Dialect) -> tuple[FileLayout, ...]:
    """All files in the order of load, for the way one batch writes its values."""
    types = Types(dialect)
    return master_files(types) + operation_files(types)


def known_files() -> frozenset[str]:
    """Names of all files that billing may send, the manifest aside."""
    return frozenset({layout.filename for layout in build_layouts(Dialect())} | {ACKNOWLEDGEMENTS})
