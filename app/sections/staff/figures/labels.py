"""Russian labels of the figures, and the figures as spreadsheets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from app.domain.figures import TopicFigures
from app.integrations.spreadsheets import Column, Kind, Table
from app.queries.figures import Count
from app.sections.staff.labels import REGISTRATIONS

SUBMITTED = {"portal": "в кабинете", "staff": "по телефону, внес сотрудник"}
BILLED = {
    "portal": "кабинет",
    "askue": "АСКУЭ",
    "inspector": "инспектор",
    "phone": "телефон",
    "act": "акт",
    "calc": "расчетное",
}
UNKNOWN = "не указано"
KINDS = {
    "enquiries": "Обращения",
    "registrations": "Регистрации",
    "submitted": "Переданные показания",
    "billed": "Показания в биллинге",
}


def named(counts: Sequence[Count], labels: dict[str, str]) -> list[tuple[str, int]]:
    """Counts with the Russian names of what they count."""
    return [(labels.get(row.code or "", row.code or UNKNOWN), row.count) for row in counts]


def registrations(counts: Sequence[Count]) -> list[tuple[str, int]]:
    """Counts of registrations by state."""
    return named(counts, REGISTRATIONS)


def duration_label(time: timedelta | None) -> str:
    """«3 дн. 4 ч», «5 ч», «40 мин.»; empty: nothing was answered."""
    if time is None:
        return ""
    hours, minutes = int(time.total_seconds()) // 3600, int(time.total_seconds()) // 60
    if hours >= 24:
        rest = f" {hours % 24}\u00a0ч" if hours % 24 else ""
        return f"{hours // 24}\u00a0дн.{rest}"
    return f"{hours}\u00a0ч" if hours else f"{minutes}\u00a0мин."


def topics_table(rows: Sequence[TopicFigures], total: TopicFigures) -> Table:
    """Figures of enquiries as a spreadsheet; the median in hours."""
    columns = [
        Column("Вид обращения", Kind.TEXT, 40),
        Column("Всего", Kind.WHOLE, 10),
        Column("Отвечено в срок", Kind.WHOLE, 12),
        Column("Позже срока или просрочено", Kind.WHOLE, 14),
        Column("В срок, %", Kind.WHOLE, 10),
        Column("Медиана до ответа, часов", Kind.MONEY, 14),
        Column("Оценка", Kind.MONEY, 10),
        Column("Оценок", Kind.WHOLE, 10),
    ]
    return Table(
        "Обращения", columns, [_cells(row) for row in rows], [_cells(total)] if rows else []
    )


def counts_table(title: str, what: str, counts: Sequence[tuple[str, int]]) -> Table:
    """Counts of one kind as a spreadsheet."""
    columns = [Column(what, Kind.TEXT, 40), Column("Количество", Kind.WHOLE, 14)]
    return Table(title, columns, [list(row) for row in counts])


def _cells(row: TopicFigures) -> list[str | int | Decimal | None]:
    hours = None
    if row.median_time is not None:
        hours = (Decimal(int(row.median_time.total_seconds())) / 3600).quantize(Decimal("0.01"))
    return [
        row.topic,
        row.total,
        row.in_time,
        row.late,
        row.share_in_time,
        hours,
        row.rating,
        row.rated,
    ]
