"""The billing exchange format 1.0.

Source: docs/billing-exchange.md, which is written for those who program the export.
"""

from __future__ import annotations

from app.domain.exchange.column_types import Dialect
from app.domain.exchange.layout import ColumnTypes, FileLayout
from app.domain.exchange.master_files import master_files
from app.domain.exchange.operation_files import operation_files

__all__ = ["ACKNOWLEDGEMENTS", "Dialect", "FileLayout", "build_layouts", "known_files"]

ACKNOWLEDGEMENTS = "readings_ack.csv"


def build_layouts(dialect: Dialect) -> tuple[FileLayout, ...]:
    """Layouts of all files in the order of load: a file refers only to files before it.

    Args:
        dialect: how the batch writes its values.
    """
    types = ColumnTypes(dialect)
    return master_files(types) + operation_files(types)


def known_files() -> frozenset[str]:
    """Names of all files that billing may send, without the manifest."""
    return frozenset({layout.filename for layout in build_layouts(Dialect())} | {ACKNOWLEDGEMENTS})
