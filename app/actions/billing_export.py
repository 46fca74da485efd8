"""What the portal hands over to billing: at least once, until billing acknowledges it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Row, Select, select, update
from sqlalchemy.orm import Session

from app.domain.period import Month
from app.domain.readings import LIVE, ReadingStatus
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
    found = session.execute(_open()).all()
    replaced = _replaced(session, [row[0] for row in found])
    rows = [_row(row, replaced, now) for row in found]
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


def _replaced(
    session: Session, submitted: Sequence[SubmittedReading]
) -> dict[tuple[int, Month], str]:
    """What billing has got already and a newer reading of the month replaces: the last one's id."""
    found: dict[tuple[int, Month], str] = {}
    for start in range(0, len(submitted), CHUNK):
        ids = {each.register_id for each in submitted[start : start + CHUNK]}
        rows = session.execute(
            select(
                SubmittedReading.register_id, SubmittedReading.period,
                SubmittedReading.submission_id,
            )
            .where(
                SubmittedReading.register_id.in_(ids),
                SubmittedReading.status == ReadingStatus.REPLACED,
                SubmittedReading.exported_at.is_not(None),
            )
            .order_by(SubmittedReading.id)
        )  # fmt: skip
        found |= {(row.register_id, row.period): row.submission_id for row in rows}
    return found


def _comment(submitted: SubmittedReading, replaced: str | None) -> str:
    """What billing has to know about a reading, in words."""
    words = []
    if submitted.is_late:
        words.append(f"после срока: учесть в {submitted.period.plus(1)}")
    if replaced:
        words.append(f"вместо {replaced}")
    if submitted.rolled_over:
        words.append("прибор перешел через ноль")
    return "; ".join(words)


def _row(
    row: Row[SubmittedReading, ReadingReceipt, Register, Meter, str, str],
    replaced: dict[tuple[int, Month], str],
    now: datetime,
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
        _comment(submitted, replaced.get((submitted.register_id, submitted.period))),
        "",
    )
