"""Attach contracts to an account that is there already, by number, ИНН and proof."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from app.actions import rate_limits
from app.actions.accounts.notifications import build_message_facts
from app.actions.accounts.sessions import attach_contract
from app.actions.audit_log import record
from app.actions.messages import Outgoing, queue_message
from app.actions.registration import notifications
from app.actions.registration.activation import activate
from app.actions.registration.policy import RegistrationRules
from app.actions.registration.registration_form import supersede_others
from app.domain.access import AccessWindow, Browser, Role
from app.domain.contacts import same_email
from app.domain.contract_number import number_key
from app.domain.errors import PeopleError
from app.domain.rate_limits import LimitedAction
from app.domain.registration import Channel, Proof, State
from app.integrations.message_templates import render_email
from app.models import Account, Contract, Customer, Membership, Registration
from app.queries.accounts import find_owner
from app.queries.attachments import find_waiting_attachment, has_proved_inn, list_offered
from app.queries.memberships import is_login_closed_to_registration
from app.queries.people import is_member
from app.queries.registrations import find_contract_by_inn, get_contacts_on_record


def begin_attachment(
    session: Session,
    account: Account,
    number: str,
    inn: str,
    browser: Browser,
    rules: RegistrationRules,
    now: datetime,
) -> Registration | None:
    """Attach a contract where its right is plain, else begin to ask for proof; or None.

    None means what it means at the first entry: no such contract, another ИНН, or it has an owner;
    these are told apart nowhere, and a known owner is notified.

    Returns:
        A registration that is ``active``, or waits for proof (``unproved``).

    Raises:
        TooManyAttemptsError: a limit is reached.
        PeopleError: ``member``: the account has the contract already.
        RegistrationClosedError: somebody else was quicker.
    """
    key = number_key(number)
    limits = rules.limits[LimitedAction.FIRST_ENTRY]
    rate_limits.hit(session, LimitedAction.FIRST_ENTRY, key, browser.address, limits, now)
    contract = find_contract_by_inn(session, key, inn)
    if contract is None:
        return None
    owner = find_owner(session, key)
    if owner is not None:
        if is_member(session, contract.id, now.date(), account_id=account.id):
            raise PeopleError("member")
        notifications.notify_owner_of_registration(session, owner[0], contract, now)
        return None
    if is_login_closed_to_registration(session, key):
        return None
    waiting = find_waiting_attachment(session, account.id, contract, inn)
    if waiting is not None:
        return waiting
    return _begin(session, account, contract, inn, browser, rules, now)


def _begin(
    session: Session,
    account: Account,
    contract: Contract,
    inn: str,
    browser: Browser,
    rules: RegistrationRules,
    now: datetime,
) -> Registration:
    subject, limits = f"contract:{contract.id}", rules.limits[LimitedAction.REGISTRATION]
    # Those on record are told each time, and that must not be a flood.
    rate_limits.hit(
        session, LimitedAction.REGISTRATION, subject, browser.address, limits, now, succeeded=True
    )
    # Locked before the registration refers to it: of two at once each would wait for the other.
    _lock(session, [contract])
    contract = session.get_one(
        Contract, contract.id, options=[joinedload(Contract.customer)], populate_existing=True
    )
    channel, proof = _find_proof(session, account, contract, rules, now.date())
    is_mail = channel is Channel.MAIL
    registration = Registration(
        contract_id=contract.id,
        customer_id=contract.customer_id,
        customer_inn=inn,
        state=State.UNPROVED,
        created_at=now,
        saved_at=now,
        confirmed_at=now,
        address=browser.address[:45],
        user_agent=browser.user_agent[:200],
        channel=channel,
        email=account.email,
        phone=account.phone,
        confirmed_phone=None if is_mail else account.phone,
        attach_to_id=account.id,
    )
    registration.contract = contract
    session.add(registration)
    session.flush()
    supersede_others(session, registration, now)
    _record_request(session, registration, now)
    notifications.notify_contacts_on_record(session, registration, rules, now)
    if proof is not None:
        activate(session, registration, proof, now)
    return registration


def _record_request(session: Session, registration: Registration, now: datetime) -> None:
    record(
        session,
        "registration.attachment",
        registration.attach_to_id,
        "contracts",
        registration.contract.number,
        now,
        contract_id=registration.contract_id,
        registration=registration.id,
    )


def _find_proof(
    session: Session, account: Account, contract: Contract, rules: RegistrationRules, today: date
) -> tuple[Channel, Proof | None]:
    """What shows the right to a contract without a document, and the confirmed contact to use."""
    on_record = get_contacts_on_record(session, contract)
    confirmed = [
        (channel, contact)
        for channel, contact, confirmed_at in (
            (Channel.MAIL, account.email, account.email_confirmed_at),
            (Channel.SMS, account.phone, account.phone_confirmed_at),
        )
        if confirmed_at is not None and contact
    ]
    for channel, contact in confirmed:
        if on_record.has(channel, contact):
            return channel, Proof.CONTACT
    channel = confirmed[0][0] if confirmed else Channel.MAIL
    if has_proved_inn(session, account.id, contract.customer.inn, today):
        return channel, Proof.OWNER
    return channel, None if rules.needs_proof else Proof.NOT_ASKED


def attach_offered(
    session: Session,
    account: Account,
    contract_ids: Collection[int],
    window: AccessWindow,
    now: datetime,
) -> int:
    """Attach contracts that a proof given before covers; how many.

    Those that have got an owner since the page was opened are left out.

    Raises:
        AccountExistsError: the account has been closed meanwhile.
    """
    # Written before anything is read: on SQLite only a write makes others wait.
    session.execute(update(Account).where(Account.id == account.id).values(id=account.id))
    wanted = set(contract_ids)
    offered = [row for row in list_offered(session, account.id, window) if row.id in wanted]
    contracts = session.scalars(
        select(Contract)
        .options(joinedload(Contract.customer))
        .where(Contract.id.in_([row.id for row in offered]))
        .order_by(Contract.customer_id, Contract.id)
    ).all()
    _lock(session, contracts)
    # Once more: billing or somebody else may have come before the lock.
    still = {row.id for row in list_offered(session, account.id, window)}
    attached = []
    for contract in contracts:
        if contract.id in still:
            attach_contract(session, account, contract, now)
            attached.append(contract)
    _notify_on_record(session, account, attached, now)
    return len(attached)


def _lock(session: Session, contracts: Sequence[Contract]) -> None:
    """An import changes customers before contracts, and so they are locked in that order."""
    for row, keys in (
        (Customer.id, {contract.customer_id for contract in contracts}),
        (Contract.id, {contract.id for contract in contracts}),
    ):
        session.execute(select(row).where(row.in_(keys)).order_by(row).with_for_update()).all()


def _notify_on_record(
    session: Session, account: Account, contracts: Sequence[Contract], now: datetime
) -> None:
    """Notify those whom billing has on record, once for all contracts of a customer."""
    for customer_id in dict.fromkeys(contract.customer_id for contract in contracts):
        mine = [contract for contract in contracts if contract.customer_id == customer_id]
        facts = build_message_facts(session, mine[0]) | {
            "numbers": [contract.number for contract in mine],
            "email": account.email,
        }
        for email in sorted(get_contacts_on_record(session, mine[0]).emails):
            if not same_email(email, account.email):
                queue_message(
                    session,
                    Outgoing(
                        kind="contracts_attached",
                        channel=Channel.MAIL,
                        recipient=email,
                        content=render_email("contracts_attached", **facts),
                        key=f"{account.id}.{customer_id}.{now.timestamp():.0f}",
                        contract_id=mine[0].id,
                    ),
                    now,
                )


def detach(session: Session, registration: Registration, now: datetime) -> list[int]:
    """End what an account owns by a registration that was stopped; the contracts.

    What it was offered because of that goes as well: the contracts of the same ИНН since then.
    """
    owned = session.scalars(
        select(Membership)
        .join(Contract, Contract.id == Membership.contract_id)
        .join(Customer, Customer.id == Contract.customer_id)
        .where(
            Membership.account_id == registration.attach_to_id,
            Membership.role == Role.OWNER,
            Membership.invited_by_id.is_(None),
            Membership.revoked_at.is_(None),
            Membership.created_at >= registration.created_at,
            Customer.inn == registration.customer_inn,
        )
    ).all()
    for membership in owned:
        membership.revoked_at = now
    session.flush()
    return [membership.contract_id for membership in owned]
