"""What the portal hands over to billing: at least once, until billing acknowledges it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Row, Select, select, update
from sqlalchemy.orm import Session

from app.domain.readings import LIVE
from app.integrations.exchange_out import write_package
from app.models import (
    Contract,
    Meter,
    ReadingReceipt,
    Register,
    SubmittedReading,
    SupplyPoint,
)

READINGS = "readings_out.csv"
HEADER = (
    "submission_id", "contract_no", "point_id", "meter_id", "serial_no", "zone", "period",
    "taken_on", "value", "submitted_at", "submitted_by", "channel", "comment", "photo_file",
)  # fmt: skip
CHANNEL = "web"
CHUNK = 500


def export_readings(session: Session, folder: Path, now: datetime) -> tuple[Path | None, int]:
    """Write what billing has not acknowledged into a package; its path and its rows.

    Nothing to hand over: no package. Commit only after the file stands.

    Args:
        now: in the supplier's zone.
    """
    rows = [_row(row, now) for row in session.execute(_open())]
    if not rows:
        return None, 0
    for start in range(0, len(rows), CHUNK):
        ids = [row[0] for row in rows[start : start + CHUNK]]
        session.execute(
            update(SubmittedReading)
            .where(SubmittedReading.submission_id.in_(ids))
            .values(exported_at=now)
        )
    return write_package(folder, {READINGS: (HEADER, rows)}, now), len(rows)


def _open() -> Select[SubmittedReading, ReadingReceipt, Register, Meter, str, str]:
    return (
        select(
            SubmittedReading, ReadingReceipt, Register, Meter, SupplyPoint.external_id,
            Contract.number,
        )
        .join(ReadingReceipt, ReadingReceipt.id == SubmittedReading.receipt_id)
        .join(Register, Register.id == SubmittedReading.register_id)
        .join(Meter, Meter.id == Register.meter_id)
        .join(SupplyPoint, SupplyPoint.id == Meter.supply_point_id)
        .join(Contract, Contract.id == ReadingReceipt.contract_id)
        .where(SubmittedReading.acknowledged_at.is_(None), SubmittedReading.status.in_(LIVE))
        .order_by(SubmittedReading.id)
    )  # fmt: skip


def _row(
    row: Row[SubmittedReading, ReadingReceipt, Register, Meter, str, str], now: datetime
) -> Sequence[str]:
    submitted, receipt, register, meter, point_id, contract_no = row
    return (
        submitted.submission_id,
        contract_no,
        point_id,
        meter.external_id,
        meter.serial_number,
        register.zone,
        str(submitted.period),
        submitted.taken_on.isoformat(),
        f"{submitted.value:.{register.decimals}f}",
        receipt.submitted_at.astimezone(now.tzinfo).isoformat(timespec="seconds"),
        str(receipt.account_id or ""),
        CHANNEL,
        "с опозданием" if submitted.is_late else "",
        "",
    )
