"""Share the connection, report and plans among the steps of one merge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from app.actions.imports.file_plan import FilePlan
from app.actions.imports.planned_events import PlannedEvents
from app.actions.imports.report import Report
from app.actions.imports.staging import StagedFile
from app.actions.imports.touched_contracts import TouchedContracts
from app.actions.imports.transfer_capture import TransferCapture


@dataclass(frozen=True, slots=True)
class MergeContext:
    """One import while its files are planned and merged; the caller owns the transaction.

    Attributes:
        parents: staged files of the batch by the table that they fill.
        run_id: 0 while it is planned, for the run is stored with what it writes.
        plans: what is planned so far, by table.
        events: what the audit log will say of it.
        transfers: what is captured of contracts that change hands.
        touched: contracts whose money the batch changes.
    """

    connection: Connection
    report: Report
    now: datetime
    parents: Mapping[str, StagedFile]
    run_id: int = 0
    plans: dict[str, FilePlan] = field(default_factory=dict)
    events: PlannedEvents = field(default_factory=PlannedEvents)
    transfers: TransferCapture = field(default_factory=TransferCapture)
    touched: TouchedContracts = field(default_factory=TouchedContracts)
