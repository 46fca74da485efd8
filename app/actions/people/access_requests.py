"""Ask the owner of a contract for access, and decide about that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.actions import rate_limits
from app.actions.accounts.consents import give_for_request
from app.actions.accounts.notifications import build_message_facts, find_confirmed_contact
from app.actions.audit_log import record
from app.actions.messages import Outgoing, queue_message
from app.actions.people.invitations import NewInvitation, invite
from app.domain.access import Browser, Role
from app.domain.contract_number import number_key
from app.domain.errors import PeopleError
from app.domain.logins import email_key
from app.domain.rate_limits import LimitedAction, RateLimit
from app.domain.registration import Channel
from app.integrations.message_templates import render_email, render_sms
from app.lib.database import count_changed, insert_or_ignore
from app.lib.signed_links import Purpose
from app.models import AccessRequest, Account, Contract
from app.queries.accounts import find_owner
from app.queries.contracts import VisibleContract
from app.queries.memberships import is_undecided
from app.queries.people import is_member
from app.queries.registrations import find_contract_by_inn


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """How often numbers may be looked up, and owners be asked."""

    first_entry: Sequence[RateLimit]
    requests: Sequence[RateLimit]


@dataclass(frozen=True, slots=True)
class NewAccessRequest:
    """Who asks for access to which contract; ``email`` is not confirmed."""

    number: str
    inn: str
    person_name: str
    email: str


def ask_for_access(
    session: Session,
    details: NewAccessRequest,
    browser: Browser,
    limits: RequestLimits,
    now: datetime,
) -> int:
    """Pass a request on to the owner of a contract, if there is one; its id, or 0.

    Whether a contract exists, has this ИНН or an owner is told to nobody: the answer is the same.

    Raises:
        TooManyAttemptsError: a limit is reached; nothing was looked up.
    """
    key = number_key(details.number)
    rate_limits.hit(
        session, LimitedAction.FIRST_ENTRY, key, browser.address, limits.first_entry, now
    )
    rate_limits.hit(
        session, LimitedAction.ACCESS_REQUEST, key, browser.address, limits.requests, now
    )
    contract, owner = find_contract_by_inn(session, key, details.inn), find_owner(session, key)
    if contract is None or owner is None or owner[1] != contract.id:
        return 0
    email = email_key(details.email)
    if is_undecided(session, contract.id) or is_member(
        session, contract.id, now.date(), email=email
    ):
        return 0
    request_id = insert_or_ignore(
        session,
        AccessRequest,
        contract_id=contract.id,
        email=email,
        person_name=details.person_name,
        created_at=now,
        address=browser.address[:45],
    )
    if request_id:
        give_for_request(session, request_id, browser, now)
        _record(session, "access.requested", None, contract, email, now)
        _notify_owner(session, owner[0], contract, request_id, details, now)
    return request_id


def grant_request(
    session: Session,
    contract: VisibleContract,
    request: AccessRequest,
    role: Role,
    access_until: date | None,
    browser: Browser,
    limits: Sequence[RateLimit],
    now: datetime,
) -> None:
    """Invite whoever asks: the link of the email shows that the address is theirs.

    Raises:
        PeopleError: ``decided`` (by somebody else meanwhile), or as ``invite``.
        TooManyAttemptsError: as ``invite``.
    """
    details = NewInvitation(
        email=request.email,
        person_name=request.person_name,
        role=role,
        contracts=[contract],
        access_until=access_until,
        note="",
    )
    invite(session, details, browser, limits, now.date(), now)
    _decide(session, request, now, is_granted=True)


def refuse_request(
    session: Session, contract: VisibleContract, request: AccessRequest, now: datetime
) -> None:
    """Refuse access; whoever asked for it is told.

    Raises:
        PeopleError: ``decided`` by somebody else meanwhile.
    """
    _decide(session, request, now, is_granted=False)
    actor_id = contract.viewer.account_id
    _record(session, "access.request_refused", actor_id, contract, request.email, now)
    known = session.get_one(Contract, contract.id)
    queue_message(
        session,
        Outgoing(
            kind="access_refused",
            channel=Channel.MAIL,
            recipient=request.email,
            content=render_email("access_refused", **build_message_facts(session, known)),
            key=str(request.id),
            contract_id=contract.id,
        ),
        now,
    )


def _decide(session: Session, request: AccessRequest, now: datetime, *, is_granted: bool) -> None:
    """Compare and swap: of two who decide at once the second is refused."""
    decided = count_changed(
        session,
        update(AccessRequest)
        .where(AccessRequest.id == request.id, AccessRequest.decided_at.is_(None))
        .values(decided_at=now, is_granted=is_granted),
    )
    if not decided:
        raise PeopleError("decided")


def _notify_owner(
    session: Session,
    owner: Account,
    contract: Contract,
    request_id: int,
    details: NewAccessRequest,
    now: datetime,
) -> None:
    contact = find_confirmed_contact(owner)
    if contact is None:
        return
    channel, recipient = contact
    facts = build_message_facts(session, contract) | {
        "person": details.person_name,
        "email": details.email,
    }
    write = render_email if channel is Channel.MAIL else render_sms
    queue_message(
        session,
        Outgoing(
            kind="access_requested",
            channel=channel,
            recipient=recipient,
            content=write("access_requested", **facts),
            key=str(request_id),
            link=(Purpose.ACCESS_REQUEST, request_id, ""),
            account_id=owner.id,
            contract_id=contract.id,
        ),
        now,
    )


def _record(
    session: Session,
    action: str,
    account_id: int | None,
    contract: VisibleContract | Contract,
    email: str,
    now: datetime,
) -> None:
    record(
        session,
        action,
        account_id,
        "contracts",
        contract.number,
        now,
        contract_id=contract.id,
        email=email,
    )
