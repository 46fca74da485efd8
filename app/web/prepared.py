"""Making of files that nobody has to wait for: after the answer, or by the worker."""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import date
from pathlib import Path

from flask import after_this_request, current_app, g
from flask.wrappers import Response

from app.actions import files
from app.domain.access import Permission, Viewer
from app.domain.period import Period
from app.extensions import db
from app.logs import event, log
from app.models import PreparedFile
from app.queries.contracts import get_visible
from app.web.pdf import lay_out_in_background
from app.web.session import clock, config
from app.web.statements import RECIPES, build_statement, write_statement


def folder() -> Path:
    """Where prepared files lie; nothing in it has a name that can be guessed."""
    return config().instance_dir / "prepared"


def hand_over(file_id: int) -> None:
    """Have the worker make it; without one it is made when the answer has been sent."""
    if later := current_app.extensions.get("prepare_later"):
        later(file_id)
        return
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    @after_this_request
    def leave(response: Response) -> Response:
        def make() -> None:
            with app.app_context():
                make_file(file_id)

        response.call_on_close(make)
        return response


def make_file(file_id: int) -> None:
    """Make one file, if it is still to be made. Commits."""
    session = db.session()
    file = files.claim_file(session, file_id, clock().now())
    session.commit()
    if file is None:
        return
    stored_as = None
    try:
        stored_as = _store(_content(file))
    except Exception as error:
        # Whatever it was, the person who waits is told.
        session.rollback()
        log.exception("file not made: %s", type(error).__name__)
    files.settle_file(session, file, stored_as, clock().now())
    session.commit()
    event("file made", file=file_id, ready=stored_as is not None)


def make_left() -> None:
    """Make what a crash or a lost queue has left."""
    for file_id in files.list_left(db.session(), clock().now()):
        make_file(file_id)


def delete_expired() -> None:
    """Delete what is past its time. Commits."""
    names = files.delete_expired(db.session(), clock().now())
    db.session.commit()
    for name in names:
        with suppress(FileNotFoundError):
            (folder() / name).unlink()


def _content(file: PreparedFile) -> bytes:
    # Asked again: the right may have been taken away since.
    g.contract = get_visible(
        db.session(), Viewer(file.account_id), file.contract_id, Permission.SEE_MONEY
    )
    options = file.options
    period = Period(date.fromisoformat(options["first"]), date.fromisoformat(options["last"]))
    recipe = RECIPES[file.document]
    made = build_statement(recipe, period, options, config().file_max_rows)
    return write_statement(recipe, made, file.extension, lay_out_in_background)


def _store(content: bytes) -> str:
    name = secrets.token_urlsafe(24)
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder() / name
    path.touch(mode=0o600)
    path.write_bytes(content)
    return name
