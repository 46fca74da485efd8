"""Purge what is past its retention.

Tables of which little expires in a day are purged at once by ``clean_up``; of the large ones
``purge_batch`` deletes some rows at a time, so that nobody waits for a lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Delete,
    Select,
    String,
    and_,
    cast,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.domain.imports import JobStatus
from app.domain.registration import PENDING, State
from app.domain.retention import Retention
from app.lib.database import count_changed
from app.models import (
    AccessRequest,
    Account,
    AccountSession,
    AuditEvent,
    Base,
    Consent,
    ContactChange,
    ContractEvent,
    CustomerNote,
    EventDay,
    HealthAlert,
    ImportJob,
    ImportRun,
    Invitation,
    InvitationContract,
    InvitationPoint,
    Mailing,
    MailingRecipient,
    Membership,
    Message,
    RateLimitHit,
    Recovery,
    Registration,
    SmsCode,
    SmsReport,
    StaffSession,
    WorkerHeartbeat,
)

ATTEMPTS = timedelta(days=31)
CODES = timedelta(days=2)
DRAFTS = timedelta(days=2)
UNCONFIRMED = timedelta(days=30)
CHANGES = timedelta(days=30)
UNANSWERED = timedelta(days=30)
"""Of an invitation, from its end on: it names somebody who has given no consent."""
REQUESTS = timedelta(days=30)
SIGNS_OF_LIFE = timedelta(days=7)
EVENTS = timedelta(days=400)
"""A little more than a year: the same month of last year is still there."""
BATCH = 200
"""Rows deleted in one transaction."""
NO_CONTACTS: dict[str, Any] = {
    "email": "",
    "login_email": None,
    "phone": None,
    "person_name": None,
    "position": None,
    "password_hash": "",
    "email_confirmed_at": None,
    "phone_confirmed_at": None,
}
"""What remains of an account that nobody may sign in with: its number, which records refer to."""
FINAL = ("sent", "failed", "suppressed", "stopped")
"""States of messages that nothing will be done about."""


def clean_up(session: Session, now: datetime, sessions: timedelta) -> dict[str, int]:
    """Delete the rows that are past their retention; how many of each kind."""
    unfinished = select(Registration.id).where(
        or_(
            (Registration.state == State.DRAFT) & (Registration.created_at < now - DRAFTS),
            (Registration.state.in_((State.LINK_SENT, State.SUPERSEDED)))
            & (Registration.created_at < now - UNCONFIRMED),
        ),
        Registration.account_id.is_(None),
    )
    is_old_code = or_(SmsCode.created_at < now - CODES, SmsCode.registration_id.in_(unfinished))
    codes = select(SmsCode.id).where(is_old_code)
    session.execute(update(Message).where(Message.sms_code_id.in_(codes)).values(sms_code_id=None))
    old_requests = select(AccessRequest.id).where(AccessRequest.created_at < now - REQUESTS)
    statements = _delete_unanswered(now) | {
        "codes": delete(SmsCode).where(is_old_code),
        "rate_limit_hits": delete(RateLimitHit).where(RateLimitHit.hit_at < now - ATTEMPTS),
        "contact_changes": delete(ContactChange).where(ContactChange.requested_at < now - CHANGES),
        "recoveries": delete(Recovery).where(Recovery.created_at < now - CODES),
        "consents": delete(Consent).where(
            or_(
                Consent.registration_id.in_(unfinished),
                Consent.access_request_id.in_(old_requests),
            )
        ),
        "access_requests": delete(AccessRequest).where(AccessRequest.created_at < now - REQUESTS),
        "registrations": delete(Registration).where(Registration.id.in_(unfinished)),
        "sessions": delete(AccountSession).where(AccountSession.last_seen_at < now - sessions),
        "staff_sessions": delete(StaffSession).where(StaffSession.last_seen_at < now - sessions),
        "heartbeats": delete(WorkerHeartbeat).where(WorkerHeartbeat.seen_at < now - SIGNS_OF_LIFE),
        "event_days": delete(EventDay).where(EventDay.finished_at < now - CHANGES),
        # Of a machine that is no more, or a check that this version no longer makes.
        "health_results": delete(HealthAlert).where(HealthAlert.checked_at < now - SIGNS_OF_LIFE),
    }
    return {name: count_changed(session, statement) for name, statement in statements.items()}


def _delete_unanswered(now: datetime) -> dict[str, Delete]:
    """Statements that delete invitations nobody has answered, with what they offered."""
    unanswered = select(Invitation.id).where(
        Invitation.accepted_at.is_(None), Invitation.expires_at < now - UNANSWERED
    )
    return {
        "invitation_points": delete(InvitationPoint).where(
            InvitationPoint.invitation_id.in_(unanswered)
        ),
        "invitation_contracts": delete(InvitationContract).where(
            InvitationContract.invitation_id.in_(unanswered)
        ),
        "invitations": delete(Invitation).where(Invitation.id.in_(unanswered)),
    }


@dataclass(frozen=True, slots=True)
class Expired:
    """Rows of a large table that are past their retention: to be deleted, or to be cleared."""

    name: str
    table: type[Base]
    conditions: tuple[ColumnElement[bool], ...]
    cleared: dict[str, Any] | None = None
    """Values that these columns get; None: the rows go."""


def list_expired(session: Session, rules: Retention, now: datetime) -> list[Expired]:
    """What has to go from the large tables.

    Who was written to outlives what was written. A run of imports remains, without its warnings:
    it says which batch is loaded already, and the audit log refers to it.
    """
    is_over = Message.status.in_(FINAL)
    old = _is_older(session, Message.created_at, now - rules.messages)
    has_old_text = _is_older(session, Message.created_at, now - rules.message_texts)
    of_imports = now - rules.imports
    before = now - rules.consents
    old_mailings = select(Mailing.id).where(Mailing.created_at < now - rules.messages)
    is_loaded = ImportJob.status == JobStatus.DONE
    had_warnings = cast(ImportRun.warnings, String) != "[]"
    is_old_run = ImportRun.finished_at < of_imports
    no_text: dict[str, Any] = {"text": "", "html": None}
    no_warnings: dict[str, Any] = {"warnings": []}
    return [
        Expired("audit_events", AuditEvent, (AuditEvent.happened_at < now - rules.audit,)),
        Expired("contract_events", ContractEvent, (ContractEvent.created_at < now - EVENTS,)),
        Expired("messages", Message, (is_over, old)),
        Expired("sms_reports", SmsReport, (SmsReport.reported_at < now - rules.messages,)),
        Expired(
            "mailing_recipients",
            MailingRecipient,
            (MailingRecipient.mailing_id.in_(old_mailings),),
        ),
        Expired("customer_notes", CustomerNote, (CustomerNote.happened_at < now - rules.messages,)),
        Expired("message_texts", Message, (is_over, Message.text != "", has_old_text), no_text),
        Expired("import_jobs", ImportJob, (is_loaded, ImportJob.finished_at < of_imports)),
        Expired("import_runs", ImportRun, (had_warnings, is_old_run), no_warnings),
        Expired("consents", Consent, (_is_ended_consent(before),)),
        Expired(
            "accounts",
            Account,
            (Account.password_hash != "", Account.id.in_(_list_ended_accounts(before))),
            NO_CONTACTS | {"disabled_at": func.coalesce(Account.disabled_at, now)},
        ),
    ]


def _list_ended_accounts(before: datetime) -> Select[int]:
    """Accounts that were closed before a moment, or have had no access to any contract since."""
    has_access = (
        select(Membership.id)
        .where(
            Membership.account_id == Account.id,
            or_(Membership.revoked_at.is_(None), Membership.revoked_at >= before),
        )
        .exists()
    )
    had_access = select(Membership.id).where(Membership.account_id == Account.id).exists()
    return select(Account.id).where(
        or_(Account.disabled_at < before, and_(had_access, ~has_access)),
    )


def _is_ended_consent(before: datetime) -> ColumnElement[bool]:
    """Consents that ended before a moment: withdrawn, or nothing is left that they were given for.

    That of an enquiry lasts as long as the enquiry, also where its author has lost the access; that
    of a registration which led to no account ends with the decision.
    """
    given_up = select(Registration.id).where(
        Registration.account_id.is_(None),
        Registration.state.not_in(PENDING),
        func.coalesce(Registration.decided_at, Registration.created_at) < before,
    )
    return or_(
        Consent.withdrawn_at < before,
        Consent.ended_at < before,
        and_(
            Consent.enquiry_id.is_(None),
            Consent.ended_at.is_(None),
            or_(
                Consent.account_id.in_(_list_ended_accounts(before)),
                and_(Consent.account_id.is_(None), Consent.registration_id.in_(given_up)),
            ),
        ),
    )


def purge_batch(session: Session, expired: Expired, after: int) -> Sequence[int]:
    """Delete or clear some rows; their keys, in order.

    Args:
        after: key of the last row of the batch before.
    """
    key: ColumnElement[int] = expired.table.__table__.c.id
    wanted = select(key).where(key > after, *expired.conditions).order_by(key).limit(BATCH)
    ids = session.scalars(wanted).all()
    if expired.cleared is None:
        count_changed(session, delete(expired.table).where(key.in_(ids)))
    else:
        count_changed(session, update(expired.table).where(key.in_(ids)).values(**expired.cleared))
    return ids


def _is_older(
    session: Session, moment: InstrumentedAttribute[datetime], before: datetime
) -> ColumnElement[bool]:
    """Rows from before a moment, where no index has it: rows are numbered as they come.

    The first young row ends the search, so that those behind it are not read.
    """
    key = moment.class_.id
    first = session.scalar(select(key).where(moment >= before).order_by(key).limit(1))
    return moment < before if first is None else key < first
