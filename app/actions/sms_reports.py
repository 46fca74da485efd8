"""Store delivery reports of text messages."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.domain.sms_reports import DeliveryStatus, Report
from app.lib.database import count_changed, insert_or_ignore
from app.models import SmsReport


def store_report(session: Session, report: Report, now: datetime) -> None:
    """Store what was reported of a message; once it is delivered nothing else counts.

    Reports may come twice and in any order.
    """
    values = {"status": report.status, "error": report.error or None, "reported_at": now}
    if insert_or_ignore(session, SmsReport, provider_id=report.provider_id, **values):
        return
    count_changed(
        session,
        update(SmsReport)
        .where(
            SmsReport.provider_id == report.provider_id,
            SmsReport.status != DeliveryStatus.DELIVERED,
        )
        .values(**values),
    )
