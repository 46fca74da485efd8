"""Publish texts; a published one is never changed, so that who agreed to it can always read it."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy.orm import Session

from app.actions.audit_log import record
from app.domain.texts import next_version
from app.lib.database import insert_or_ignore
from app.models import TextVersion
from app.queries.texts import Text, current_text, list_versions


def publish_text(session: Session, purpose: str, body: str, staff_id: int, now: datetime) -> Text:
    """Publish a new version, in force at once; the text already in force is not published twice.

    Args:
        now: in the supplier's zone, whose day names the version.

    Raises:
        NotFoundError: there is no such text.
    """
    before = current_text(session, purpose)
    if before.body == body:
        return before
    sha256 = hashlib.sha256(body.encode()).hexdigest()
    used = {text.version for text in list_versions(session, purpose)}
    version = next_version(now.date(), used)
    # Another clerk may publish at the same moment.
    while not insert_or_ignore(
        session,
        TextVersion,
        purpose=purpose,
        version=version,
        body=body,
        sha256=sha256,
        created_at=now,
        staff_id=staff_id,
    ):
        used.add(version)
        version = next_version(now.date(), used)
    record(
        session,
        "text.published",
        None,
        "text_versions",
        f"{purpose} {version}",
        now,
        contract_id=None,
        version=[before.version, version],
        sha256=[before.sha256, sha256],
    )
    return current_text(session, purpose)
