"""Rows inserted in bulk are stored as they are, on both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, Integer, MetaData, String, Table, select
from sqlalchemy.orm import Session

from app.lib.bulk_insert import BulkInsert
from tests.actions.import_steps import portal

pytest_plugins = ["tests.postgres"]
__all__ = ["portal"]

ROWS: list[tuple[Any, ...]] = [
    (1, "простой текст", 10**15, True, "2026-10-31"),
    (2, "табуляция\tи\nстрока\r\nи ещё", -1, False, None),
    (3, "обратная \\ черта, \\N, \\., \\t", 0, None, None),
    (4, "«кавычки» \"двойные\" 'одинарные' %s ? {x}", None, True, "1900-01-01"),
    (5, "", 7, False, "2199-12-31"),
    (6, None, None, None, None),
    (7, "я" * 8000 + "𝄞", 1, True, "2024-02-29"),
]


def test_no_value_is_changed_on_the_way_to_either_of_two_tables(portal: Session) -> None:
    connection = portal.connection()
    tables = [
        Table(
            name,
            MetaData(),
            Column("line", Integer),
            Column("text", String),
            Column("number", BigInteger),
            Column("flag", Boolean),
            Column("day", Date),
            prefixes=["TEMPORARY"],
        )
        for name in ("bulk", "other")
    ]
    for table in tables:
        table.create(connection)
    with BulkInsert(connection) as bulk:
        for table, rows in zip(tables * 2, (ROWS[:3], ROWS[:1], ROWS[3:], ROWS[1:]), strict=True):
            bulk.insert(table, rows)
    for table in tables:
        stored = connection.execute(select(table).order_by(table.c.line)).all()
        assert [(*row[:4], row.day and row.day.isoformat()) for row in stored] == ROWS
    portal.rollback()
