"""Share the connection, report and run among the steps of one merge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from app.actions.imports.report import Report
from app.actions.imports.staging import StagedFile
from app.actions.imports.touched_contracts import TouchedContracts
from app.actions.imports.transfer_capture import TransferCapture


@dataclass(frozen=True, slots=True)
class MergeContext:
    """One import while its files are merged; the caller owns the transaction.

    Attributes:
        parents: staged files of the batch by the table that they fill.
        transfers: what is captured of contracts that change hands.
        touched: contracts whose money the batch changes.
    """

    connection: Connection
    report: Report
    run_id: int
    now: datetime
    parents: Mapping[str, StagedFile]
    transfers: TransferCapture = field(default_factory=TransferCapture)
    touched: TouchedContracts = field(default_factory=TouchedContracts)
