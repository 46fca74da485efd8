"""Import billing batches: read, check and merge a package of the billing exchange."""

from __future__ import annotations

from app.actions.imports.apply import ImportOptions, ImportResult, apply_import
from app.actions.imports.idempotency import AlreadyLoaded
from app.actions.imports.report import Fault, FileCounts, ImportRefusedError, Report
from app.actions.imports.staging import list_operation_tables

__all__ = [
    "AlreadyLoaded",
    "Fault",
    "FileCounts",
    "ImportOptions",
    "ImportRefusedError",
    "ImportResult",
    "Report",
    "apply_import",
    "list_operation_tables",
]
