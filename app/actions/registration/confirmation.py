"""From a confirmed contact to an account: the link, the proof, the clerk, «Это не я»."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.actions import rate_limits
from app.actions.accounts.consents import bind_consents
from app.actions.accounts.sessions import close_account, open_account
from app.actions.audit_log import record
from app.actions.messages import release_suppressed
from app.actions.registration import notifications
from app.actions.registration.policy import RegistrationRules
from app.actions.registration.transitions import move
from app.domain.access import Browser
from app.domain.errors import (
    AccountExistsError,
    LinkError,
    ProofError,
    ProofHeldError,
    RegistrationClosedError,
    SignInRefusedError,
    TooManyAttemptsError,
)
from app.domain.money import parse_roubles
from app.domain.rate_limits import LimitedAction
from app.domain.registration import (
    PENDING,
    Channel,
    Proof,
    State,
    earliest_proof_day,
    is_document_total,
)
from app.lib.passwords import is_password
from app.models import Account, Registration
from app.queries.rate_limits import count_attempts
from app.queries.registrations import contacts_on_record, is_of_customer, list_proof_totals


def check_link(registration: Registration, nonce: str, now: datetime) -> None:
    """Refuse a link that does not confirm any more.

    Raises:
        LinkError: ``used``, ``superseded``, ``stopped`` or ``expired``.
    """
    is_latest = registration.nonce == nonce
    if registration.state in (State.STOPPED, State.REFUSED):
        raise LinkError("stopped")
    if registration.confirmed_at is not None and is_latest:
        raise LinkError("used")
    if registration.state != State.LINK_SENT or not is_latest:
        raise LinkError("superseded")
    if registration.confirm_until is None or registration.confirm_until <= now:
        raise LinkError("expired")


def confirm_by_link(
    session: Session,
    registration: Registration,
    nonce: str,
    rules: RegistrationRules,
    now: datetime,
) -> bool:
    """The button behind the link; whether the account is open now, else proof is needed.

    Raises:
        LinkError: see ``check_link``.
        RegistrationClosedError: the contract has got an owner meanwhile.
    """
    check_link(registration, nonce, now)
    return confirm_contact(session, registration, rules, now)


def check_registrant(
    session: Session,
    registration: Registration,
    password: str,
    browser: Browser,
    rules: RegistrationRules,
    now: datetime,
) -> None:
    """Whoever goes on in another browser shows that the password is theirs.

    Else the reader of a mailbox would open a cabinet with the password of a stranger who began the
    registration there. The session must not have written yet.

    Raises:
        SignInRefusedError: another password; the link lives on.
        TooManyAttemptsError: a limit is reached; no password was checked.
    """
    own, limits = f"registration:{registration.id}", rules.limits[LimitedAction.CONFIRM]
    attempt_id = rate_limits.hit(session, LimitedAction.CONFIRM, own, browser.address, limits, now)
    if not is_password(password, registration.password_hash):
        raise SignInRefusedError(None)
    rate_limits.commit_success(session, attempt_id)


def confirm_contact(
    session: Session, registration: Registration, rules: RegistrationRules, now: datetime
) -> bool:
    """The contact is confirmed; open the account where it is on record or nothing more is asked."""
    is_mail = registration.channel == Channel.MAIL
    channel = Channel.MAIL if is_mail else Channel.SMS
    contact = (registration.email if is_mail else registration.confirmed_phone) or ""
    if contacts_on_record(session, registration.contract).has(channel, contact):
        return _open(session, registration, Proof.CONTACT, "", now)
    if not rules.needs_proof:
        return _open(session, registration, Proof.NOT_ASKED, "", now)
    move(session, registration, State.UNPROVED, (State.LINK_SENT,), confirmed_at=now)
    return False


def prove_by_document(
    session: Session,
    registration: Registration,
    typed: str,
    browser: Browser,
    rules: RegistrationRules,
    now: datetime,
) -> None:
    """The exact total of a document of the last three months opens the account.

    Tries are counted per registration and per address, so that strangers do not use up those of
    the rightful owner. Once too many totals of a contract were wrong, whoever named them, right and
    wrong ones get one answer and a clerk decides: guessing goes on without ever telling anything.

    Args:
        now: in the supplier's zone.

    Raises:
        AmountError: not a sum; costs no try.
        ProofError: no such document, with the tries that are left.
        ProofHeldError: noted for the clerk; commit it.
        RegistrationClosedError: not waiting for proof (any more).
    """
    if registration.state != State.UNPROVED:
        raise RegistrationClosedError
    amount = parse_roubles(typed)
    limits, address = rules.limits, browser.address
    own, contract = f"registration:{registration.id}", f"contract:{registration.contract_id}"
    try:
        # Whoever begins one registration after the other has no more tries for it.
        contract_attempt_id = rate_limits.hit(
            session,
            LimitedAction.PROOF_CONTRACT,
            contract,
            address,
            limits[LimitedAction.PROOF_CONTRACT],
            now,
        )
        attempt_id = rate_limits.hit(
            session, LimitedAction.PROOF, own, address, limits[LimitedAction.PROOF], now
        )
    except TooManyAttemptsError:
        raise ProofError(0) from None
    since = earliest_proof_day(now.date())
    totals = list_proof_totals(session, registration.contract, since)
    is_right = is_document_total(amount, totals)
    if _is_braked(session, contract, rules, now):
        _hold_proof(session, registration, is_right=is_right)
        raise ProofHeldError
    if is_right:
        rate_limits.record_outcome(session, attempt_id, succeeded=True)
        rate_limits.record_outcome(session, contract_attempt_id, succeeded=True)
        _open(session, registration, Proof.DOCUMENT, "", now)
        return
    raise ProofError(count_tries_left(session, registration, browser, rules, now))


def count_tries_left(
    session: Session,
    registration: Registration,
    browser: Browser,
    rules: RegistrationRules,
    now: datetime,
) -> int:
    """How often a total may still be tried: in this registration, and from this address today."""
    return min(
        rate_limits.count_remaining(
            session, tried, subject, browser.address, rules.limits[tried], now
        )
        for tried, subject in (
            (LimitedAction.PROOF, f"registration:{registration.id}"),
            (LimitedAction.PROOF_CONTRACT, f"contract:{registration.contract_id}"),
        )
    )


def approve(session: Session, registration: Registration, clerk: str, now: datetime) -> None:
    """A clerk is satisfied of the right to the contract.

    Raises:
        RegistrationClosedError: it does not wait for a clerk, or the contract has an owner.
    """
    if registration.state != State.UNPROVED:
        raise RegistrationClosedError
    _open(session, registration, Proof.CLERK, clerk, now)
    notifications.notify_decision(session, registration, now)


def refuse(
    session: Session, registration: Registration, clerk: str, reason: str, now: datetime
) -> None:
    """A clerk is not satisfied; the person is told why.

    Raises:
        RegistrationClosedError: it does not wait for a clerk.
    """
    _end(session, registration, State.REFUSED, (State.UNPROVED,), clerk, reason, now)
    notifications.notify_decision(session, registration, now, reason)


def refuse_for_transfer(
    session: Session, registration: Registration, clerk: str, reason: str, now: datetime
) -> None:
    """The contract has another customer now; who has confirmed a contact is told.

    Raises:
        RegistrationClosedError: it does not go on any more.
    """
    is_confirmed = registration.state == State.UNPROVED
    _end(session, registration, State.REFUSED, PENDING, clerk, reason, now)
    if is_confirmed:
        notifications.notify_decision(session, registration, now, reason)


def check_stop(registration: Registration, rules: RegistrationRules, now: datetime) -> None:
    """Refuse a link «Это не я» that stops nothing.

    Raises:
        LinkError: ``used``, ``superseded`` or ``expired``.
    """
    if registration.state == State.STOPPED:
        raise LinkError("used")
    if registration.state not in (*PENDING, State.ACTIVE):
        raise LinkError("superseded")
    # What still waits may be stopped as long as it waits.
    opened = registration.decided_at if registration.state == State.ACTIVE else None
    if opened is not None and opened + rules.stop_life <= now:
        raise LinkError("expired")


def stop(
    session: Session, registration: Registration, rules: RegistrationRules, now: datetime
) -> None:
    """«Это не я»: those on record end a registration, and the account that came of it.

    Raises:
        LinkError: see ``check_stop``.
    """
    check_stop(registration, rules, now)
    allowed = (*PENDING, State.ACTIVE)
    _end(session, registration, State.STOPPED, allowed, "contact on record", None, now)
    if registration.account_id is not None:
        close_account(session, session.get_one(Account, registration.account_id), now)


def _is_braked(session: Session, contract: str, rules: RegistrationRules, now: datetime) -> bool:
    """Whether so many totals of a contract were wrong that no right one opens it by itself; the
    present try is counted as wrong already and does not matter."""
    limit = rules.proof_brake
    count, _ = count_attempts(
        session,
        LimitedAction.PROOF_CONTRACT,
        since=now - limit.window,
        subject_hash=rate_limits.hash_subject(session, contract),
        outcome=limit.outcome,
    )
    return count - 1 >= limit.count


def _hold_proof(session: Session, registration: Registration, *, is_right: bool) -> None:
    """Note a total for the clerk; a wrong one is written as long as a right one takes."""
    proof = Proof.DOCUMENT if is_right else registration.proof
    session.execute(
        update(Registration).where(Registration.id == registration.id).values(proof=proof)
    )


def _open(
    session: Session, registration: Registration, proof: Proof, clerk: str, now: datetime
) -> bool:
    if not registration.password_hash or not registration.email:
        raise RegistrationClosedError
    if not is_of_customer(session, registration, lock=True):
        raise RegistrationClosedError
    move(
        session,
        registration,
        State.ACTIVE,
        (State.LINK_SENT, State.UNPROVED),
        confirmed_at=registration.confirmed_at or now,
        decided_at=now,
        decided_by=clerk or None,
        proof=proof,
    )
    is_mail = registration.channel == Channel.MAIL
    account = Account(
        email=registration.email,
        email_confirmed_at=now if is_mail else None,
        phone=registration.phone if is_mail else registration.confirmed_phone,
        phone_confirmed_at=None if is_mail else now,
        password_hash=registration.password_hash,
        created_at=now,
    )
    try:
        open_account(session, account, registration.contract, now)
    except AccountExistsError:
        raise RegistrationClosedError from None
    # A stranger may have used up the limit of a mailbox to have the owner hear nothing.
    release_suppressed(session, "registration_notice", f"{registration.id}.", now)
    registration.account_id = account.id
    # The account has it now.
    registration.password_hash = None
    bind_consents(session, registration.id, account.id)
    session.flush()
    return True


def _end(
    session: Session,
    registration: Registration,
    state: State,
    allowed: Collection[State],
    clerk: str,
    reason: str | None,
    now: datetime,
) -> None:
    move(
        session,
        registration,
        state,
        allowed,
        decided_at=now,
        decided_by=clerk,
        reason=reason,
        password_hash=None,
    )
    record(
        session,
        f"registration.{state}",
        None,
        "contracts",
        registration.contract.number,
        now,
        registration=registration.id,
        by=clerk,
        reason=reason,
    )
