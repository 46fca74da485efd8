"""Consents and sessions of an account as tables for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterable

from app.domain.texts import version_label
from app.integrations.bundled_texts import TITLES
from app.integrations.spreadsheets import Column, Kind, Table
from app.models import AccountSession, Consent
from app.web.downloads import moment_cell
from app.web.user_agents import describe_user_agent


def consents_table(consents: Iterable[tuple[Consent, int | None]]) -> Table:
    """One row per consent, with the browser it was given in."""
    columns = (
        Column("Текст", Kind.TEXT, 50),
        Column("Редакция", Kind.TEXT, 14),
        Column("Дано", Kind.MOMENT, 18),
        Column("Браузер", Kind.TEXT, 30),
        Column("Адрес", Kind.TEXT, 40),
        Column("Где", Kind.TEXT, 14),
        Column("Отозвано", Kind.MOMENT, 18),
        Column("Закончилось", Kind.MOMENT, 18),
    )
    rows = [
        [
            TITLES[consent.purpose],
            version_label(consent.version),
            moment_cell(consent.given_at),
            describe_user_agent(consent.user_agent),
            consent.address,
            "обращение" if consent.enquiry_id or consent.ended_at else "регистрация",
            moment_cell(consent.withdrawn_at),
            moment_cell(consent.ended_at),
        ]
        for consent, _ in consents
    ]
    return Table("Согласия", columns, rows)


def sessions_table(sessions: Iterable[AccountSession], current_id: int) -> Table:
    """One row per open session."""
    columns = (
        Column("Браузер", Kind.TEXT, 30),
        Column("Адрес", Kind.TEXT, 40),
        Column("Вход", Kind.MOMENT, 18),
        Column("Последнее действие", Kind.MOMENT, 18),
        Column("Отметка", Kind.TEXT, 14),
    )
    rows = [
        [
            describe_user_agent(session.user_agent),
            session.address,
            moment_cell(session.created_at),
            moment_cell(session.last_seen_at),
            "этот сеанс" if session.id == current_id else None,
        ]
        for session in sessions
    ]
    return Table("Сеансы", columns, rows)
