"""Prove the right to a contract by the exact total of one of its documents."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.actions import rate_limits
from app.actions.registration.activation import activate
from app.actions.registration.policy import RegistrationRules
from app.domain.access import Browser
from app.domain.errors import (
    ProofError,
    ProofHeldError,
    RegistrationClosedError,
    TooManyAttemptsError,
)
from app.domain.money import parse_roubles
from app.domain.rate_limits import LimitedAction
from app.domain.registration import Proof, State, earliest_proof_day, is_document_total
from app.models import Registration
from app.queries.rate_limits import count_hits
from app.queries.registrations import list_proof_totals


def prove_by_document(
    session: Session,
    registration: Registration,
    typed: str,
    browser: Browser,
    rules: RegistrationRules,
    now: datetime,
) -> None:
    """Open the account for the exact total of a document of the last three months.

    Attempts are counted per registration and per address, so that strangers do not use up those of
    the rightful owner. Once too many totals of a contract were wrong, whoever typed them, right and
    wrong ones get the same answer and a clerk decides: guessing reveals nothing.

    Args:
        now: in the supplier's zone.

    Raises:
        AmountError: not a sum; it is not counted.
        ProofError: no such document, with the attempts that are left.
        ProofHeldError: recorded for the clerk; commit it.
        RegistrationClosedError: not waiting for proof (any more).
    """
    if registration.state != State.UNPROVED:
        raise RegistrationClosedError
    amount = parse_roubles(typed)
    hit_ids = _hit_limits(session, registration, browser, rules, now)
    since = earliest_proof_day(now.date())
    totals = list_proof_totals(session, registration.contract, since)
    is_right = is_document_total(amount, totals)
    if _is_locked_out(session, registration, rules, now):
        _record_for_staff(session, registration, is_right=is_right)
        raise ProofHeldError
    if not is_right:
        raise ProofError(count_remaining_attempts(session, registration, browser, rules, now))
    for hit_id in hit_ids:
        rate_limits.record_outcome(session, hit_id, succeeded=True)
    activate(session, registration, Proof.DOCUMENT, now)


def count_remaining_attempts(
    session: Session,
    registration: Registration,
    browser: Browser,
    rules: RegistrationRules,
    now: datetime,
) -> int:
    """How many totals may still be typed: in this registration, and from this address today."""
    return min(
        rate_limits.count_remaining(
            session, action, subject, browser.address, rules.limits[action], now
        )
        for action, subject in _subjects(registration)
    )


def _subjects(registration: Registration) -> tuple[tuple[LimitedAction, str], ...]:
    """What attempts are counted by, the contract first.

    Whoever begins one registration after the other has no more attempts for it.
    """
    return (
        (LimitedAction.PROOF_CONTRACT, f"contract:{registration.contract_id}"),
        (LimitedAction.PROOF, f"registration:{registration.id}"),
    )


def _hit_limits(
    session: Session,
    registration: Registration,
    browser: Browser,
    rules: RegistrationRules,
    now: datetime,
) -> list[int]:
    """Count an attempt by contract and by registration; the ids of both.

    Raises:
        ProofError: none is left.
    """
    try:
        return [
            rate_limits.hit(session, action, subject, browser.address, rules.limits[action], now)
            for action, subject in _subjects(registration)
        ]
    except TooManyAttemptsError:
        raise ProofError(0) from None


def _is_locked_out(
    session: Session, registration: Registration, rules: RegistrationRules, now: datetime
) -> bool:
    """Whether so many totals of the contract were wrong that a right one only counts for a clerk.

    The present attempt is counted as wrong already and is left out.
    """
    limit = rules.proof_lockout
    action, subject = _subjects(registration)[0]
    count, _ = count_hits(
        session,
        action,
        since=now - limit.window,
        subject_hash=rate_limits.hash_subject(session, subject),
        outcome=limit.outcome,
    )
    return count - 1 >= limit.count


def _record_for_staff(session: Session, registration: Registration, *, is_right: bool) -> None:
    """Record a total for the clerk; a wrong one is written too, so that both take as long."""
    proof = Proof.DOCUMENT if is_right else registration.proof
    session.execute(
        update(Registration).where(Registration.id == registration.id).values(proof=proof)
    )
