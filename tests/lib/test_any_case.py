"""Text is compared without regard to case on SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, insert, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import registry

from app.extensions import db
from app.lib.any_case import contains_in_any_case

pytest_plugins = ["tests.postgres"]

SIGNS = "аАяЯёЁйЙzZ1/%_*?[]^-\\' №"


class Named:
    """A row with a name."""


NAMED = Table(
    "named",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String(99)),
    prefixes=["TEMPORARY"],
)
registry().map_imperatively(Named, NAMED)


@pytest.fixture(params=["sqlite", "postgres"])
def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
    if request.param == "sqlite":
        engine = create_engine("sqlite://")
    else:
        portal: Flask = request.getfixturevalue("postgres_app")
        with portal.app_context():
            engine = db.engine
    with engine.connect() as connection:
        NAMED.create(connection)
        yield connection
        connection.rollback()


@given(name=st.text(SIGNS, max_size=9), text=st.text(SIGNS, min_size=1, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_a_part_of_a_text_is_found_whatever_the_case_of_either(
    connection: Connection, name: str, text: str
) -> None:
    with connection.begin_nested():
        connection.execute(NAMED.delete())
        connection.execute(insert(NAMED).values(name=name))
        found = connection.execute(select(NAMED.c.id).where(contains_in_any_case(Named.name, text)))
        assert bool(found.all()) is (text.lower() in name.lower())


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("иванов", ["Иванов", "ИВАНОВА"]),
        ("ВЫГРУЗКА_1", ["выгрузка_1.zip"]),
        ("aB/2", ["AB/2"]),
        ("%", []),
        ("[а]", ["[А]"]),
        ("^", []),
    ],
)
def test_signs_of_patterns_stand_for_themselves(
    connection: Connection, text: str, names: list[str]
) -> None:
    every = ["Иванов", "ИВАНОВА", "выгрузка_1.zip", "выгрузка-1.zip", "AB/2", "[А]", "а"]
    connection.execute(insert(NAMED), [{"name": name} for name in every])
    rows = select(NAMED.c.name).where(contains_in_any_case(Named.name, text)).order_by(NAMED.c.id)
    assert connection.scalars(rows).all() == names
