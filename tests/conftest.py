"""A portal for tests: one database per test session, every test rolled back or given its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from jinja2 import FileSystemBytecodeCache
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.orm import Session
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule
from werkzeug.routing.rules import RulePart

from app import create_app
from app.domain.rate_limits import LIMITS, Limits
from app.extensions import db
from app.lib import database, passwords
from app.lib.clock import Clock
from app.portal import Portal
from app.web.urls import LateRule
from config import Config, MailSettings, SmsSettings
from tests.factories import Factory
from tests.outbox import Outbox
from tests.pages import PageClient


class ParsedRule(Rule):
    """A URL rule that is parsed, and its builder compiled, once for all applications.

    Every test has an application of its own with the same two hundred rules; they were nine tenths
    of what ``create_app`` costs.
    """

    _parsed: ClassVar[dict[str, tuple[list[RulePart], list[tuple[bool, str]], dict[str, Any]]]] = {}
    _compiled: ClassVar[dict[tuple[object, ...], Callable[..., tuple[str, str]]]] = {}

    def _parse_rule(self, rule: str) -> list[RulePart]:
        if rule not in self._parsed:
            start = len(self._trace)
            parts = list(super()._parse_rule(rule))
            self._parsed[rule] = parts, self._trace[start:], dict(self._converters)
            return parts
        parts, trace, converters = self._parsed[rule]
        self._trace += trace
        self._converters |= converters
        self.arguments |= set(converters)
        return parts

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        defaults = tuple(sorted((self.defaults or {}).items()))
        key = (self.rule, tuple(self._trace), defaults, append_unknown)
        if key not in self._compiled:
            self._compiled[key] = super()._compile_builder(append_unknown)
        return self._compiled[key]


class TestedRule(LateRule, ParsedRule):
    """The portal's rule, which asks the one above for what it puts off."""


# The same templates are compiled once, too.
Flask.jinja_options = {"bytecode_cache": FileSystemBytecodeCache()}
Portal.url_rule_class = TestedRule

# So are statements, as they are within one engine: SQLite's dialect is the same for every test.
SQLiteDialect_pysqlite.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]
SQLiteDialect_pysqlite.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore
COMPILED: LRUCache[Any, Any] = LRUCache(5000)

PRODUCTION_HASHER, PRODUCTION_DUMMY = passwords._HASHER, passwords._DUMMY
# Most tests are not about what a guess costs: argon2id with the smallest parameters there are.
# Those that are ask for ``production_hashing``.
passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
passwords._DUMMY = passwords._HASHER.hash("nobody signs in with this")

ZONE = ZoneInfo("Asia/Yekaterinburg")
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=ZONE)
REQUIRE_ALL = os.environ.get("REQUIRE_ALL") == "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what lasts long, so that no worker is at it when the others have ended."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def need(present: bool, what: str) -> None:
    """Skip a test whose real part is missing; with REQUIRE_ALL=1 that is a failure."""
    if present:
        return
    if REQUIRE_ALL:
        pytest.fail(f"REQUIRE_ALL=1, but {what} is missing")
    pytest.skip(f"{what} is missing")


def make_config(folder: Path, **changes: object) -> Config:
    """Settings of a test portal that lives at NOW in its own folder."""
    settings: dict[str, object] = {
        "secret_key": "test-secret-" + "x" * 32,
        "instance_dir": folder,
        "database_url": f"sqlite:///{folder / 'kabinet.sqlite3'}",
        "base_url": "http://localhost",
        "supplier_timezone": ZONE,
        "fixed_now": NOW,
        # Every route there is, so that the rules over all of them hold.
        "import_token": "test-token-" + "x" * 32,
        "metrics_token": "test-metrics-" + "x" * 32,
        "mail": MailSettings(folder / "outbox"),
        "sms": SmsSettings(folder / "outbox"),
    }
    return Config(**(settings | changes))  # type: ignore[arg-type]


def split_limits(changes: Mapping[str, object]) -> tuple[Limits, dict[str, object]]:
    """The portal's limits with those of the changes that are limits, and the other changes."""
    names = {item.name for item in fields(Limits)} & set(changes)
    limits = replace(LIMITS, **{name: changes[name] for name in names})  # type: ignore[arg-type]
    return limits, {name: value for name, value in changes.items() if name not in names}


class WholeAnswers(FlaskClient):
    """A client that reads every answer to its end: what follows an answer has been done then."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        return super().open(*args, **({"buffered": True} | kwargs))


@pytest.fixture
def production_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords with the parameters of production, for tests of what that costs or stores."""
    monkeypatch.setattr(passwords, "_HASHER", PRODUCTION_HASHER)
    monkeypatch.setattr(passwords, "_DUMMY", PRODUCTION_DUMMY)


@pytest.fixture
def short_busy_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for another writer of SQLite a moment only; name it before what opens the database."""
    monkeypatch.setattr(database, "BUSY_MS", 300)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, made once and copied for each test that writes."""
    folder = tmp_path_factory.mktemp("migrated")
    app = create_app(make_config(folder))
    with app.app_context():
        upgrade()
        db.session.remove()
        db.engine.dispose()
    return folder / "kabinet.sqlite3"


@pytest.fixture
def make_app(tmp_path: Path, empty_database: Path) -> Iterator[Callable[..., Flask]]:
    """Build a portal on a fresh copy of the migrated database, with changed settings if wanted."""
    apps: list[Flask] = []

    def make(**changes: object) -> Flask:
        if not (tmp_path / "kabinet.sqlite3").exists():
            shutil.copy(empty_database, tmp_path / "kabinet.sqlite3")
        limits, settings = split_limits(changes)
        app = create_app(make_config(tmp_path, **settings), limits)
        app.testing = True
        app.test_client_class = WholeAnswers
        # A failure inside a view is the test's to see, except where errors are what it tests.
        app.config["PROPAGATE_EXCEPTIONS"] = False
        with app.app_context():
            if db.engine.dialect.name == "sqlite":
                db.engine.update_execution_options(compiled_cache=COMPILED)
        apps.append(app)
        return app

    yield make
    for app in apps:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session on the test portal's database.

    No application context stays open: requests of a test would share its ``g``.
    """
    with app.app_context():
        engine = db.engine
    with Session(engine) as session:
        yield session


@pytest.fixture
def make(session: Session) -> Factory:
    """Makers of rows, committed when ``make.commit()`` is called."""
    return Factory(session)


@pytest.fixture
def page(app: Flask) -> PageClient:
    """A browser without JavaScript that checks every page it opens; nobody is signed in."""
    return PageClient(app)


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    """What the portal has written instead of sending."""
    return Outbox(tmp_path / "outbox")


@pytest.fixture
def advance_clock(app: Flask) -> Callable[..., datetime]:
    """Move the portal's clock to NOW plus what is given: ``advance_clock(minutes=59)``."""

    def move(**delta: float) -> datetime:
        moment = NOW + timedelta(**delta)
        app.extensions["clock"] = Clock(ZONE, moment)
        return moment

    return move
