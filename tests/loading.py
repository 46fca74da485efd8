"""A database with a billing package in it, made once for a module and copied for its tests."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from app import create_app
from app.actions.accounts.sessions import create_account
from app.actions.imports import ImportOptions, apply_import
from app.extensions import db
from app.integrations.billing_files import Package
from tests.conftest import NOW, make_config
from tests.factories import PASSWORD


def load_database(
    folder: Path, migrated: Path, package: Path, owners_of: Sequence[str] = ()
) -> Path:
    """Import a package into a copy of a migrated database, and give contracts an owner.

    Returns:
        The file, for ``make_app`` to find when it is copied into the folder of a test.
    """
    database = Path(shutil.copy(migrated, folder / "kabinet.sqlite3"))
    app = create_app(make_config(folder))
    with app.app_context():
        with Package(package) as files:
            apply_import(db.session(), files, ImportOptions(), NOW, lambda name, done: None)
        for number in owners_of:
            create_account(db.session(), number, "buh@example.org", PASSWORD, NOW)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return database
