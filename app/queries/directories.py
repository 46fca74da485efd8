"""Queries of directories for the staff who edit them, and of announcements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from app.domain.announcements import AnnouncementAudience
from app.domain.errors import NotFoundError
from app.models import (
    Announcement,
    AnnouncementContract,
    AnswerTemplate,
    Department,
    EnquiryTopic,
    PremisesKind,
    StaffMember,
    Supplier,
)
from app.queries.enquiries.customer import topics_in_force

Row = TypeVar("Row", Department, EnquiryTopic, PremisesKind, AnswerTemplate)


def count_rows(session: Session, model: type[Row]) -> int:
    """How many records a directory has, those that are switched off included."""
    return session.scalar(_of(model).with_only_columns(func.count())) or 0


def list_rows(session: Session, model: type[Row], offset: int, limit: int) -> Sequence[Row]:
    """Records of a directory, first those in use."""
    order = model.position if model is PremisesKind else model.name
    return session.scalars(
        _of(model).order_by(model.is_active.desc(), order, model.id).offset(offset).limit(limit)
    ).all()


def get_row(session: Session, model: type[Row], row_id: int) -> Row:
    """A record of a directory.

    Raises:
        NotFoundError: absent, or withdrawn by billing.
    """
    found = session.scalars(_of(model).where(model.id == row_id)).first()
    if found is None:
        raise NotFoundError
    return found


def has_name(session: Session, model: type[Row], name: str, but: int = 0) -> bool:
    """Whether a directory has a record of this name, in use or not, ``but`` one by its id."""
    same = _of(model).where(model.name == name, model.id != but)
    return session.scalars(same.limit(1)).first() is not None


def next_position(session: Session) -> int:
    """The place after the last kind of premises."""
    return (session.scalar(select(func.max(PremisesKind.position))) or 0) + 1


def name_departments(session: Session) -> dict[int, str]:
    """Names of all departments by id, those switched off or withdrawn included."""
    rows = session.execute(select(Department.id, Department.name).order_by(Department.name))
    return {row.id: row.name for row in rows}


def name_topics(session: Session) -> dict[int, str]:
    """Names of all topics by id, those switched off or withdrawn included."""
    rows = session.execute(select(EnquiryTopic.id, EnquiryTopic.name).order_by(EnquiryTopic.name))
    return {row.id: row.name for row in rows}


def list_answer_templates(session: Session, topic_id: int) -> Sequence[AnswerTemplate]:
    """Ready answers to choose from: those of a topic, then those of none, then the others."""
    is_own = case((AnswerTemplate.topic_id == topic_id, 0), (AnswerTemplate.topic_id.is_(None), 1))
    return session.scalars(
        select(AnswerTemplate)
        .where(AnswerTemplate.is_active)
        .order_by(func.coalesce(is_own, 2), AnswerTemplate.name, AnswerTemplate.id)
    ).all()


def find_supplier_row(session: Session) -> Supplier | None:
    """The supplier's requisites; None before the first import."""
    return session.scalars(
        select(Supplier).where(Supplier.withdrawn_at.is_(None)).order_by(Supplier.id).limit(1)
    ).first()


def count_announcements(session: Session) -> int:
    """How many announcements there have ever been."""
    return session.scalar(select(func.count()).select_from(Announcement)) or 0


def list_announcements(session: Session, offset: int, limit: int) -> list[tuple[Announcement, str]]:
    """Announcements with the names of their writers, the latest to end first."""
    rows = session.execute(
        select(Announcement, StaffMember.name)
        .join(StaffMember, StaffMember.id == Announcement.staff_id)
        .order_by(Announcement.ends_at.desc(), Announcement.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


def find_announced_id(session: Session, now: datetime) -> int | None:
    """The announcement that all pages show now: the newest current one for everybody."""
    return session.scalar(
        select(Announcement.id)
        .where(
            Announcement.begins_at <= now,
            Announcement.ends_at > now,
            Announcement.audience == AnnouncementAudience.ALL,
        )
        .order_by(Announcement.created_at.desc(), Announcement.id.desc())
        .limit(1)
    )


def count_contracts(session: Session, announcement_ids: Sequence[int]) -> dict[int, int]:
    """How many contracts each of some announcements is for, where not for everybody."""
    table = AnnouncementContract
    rows = session.execute(
        select(table.announcement_id, func.count())
        .where(table.announcement_id.in_(announcement_ids))
        .group_by(table.announcement_id)
    )
    return {row[0]: row[1] for row in rows}


def get_announcement(session: Session, announcement_id: int) -> Announcement:
    """An announcement.

    Raises:
        NotFoundError: there is none by that id.
    """
    found = session.get(Announcement, announcement_id)
    if found is None:
        raise NotFoundError
    return found


def _of(model: type[Row]) -> Select[Row]:
    rows: Select[Row] = select(model)
    if model is EnquiryTopic:
        return rows.where(topics_in_force())
    if model is Department:
        return rows.where(Department.withdrawn_at.is_(None))
    return rows
