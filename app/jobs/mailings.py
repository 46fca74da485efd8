"""Send mailings step by step, in the worker or after the answer; a crash repeats nothing."""

from __future__ import annotations

from app.actions.claims import Claim, ClaimLostError, claim_next, new_claimant
from app.actions.mailings import sending
from app.extensions import db
from app.jobs import delivery
from app.jobs.dispatch import run_after_response
from app.jobs.leases import finish_despite_locks, lease_renewed, log_lost_claim
from app.logging import event, log
from app.web.context import clock, config, local_now


def enqueue() -> None:
    """Have the worker send what waits; without one it is sent when the answer has gone."""
    run_after_response("enqueue_mailings", run_waiting)


def run_waiting() -> None:
    """Send every mailing that waits, one after the other. Commits."""
    session = db.session()
    sending.requeue_expired(session, clock().now())
    session.commit()
    while claim := claim_next(session, sending.JOBS, new_claimant(), clock().now()):
        session.commit()
        try:
            _run(claim)
        except ClaimLostError:
            # Stopped by a clerk, or another process has it.
            session.rollback()
            log_lost_claim(sending.JOBS, claim)
        except Exception as error:
            # The lease runs out, and a later round goes on.
            session.rollback()
            log.exception("mailing interrupted: %s", type(error).__name__)
            return


def run_step(claim: Claim) -> int:
    """Queue some messages and deliver them; how many recipients are done with. Commits."""

    def queue() -> int:
        url, today = config().base_url, clock().today()
        count = sending.queue_step(db.session(), claim, url, today, local_now())
        delivery.commit()
        return count

    return finish_despite_locks(queue)


def _run(claim: Claim) -> None:
    session = db.session()
    with lease_renewed(sending.JOBS, claim):
        while run_step(claim):
            pass

    def finish() -> None:
        sending.finish_mailing(session, claim, clock().now())
        session.commit()

    finish_despite_locks(finish)
    event("mailing sent", mailing=claim.job_id)
