"""Directories: whether billing, staff or the portal owns a record, told by its key and edits."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from app.domain.enquiries import BUILT_IN as PORTAL

__all__ = ["PORTAL", "RecordSource", "record_source"]


class RecordSource(StrEnum):
    """Where a record of a directory comes from, and who may change it next."""

    BILLING = "billing"
    EDITED = "edited"
    """Of billing, and taken over by people: no import changes it."""
    PORTAL = "portal"
    BUILT_IN = "built_in"
    """Brought along by the portal, in use while billing sends none."""


class _Row(Protocol):
    @property
    def external_id(self) -> str: ...

    @property
    def edited_at(self) -> datetime | None: ...

    @property
    def withdrawn_at(self) -> datetime | None: ...


def record_source(row: _Row) -> RecordSource:
    """Whose a record is."""
    if row.external_id.startswith(PORTAL):
        return RecordSource.PORTAL if row.withdrawn_at is None else RecordSource.BUILT_IN
    return RecordSource.BILLING if row.edited_at is None else RecordSource.EDITED
