"""Which migration a database is at, without Alembic."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask_migrate import stamp
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from app import create_app
from app.extensions import db
from app.lib.schema_version import find_schema_version, newest_migration
from config import ROOT
from tests.conftest import make_config

VERSIONS = ROOT / "migrations/versions"


def test_a_migrated_database_is_at_the_newest_migration(tmp_path: Path) -> None:
    app = create_app(make_config(tmp_path))
    with app.app_context():
        assert find_schema_version(db.engine) is None
        stamp()
        assert find_schema_version(db.engine) == newest_migration(VERSIONS)
        stamp(revision="0001")
        assert find_schema_version(db.engine) == "0001"
        db.engine.dispose()


def test_a_database_that_is_not_there_is_not_an_empty_one(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'nowhere' / 'a.sqlite3'}")
    with pytest.raises(OperationalError):
        find_schema_version(engine)
