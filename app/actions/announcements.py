"""Create, edit (until they end) and withdraw announcements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Select, delete, insert, literal, select
from sqlalchemy.orm import Session

from app.actions.audit_log import record
from app.domain.announcements import AnnouncementAudience, AnnouncementKind
from app.domain.errors import AnnouncementOverError
from app.models import Announcement, AnnouncementContract

_FIELDS = ("text", "begins_at", "ends_at", "kind", "audience")


@dataclass(frozen=True, slots=True)
class Scope:
    """What an announcement is of, and for whom.

    Attributes:
        typed: how the contracts were chosen, as it was typed.
        contracts: their ids, or a SELECT of them; those that come later are not among them.
    """

    kind: AnnouncementKind = AnnouncementKind.INFO
    audience: AnnouncementAudience = AnnouncementAudience.ALL
    typed: str = ""
    contracts: Select[int] | Sequence[int] = ()


EVERYBODY = Scope()


def announce(
    session: Session,
    text: str,
    begins_at: datetime,
    ends_at: datetime,
    staff_id: int,
    now: datetime,
    scope: Scope = EVERYBODY,
) -> Announcement:
    """Publish an announcement, shown on pages from ``begins_at`` to ``ends_at``."""
    row = Announcement(
        text=text,
        begins_at=begins_at,
        ends_at=ends_at,
        created_at=now,
        staff_id=staff_id,
        kind=scope.kind,
        audience=scope.audience,
        audience_text=scope.typed,
    )
    session.add(row)
    session.flush()
    _set_contracts(session, row, scope)
    _record(session, row, "added", now, dict.fromkeys(_FIELDS))
    return row


def change_announcement(
    session: Session,
    row: Announcement,
    text: str,
    begins_at: datetime,
    ends_at: datetime,
    now: datetime,
    scope: Scope = EVERYBODY,
) -> None:
    """Change an announcement that is not over, and choose its contracts anew.

    Raises:
        AnnouncementOverError: it has ended.
    """
    _check_open(row, now)
    before = _values(row)
    row.text, row.begins_at, row.ends_at = text, begins_at, ends_at
    row.kind, row.audience, row.audience_text = scope.kind, scope.audience, scope.typed
    session.flush()
    _set_contracts(session, row, scope)
    _record(session, row, "changed", now, before)


def end_announcement(session: Session, row: Announcement, now: datetime) -> None:
    """«Снять»: end an announcement now; one that had not begun is never shown.

    Raises:
        AnnouncementOverError: it has ended.
    """
    _check_open(row, now)
    before = _values(row)
    row.begins_at, row.ends_at = min(row.begins_at, now), now
    session.flush()
    _record(session, row, "ended", now, before)


def _set_contracts(session: Session, row: Announcement, scope: Scope) -> None:
    table = AnnouncementContract
    session.execute(delete(table).where(table.announcement_id == row.id))
    if isinstance(scope.contracts, Select):
        ids = scope.contracts.subquery().c[0]
        found = select(ids, literal(row.id))
        session.execute(insert(table).from_select(["contract_id", "announcement_id"], found))
    elif scope.contracts:
        rows = [{"contract_id": key, "announcement_id": row.id} for key in scope.contracts]
        session.execute(insert(table), rows)


def _check_open(row: Announcement, now: datetime) -> None:
    if row.ends_at <= now:
        raise AnnouncementOverError


def _values(row: Announcement) -> dict[str, str | None]:
    return {
        "text": row.text,
        "begins_at": row.begins_at.astimezone(UTC).isoformat(),
        "ends_at": row.ends_at.astimezone(UTC).isoformat(),
        "kind": row.kind,
        "audience": row.audience,
    }


def _record(
    session: Session, row: Announcement, what: str, now: datetime, before: dict[str, str | None]
) -> None:
    after = _values(row)
    changes = {n: [before[n], after[n]] for n in _FIELDS if before[n] != after[n]}
    if changes:
        record(
            session,
            f"announcement.{what}",
            None,
            "announcements",
            str(row.id),
            now,
            contract_id=None,
            **changes,
        )
