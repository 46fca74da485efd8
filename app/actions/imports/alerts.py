"""Queue an email to staff when billing data were not loaded, so that nobody has to watch a page."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.actions.accounts.notifications import build_message_facts
from app.actions.imports.findings import read_findings
from app.actions.messages import Outgoing, queue_message
from app.domain.imports import Channel, JobGoal, JobStatus
from app.domain.registration import Channel as MessageChannel
from app.integrations.message_templates import render_email
from app.models import ImportJob

KIND = "import_failed"
SHOWN_ERRORS = 5
CHANNELS = {
    Channel.PAGE: "на странице «Загрузка»",
    Channel.API: "запросом POST /api/import",
    Channel.COMMAND: "командой flask billing-import",
}


def needs_alert(job: ImportJob) -> bool:
    """Whether staff would learn of a job's failure by an alert only.

    So it is for a load that was refused or failed, and for a check that failed by our fault; a
    refused check is shown to whoever asked for it.
    """
    if job.goal == JobGoal.LOAD:
        return job.status in (JobStatus.REFUSED, JobStatus.FAILED)
    return job.status == JobStatus.FAILED and job.channel != Channel.COMMAND


def alert_failed_import(
    session: Session, job: ImportJob, recipients: Sequence[str], url: str, now: datetime
) -> None:
    """Queue an email about a load that failed, once a day for the same failure.

    Args:
        url: the page of the job.
        now: in the supplier's zone.
    """
    if not needs_alert(job):
        return
    errors = [str(fault) for fault in read_findings(job).errors]
    facts = build_message_facts(session, None) | {
        "name": job.name,
        "batch_id": job.batch_id or "",
        "at": now,
        "way": CHANNELS[Channel(job.channel)],
        "is_refused": job.status == JobStatus.REFUSED,
        "count": job.error_count,
        "errors": errors[:SHOWN_ERRORS],
        "message": job.message or "",
        "url": url,
    }
    same = "\n".join((f"{now:%Y-%m-%d}", job.name, job.batch_id or "", job.status, *errors))
    key = hashlib.sha256(same.encode()).hexdigest()[:24]
    for recipient in recipients:
        content = render_email(KIND, **facts)
        queue_message(session, Outgoing(KIND, MessageChannel.MAIL, recipient, content, key), now)
