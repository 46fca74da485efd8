"""Commit, and deliver the messages that the transaction has queued."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from flask import Flask, after_this_request, current_app, has_request_context
from flask.wrappers import Response

from app.actions import messages
from app.actions.claims import ClaimLostError
from app.actions.messages import ClaimedMessage
from app.extensions import db, mail
from app.integrations.errors import SendError
from app.integrations.transports import Transports, make_transports
from app.jobs.leases import finish_despite_locks, lease_renewed, log_lost_claim
from app.logging import event, log
from app.queries.messages import list_due
from app.web.context import clock
from config import Config


def transports() -> Transports:
    """Mail, SMS and signed links of the running installation."""
    return cast(Transports, current_app.extensions["transports"])


def commit() -> None:
    """Commit the request's work; its messages leave when the answer has been sent.

    So an answer takes equally long whether or not there was an email to write.
    """
    session = db.session()
    session.commit()
    queued: list[int] = session.info.pop(messages.OUTBOX, [])
    if not queued:
        return
    if not has_request_context():
        enqueue(queued)
        return
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    @after_this_request
    def deliver_when_sent(response: Response) -> Response:
        def deliver_all() -> None:
            with app.app_context():
                enqueue(queued)

        response.call_on_close(deliver_all)
        return response


def enqueue(message_ids: list[int]) -> None:
    """Deliver here, or have the worker do it, as the installation is set."""
    send = current_app.extensions.get("enqueue_delivery") or deliver
    for message_id in message_ids:
        send(message_id)


def deliver(message_id: int) -> bool:
    """Send one message if it is due; whether it has left. Commits.

    One that the limit of its mailbox holds back counts as left: nobody is told.
    """
    session = db.session()
    claimed = messages.claim_message(session, message_id, transports(), clock().now())
    session.commit()
    if claimed is None:
        return messages.is_suppressed(session, message_id)
    try:
        with lease_renewed(messages.JOBS, claimed.claim):
            provider_id = claimed.send(transports())
    except SendError as error:
        return _fail(claimed, error)
    except Exception as error:
        # A fault of ours must not stop the messages behind this one.
        log.exception("unexpected %s", type(error).__name__)
        return _fail(claimed, SendError(type(error).__name__))

    def finish() -> None:
        messages.finish_sent(session, claimed.claim, provider_id, clock().now())
        session.commit()

    try:
        finish_despite_locks(finish)
    except ClaimLostError:
        session.rollback()
        log_lost_claim(messages.JOBS, claimed.claim)
        return True
    event("message sent", message=message_id, channel=claimed.channel)
    return True


def _fail(claimed: ClaimedMessage, error: SendError) -> bool:
    session = db.session()

    def finish() -> datetime | None:
        retry_at = messages.finish_failed(session, claimed.claim, error, clock().now())
        session.commit()
        return retry_at

    try:
        retry_at = finish_despite_locks(finish)
    except ClaimLostError:
        session.rollback()
        log_lost_claim(messages.JOBS, claimed.claim)
        return False
    event(
        "message failed",
        message=claimed.claim.job_id,
        reason=str(error),
        retry_at=str(retry_at or ""),
    )
    return False


def sweep() -> int:
    """Deliver what is due, retries and what a crash left; how many have left. Commits."""
    session = db.session()
    messages.requeue_expired(session, clock().now())
    session.commit()
    count, tried = 0, set[int]()
    # One that has left or is outdated lets those behind it go to the same recipient.
    while due := [key for key in list_due(session, clock().now()) if key not in tried]:
        tried.update(due)
        count += sum(map(deliver, due))
    return count


def init_app(app: Flask, config: Config) -> None:
    """Set up mail and SMS; files are fit for getting to know the portal, not for customers."""
    if config.production and not config.mail.server:
        log.warning("MAIL_SERVER is not set: emails are written to files")
    if config.production and config.sms.sender == "file":
        log.warning("SMS_SENDER is not set: text messages are written to files")
    app.extensions["transports"] = make_transports(mail, config)
