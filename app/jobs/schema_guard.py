"""Have the worker work on the very schema that its code was written for, and on no other.

A worker that is older than the schema would write rows that lack what is new; one that is newer
would fail at each job, and give it up. So it waits while the two differ, and becomes what lies on
the disk, which an upgrade has replaced, when that has changed under it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import db
from app.lib.program_check import find_load_fault
from app.lib.schema_version import find_schema_version, newest_migration
from app.logging import event, log
from config import ROOT

GUARD = "schema_guard"
PAUSE = 3.0
"""Seconds between two looks at the schema."""
REMIND = 60.0
MIGRATIONS = ROOT / "migrations" / "versions"


class SchemaGuard:
    """What the code of this process needs, as it was when the process began."""

    def __init__(self, engine: Engine, folder: Path = MIGRATIONS) -> None:
        self._engine, self._folder = engine, folder
        self.needed = newest_migration(folder)
        self._ask_again_at = 0.0

    def may_work(self) -> bool:
        """Whether the schema is the one that is needed; else the worker begins anew, and waits.

        Asked before each job: a migration may have come since the last one.
        """
        try:
            found = find_schema_version(self._engine)
        except SQLAlchemyError:
            # The job says so itself, better.
            return True
        if found == self.needed:
            return True
        # Before Huey has its handler the signal would end the process: the next job asks again.
        is_listening = signal.getsignal(signal.SIGHUP) is not signal.SIG_DFL
        if is_listening and time.monotonic() >= self._ask_again_at:
            # Again only if the code on the disk did not load.
            self._ask_again_at = time.monotonic() + REMIND
            log.warning("schema is %s, this worker needs %s: it begins anew", found, self.needed)
            # Huey finishes what runs and executes the program anew.
            os.kill(os.getpid(), signal.SIGHUP)
        return False

    def wait(self, pause: Callable[[float], object] = time.sleep) -> None:
        """Return when the schema is the one that is needed."""
        waited = check_again_at = 0.0
        while (found := self._find()) != self.needed:
            if waited % REMIND == 0:
                log.warning("worker waits: schema is %s, it needs %s", found, self.needed)
            pause(PAUSE)
            waited += PAUSE
            if waited >= check_again_at and self._is_replaced():
                if may_renew():
                    event("worker begins anew: other code lies on the disk")
                    os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606 - no shell
                # An upgrade goes on meanwhile; what stays broken is tried once a minute.
                check_again_at = waited + min(waited, REMIND)
        if waited:
            event("worker begins: the schema is the one it needs", schema=found)

    def _find(self) -> str | None:
        try:
            return find_schema_version(self._engine)
        except SQLAlchemyError as error:
            return f"unknown ({type(error).__name__})"

    def _is_replaced(self) -> bool:
        try:
            return newest_migration(self._folder) != self.needed
        except (OSError, ValueError):
            # It is being replaced at this moment.
            return False


def may_renew() -> bool:
    """Whether the program on the disk loads, so that this process can execute it in its place."""
    # Its own help is what any version has, and the application is loaded for it.
    fault = find_load_fault([sys.executable, *sys.argv, "--help"])
    if fault:
        log.error("worker not reloaded, the code or the settings do not load: %s", fault)
    return not fault


def begin(app: Flask) -> None:
    """Wait for the schema; from now on each job asks whether it is still the same."""
    with app.app_context():
        guard = SchemaGuard(db.engine)
    guard.wait()
    app.extensions[GUARD] = guard


def may_work(app: Flask) -> bool:
    """Whether a job may be done now; where no worker runs, whoever causes it does it."""
    guard: SchemaGuard | None = app.extensions.get(GUARD)
    return guard is None or guard.may_work()
