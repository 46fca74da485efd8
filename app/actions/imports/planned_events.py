"""Collect the audit events of an import while it is planned, to be stored with what it writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Table, insert

from app.lib.temporary_tables import create_temporary
from app.models import AuditEvent

COLUMNS = ("action", "contract_id", "subject", "subject_key", "changes")


@dataclass
class PlannedEvents:
    """Temporary table of events; a batch that changes nothing has none."""

    table: Table | None = None

    def add(self, connection: Connection, events: Sequence[dict[str, Any]]) -> None:
        """Add some, each with all of ``COLUMNS``."""
        if self.table is None:
            event = AuditEvent.__table__.c
            self.table = create_temporary(
                connection,
                "planned_events",
                Column("id", event.id.type, primary_key=True),
                *(Column(name, event[name].type) for name in COLUMNS),
            )
        connection.execute(insert(self.table), list(events))
