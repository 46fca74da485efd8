"""Make the files that nobody has to wait for: after the answer, or by the worker."""

from __future__ import annotations

from datetime import date, timedelta

from flask import g

from app.actions import prepared_files
from app.actions.claims import Claim, ClaimLostError, get_claimed, new_claimant
from app.domain.access import Permission, Viewer
from app.domain.period import Period
from app.domain.prepared_files import ARCHIVE
from app.extensions import db
from app.integrations.errors import StoreError
from app.jobs.archives import write_archive
from app.jobs.dispatch import run_after_response
from app.jobs.leases import finish_despite_locks, lease_renewed, log_lost_claim
from app.lib.file_locks import AllLocksHeldError, hold_one_of
from app.logging import event, log
from app.models import PreparedFile
from app.queries.contracts import get_visible
from app.web.context import clock, config, limits
from app.web.file_stores import prepared_store
from app.web.pdf_responses import lay_out_in_background
from app.web.session import access_window
from app.web.statements import STATEMENT_TYPES

LEFTOVER = timedelta(days=1)


def enqueue() -> None:
    """Have the worker make what waits; without one it is made when the answer has been sent."""
    run_after_response("enqueue_files", make_waiting)


def make_waiting() -> None:
    """Make what waits, one after the other. Commits.

    One file at a time on a machine; other machines work on the same queue.
    """
    session = db.session()
    try:
        with hold_one_of(config().instance_dir / "locks", ("files",), 0):
            prepared_files.requeue_expired(session, clock().now())
            session.commit()
            while claim := prepared_files.claim_next(session, new_claimant(), clock().now()):
                session.commit()
                _make(claim)
    except AllLocksHeldError:
        return


def delete_expired() -> None:
    """Delete what is past its time, and what a crash has left without a row. Commits."""
    session, now = db.session(), clock().now()
    gone = prepared_files.delete_expired(session, now)
    session.commit()
    try:
        old = set(prepared_store().list_before(clock().now() - LEFTOVER))
        for name in {*gone, *(old - prepared_files.list_names(session))}:
            prepared_store().delete(name)
    except StoreError as error:
        log.warning("prepared files were not deleted: %s", error)


def _make(claim: Claim) -> None:
    session = db.session()
    storage_key = None
    try:
        with lease_renewed(prepared_files.JOBS, claim):
            content = _content(get_claimed(session, prepared_files.JOBS, claim))
            storage_key = prepared_store().save(content)
    except Exception as error:
        # Whatever it was, the person who waits is told.
        session.rollback()
        log.exception("file not made: %s", type(error).__name__)

    def finish() -> None:
        prepared_files.finish_file(session, claim, storage_key, clock().now())
        session.commit()

    try:
        finish_despite_locks(finish)
    except ClaimLostError:
        # What was stored for nobody is deleted by the nightly clean-up.
        session.rollback()
        log_lost_claim(prepared_files.JOBS, claim)
        return
    event("file made", file=claim.job_id, ready=storage_key is not None)


def _content(file: PreparedFile) -> bytes:
    # An import may have come since the last file of this round.
    g.pop("site", None)
    if file.extension == ARCHIVE:
        return write_archive(file, _statement)
    return _statement(file, file.contract_id, file.extension)[1]


def _statement(file: PreparedFile, contract_id: int, extension: str) -> tuple[str, bytes]:
    """Name, without its ending, and content of the statement of a contract."""
    # Asked again: the right may have been taken away since.
    contract = get_visible(
        db.session(),
        Viewer(file.account_id),
        contract_id,
        Permission.SEE_MONEY,
        access_window(),
    )
    options = file.options
    period = Period(date.fromisoformat(options["first"]), date.fromisoformat(options["last"]))
    statement_type = STATEMENT_TYPES[file.document]
    made = statement_type.make(contract, period, options, limits().file_max_rows)
    content = statement_type.write(made, extension, lay_out_in_background)
    return statement_type.file_name(contract, period), content
