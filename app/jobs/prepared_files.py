"""Making of files that nobody has to wait for: after the answer, or by the worker."""

from __future__ import annotations

import secrets
import time
from datetime import date
from pathlib import Path

from app.actions import prepared_files
from app.domain.access import Permission, Viewer
from app.domain.period import Period
from app.extensions import db
from app.jobs.dispatch import do_later
from app.lib.file_locks import AllLocksHeldError, hold_one_of
from app.logging import event, log
from app.models import PreparedFile
from app.queries.contracts import get_visible
from app.web.context import clock, config, limits
from app.web.pdf_responses import lay_out_in_background
from app.web.session import access_window
from app.web.statement_routes import RECIPES, build_statement, write_statement

LEFTOVER_SECONDS = 86_400


def folder() -> Path:
    """Where prepared files lie; nothing in it has a name that can be guessed."""
    return config().instance_dir / "prepared"


def hand_over() -> None:
    """Have the worker make what waits; without one it is made when the answer has been sent."""
    do_later("prepare_later", make_waiting)


def make_waiting() -> None:
    """Make what waits, one after the other. Commits.

    Where somebody is at it already there is nothing to do: they go on until nothing waits.
    """
    session = db.session()
    try:
        with hold_one_of(config().instance_dir / "slots", ("files",), 0):
            prepared_files.recover_dead(session, clock().now())
            session.commit()
            while file := prepared_files.claim_next(session, clock().now()):
                session.commit()
                _make(file)
    except AllLocksHeldError:
        return


def delete_expired() -> None:
    """Delete what is past its time, and what a crash has left without a row. Commits."""
    session = db.session()
    gone = set(prepared_files.delete_expired(session, clock().now()))
    session.commit()
    if not folder().is_dir():
        return
    named = prepared_files.list_names(session)
    old = time.time() - LEFTOVER_SECONDS
    for path in folder().iterdir():
        if path.name in gone or (path.name not in named and path.stat().st_mtime < old):
            path.unlink(missing_ok=True)


def _make(file: PreparedFile) -> None:
    session = db.session()
    storage_key = None
    try:
        storage_key = _store(_content(file))
    except Exception as error:
        # Whatever it was, the person who waits is told.
        session.rollback()
        log.exception("file not made: %s", type(error).__name__)
    prepared_files.settle_file(session, file, storage_key, clock().now())
    session.commit()
    event("file made", file=file.id, ready=storage_key is not None)


def _content(file: PreparedFile) -> bytes:
    # Asked again: the right may have been taken away since.
    contract = get_visible(
        db.session(),
        Viewer(file.account_id),
        file.contract_id,
        Permission.SEE_MONEY,
        access_window(),
    )
    options = file.options
    period = Period(date.fromisoformat(options["first"]), date.fromisoformat(options["last"]))
    recipe = RECIPES[file.document]
    made = build_statement(contract, recipe, period, options, limits().file_max_rows)
    return write_statement(recipe, made, file.extension, lay_out_in_background)


def _store(content: bytes) -> str:
    name = secrets.token_urlsafe(24)
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder() / name
    path.touch(mode=0o600)
    path.write_bytes(content)
    return name
