"""Email staff when a health check becomes a fault, and when it is in order again.

Directly by SMTP, not through the queue, which may be what is dead; once, and again after a day.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from app.actions.health import AGAIN, claim_fault, claim_recovery, give_back
from app.domain.health import HealthCheck, HealthState
from app.extensions import db
from app.integrations.errors import SendError
from app.integrations.mailer import Mailing
from app.integrations.message_templates import render_email
from app.jobs import health
from app.jobs.delivery import transports
from app.logging import event, log
from app.models import HealthAlert
from app.queries.health import find_last_round, list_results
from app.web.context import clock, config, local_now

FRESH = timedelta(minutes=4)
"""The timer and the worker of one machine do not both go over the network in the same minutes."""
NO_DATABASE = "health_alert"
"""In INSTANCE_DIR: staff were told that the database, which would know it, is out of order."""


def alert() -> int:
    """Make every check, store the results and tell staff what has changed. Commits.

    Returns:
        How many changes were told.
    """
    checks = [*health.check_machine(), *health.check_data()]
    if not _is_checked_lately():
        checks += health.check_services()
    if not health.store(checks):
        return _alert_without_database(checks)
    told = _alert_recovered_database()
    return told + _alert_changes()


def _is_checked_lately() -> bool:
    try:
        last = find_last_round(db.session(), health.this_machine())
    except SQLAlchemyError:
        db.session.remove()
        return False
    return last is not None and clock().now() - last < FRESH


def _alert_changes() -> int:
    """Tell what this process, of all that see the same, has claimed to tell."""
    session, now = db.session(), clock().now()
    ours = [
        result for result in list_results(session) if result.machine in ("", health.this_machine())
    ]
    before = {result.id: result.alerted_at for result in ours}
    faults = [result for result in ours if claim_fault(session, result, now)]
    recovered = [result for result in ours if claim_recovery(session, result)]
    session.commit()
    if not faults and not recovered:
        return 0
    if not _send([_line(row) for row in faults], [_line(row) for row in recovered]):
        for result in (*faults, *recovered):
            give_back(session, result.id, before[result.id])
        session.commit()
        return 0
    return len(faults) + len(recovered)


def _alert_without_database(checks: Sequence[HealthCheck]) -> int:
    """Tell the faults; that they were told is noted in a file, by each machine for itself."""
    note = _note()
    if note.exists() and time.time() - note.stat().st_mtime < AGAIN.total_seconds():
        return 0
    faults = [check for check in checks if check.state is HealthState.FAULT]
    if not _send([_line(check) for check in faults], []):
        return 0
    note.touch()
    os.utime(note)
    return len(faults)


def _alert_recovered_database() -> int:
    note = _note()
    if not note.exists() or not _send([], ["База: отвечает и принимает запись"]):
        return 0
    note.unlink(missing_ok=True)
    return 1


def _note() -> Path:
    return config().instance_dir / NO_DATABASE


def _line(check: HealthCheck | HealthAlert) -> str:
    is_fault = check.state == HealthState.FAULT
    return f"{check.text}. {check.advice}" if is_fault and check.advice else f"{check.text}."


def _send(faults: list[str], recovered: list[str]) -> bool:
    """Send one email to everybody in STAFF_ALERT_EMAILS; whether any was accepted."""
    settings = config()
    content = render_email(
        "health_alert",
        host=settings.host,
        machine=health.this_machine(),
        at=local_now(),
        faults=faults,
        recovered=recovered,
        url=f"{settings.base_url}/staff/health",
        supplier="Личный кабинет",
        supplier_phone="",
    )
    accepted = 0
    for recipient in settings.staff_alert_emails:
        message_id = f"<kabinet-health-{os.urandom(8).hex()}@{transports().host}>"
        mailing = Mailing(
            recipient,
            content.subject or "",
            content.text,
            content.html or "",
            message_id,
            "Личный кабинет",
        )
        try:
            transports().mailer.send(mailing)
            accepted += 1
        except SendError as error:
            log.warning("health alert not sent: %s", error)
    event("health alert", faults=len(faults), recovered=len(recovered), accepted=accepted)
    return accepted > 0
