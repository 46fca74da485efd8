"""Edit directories: departments, topics, kinds of premises, ready answers, the supplier.

A record of billing that staff change here is theirs from then on: no import changes or withdraws
it until it is given back.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.actions.audit_log import record
from app.domain.directories import PORTAL
from app.domain.errors import DirectoryError, NotFoundError
from app.lib.database import count_changed
from app.models import AnswerTemplate, Department, EnquiryTopic, PremisesKind, Supplier
from app.queries.directories import has_name
from app.queries.enquiries.customer import list_premises_kinds, list_topics

Row = TypeVar("Row", Department, EnquiryTopic, PremisesKind, AnswerTemplate)

_SUBJECTS = {
    Department: "department",
    EnquiryTopic: "topic",
    PremisesKind: "premises_kind",
    AnswerTemplate: "answer_template",
    Supplier: "supplier",
}
_PORTAL_ONLY = frozenset({"answer_days"})
"""Columns that billing knows nothing about; changing them takes nothing over."""


def add_row(session: Session, model: type[Row], values: dict[str, Any], now: datetime) -> Row:
    """Add a record of the portal's own to a directory.

    Raises:
        DirectoryError: ``taken``: there is one of this name, perhaps by a second click.
    """
    _check_name(session, model, values["name"])
    more: dict[str, str] = {}
    if model in (Department, EnquiryTopic):
        more["external_id"] = f"{PORTAL}{uuid.uuid4().hex[:8]}"
    row = model(**values, **more)
    session.add(row)
    session.flush()
    _record(session, row, "added", now, {name: [None, value] for name, value in values.items()})
    return row


def change_row(session: Session, row: Row, values: dict[str, Any], now: datetime) -> None:
    """Change a record of a directory; one of billing's belongs to people then.

    Raises:
        DirectoryError: ``last``: nothing would be left to choose from. ``taken``: there is
            another of the new name.
    """
    if values.get("name", row.name) != row.name:
        _check_name(session, type(row), values["name"], row.id)
    with session.begin_nested():
        _change(session, row, values, now, _PORTAL_ONLY)
        if values.get("is_active") is False and _is_last(session, row):
            raise DirectoryError("last")


def change_supplier(
    session: Session, supplier: Supplier, values: dict[str, Any], now: datetime
) -> None:
    """Change the supplier's requisites; the ИНН is what the portal knows it by, and stays."""
    _change(session, supplier, values, now, frozenset({"work_hours"}))


def give_back(
    session: Session,
    row: Department | EnquiryTopic | PremisesKind | AnswerTemplate | Supplier,
    now: datetime,
) -> None:
    """«Вернуть данные биллинга»: let the next import overwrite the record again.

    Raises:
        NotFoundError: billing has no such record.
    """
    if isinstance(row, PremisesKind | AnswerTemplate) or row.external_id.startswith(PORTAL):
        raise NotFoundError
    if row.edited_at is None:
        return
    row.edited_at = None
    session.flush()
    _record(session, row, "given_back", now, {})


def _change(
    session: Session, row: Any, values: dict[str, Any], now: datetime, portal_only: frozenset[str]
) -> None:
    changes = {
        name: [getattr(row, name), value]
        for name, value in values.items()
        if getattr(row, name) != value
    }
    if not changes:
        return
    for name, (_, value) in changes.items():
        setattr(row, name, value)
    is_of_billing = hasattr(row, "edited_at") and not row.external_id.startswith(PORTAL)
    if is_of_billing and set(changes) - portal_only:
        row.edited_at = now
    session.flush()
    _record(session, row, "changed", now, changes)


def _check_name(session: Session, model: type[Row], name: str, but: int = 0) -> None:
    # Names have no unique key, for billing may send the same twice. Whoever gives one takes the
    # first record, on either database, until the transaction ends: of two at once one sees the
    # other's.
    first = select(func.min(model.id)).scalar_subquery()
    count_changed(session, update(model).where(model.id == first).values(name=model.name))
    if has_name(session, model, name, but):
        raise DirectoryError("taken")


def _is_last(session: Session, row: object) -> bool:
    """Whether nothing is left of what every enquiry has to have."""
    if isinstance(row, EnquiryTopic):
        return not list_topics(session)
    return isinstance(row, PremisesKind) and not list_premises_kinds(session)


def _record(
    session: Session, row: Any, what: str, now: datetime, changes: dict[str, list[Any]]
) -> None:
    key = str(getattr(row, "external_id", row.id))
    action = f"{_SUBJECTS[type(row)]}.{what}"
    record(session, action, None, row.__tablename__, key, now, contract_id=None, **changes)
