"""Texts that people agree to or read: those published here, before them the portal's own files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.domain.errors import NotFoundError
from app.integrations.bundled_texts import list_files
from app.lib.prepared_select import PreparedSelect
from app.models import StaffMember, TextVersion


@dataclass(frozen=True, slots=True)
class Text:
    """One version of one text: a ``template`` of the portal's, or a ``body`` in Markdown."""

    purpose: str
    version: str
    sha256: str
    template: str | None = None
    body: str | None = None
    published_at: datetime | None = None
    author: str | None = None


_VERSIONS = PreparedSelect(
    select(
        TextVersion.purpose,
        TextVersion.version,
        TextVersion.sha256,
        TextVersion.body,
        TextVersion.created_at,
        StaffMember.name,
    )
    .join(StaffMember, StaffMember.id == TextVersion.staff_id)
    .where(TextVersion.purpose == bindparam("purpose"))
    .order_by(TextVersion.id)
)
_CURRENT = PreparedSelect(
    select(
        TextVersion.purpose,
        TextVersion.version,
        TextVersion.sha256,
        TextVersion.body,
        TextVersion.created_at,
    )
    .where(TextVersion.purpose == bindparam("purpose"))
    .order_by(TextVersion.id.desc())
    .limit(1)
)


def list_versions(session: Session, purpose: str) -> list[Text]:
    """All versions of a text, the current one last; empty for an unknown purpose."""
    files = list_files(purpose)
    if not files:
        return []
    rows = _VERSIONS.all(session, purpose=purpose)
    return [
        *(Text(file.purpose, file.version, file.sha256, file.template) for file in files),
        *(_published(*row) for row in rows),
    ]


def current_text(session: Session, purpose: str) -> Text:
    """The version that is shown and agreed to today: the newest one published, else the file.

    Raises:
        NotFoundError: there is no such text.
    """
    files = list_files(purpose)
    if not files:
        raise NotFoundError
    row = _CURRENT.first(session, purpose=purpose)
    if row is not None:
        return _published(*row)
    file = files[-1]
    return Text(file.purpose, file.version, file.sha256, file.template)


def find_text(session: Session, purpose: str, version: str) -> Text | None:
    """The version that somebody agreed to."""
    if not re.fullmatch(r"[a-z0-9-]{1,20}", version):
        return None
    return next((text for text in list_versions(session, purpose) if text.version == version), None)


def _published(
    purpose: str,
    version: str,
    sha256: str,
    body: str,
    published_at: datetime,
    author: str | None = None,
) -> Text:
    return Text(purpose, version, sha256, body=body, published_at=published_at, author=author)
