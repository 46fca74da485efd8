"""«Потребители»: finding a contract, its card, and its accounts and sessions."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.accounts import staff as actions
from app.actions.accounts.recovery import start_recovery
from app.actions.accounts.second_factor import reset_second_factor
from app.domain.access import Permission, Viewer
from app.domain.errors import BlockedError, TooManyAttemptsError
from app.domain.staff import StaffPermission
from app.extensions import db
from app.jobs import delivery
from app.logging import event
from app.models import Account, Contract
from app.queries import customers as queries
from app.queries.contract_details import get_contract_details
from app.queries.contract_search import find_contracts, find_exact_contract
from app.queries.contracts import get_as_customer
from app.queries.customer_notes import list_notes
from app.queries.open_items import read_money_overview
from app.queries.profile import get_session
from app.queries.transfers import list_transfers_of
from app.sections.staff.blueprint import bp
from app.sections.staff.customers.note_forms import KINDS
from app.sections.staff.customers.presenters import present_accounts
from app.sections.staff.labels import BLOCKED, REGISTRATIONS
from app.web.context import clock, local_now
from app.web.data_access import record_access
from app.web.forms import describe_wait, printable
from app.web.fragments import is_fragment, render_page
from app.web.labels import CONTRACT_STATUSES
from app.web.pager import Pager
from app.web.permissions import staff_access
from app.web.policies import recovery_rules, session_lives

PAGE_ROWS = 25
CARD_NOTES = 3
DONE = {
    "blocked": "Учетная запись заблокирована, сеансы завершены.",
    "unblocked": "Учетная запись снова открыта.",
    "sessions": "Сеансы завершены.",
    "second_factor": "Второй фактор отключен; потребителю отправлено сообщение.",
    "recovery": "Письмо со ссылкой для нового пароля отправляется на подтвержденный адрес.",
}


@bp.get("/customers")
@staff_access(StaffPermission.WORK, lists=True)
def customers() -> ResponseReturnValue:
    """Search by number, ИНН, name, address, meter serial, email, telephone.

    A whole contract number opens the card; not while somebody is still typing.
    """
    typed = printable(request.args.get("q", "")[:200]).strip()
    if not is_fragment() and (exact := find_exact_contract(db.session(), typed)):
        return redirect(url_for("staff.customer", contract_id=exact))
    number = Pager.from_request(PAGE_ROWS, 10**6)
    found = find_contracts(db.session(), typed, number.offset, PAGE_ROWS)
    pager = Pager.from_request(PAGE_ROWS, found.total)
    return render_page(
        "staff/customers/index.html",
        fragment="results",
        typed=typed,
        found=found,
        pager=pager,
        statuses=CONTRACT_STATUSES,
    )


@bp.get("/customers/<id:contract_id>")
@staff_access(StaffPermission.WORK)
def customer(contract_id: int) -> ResponseReturnValue:
    """The card of a contract: money, points, accounts, registrations, messages."""
    contract = queries.get_contract_for_staff(db.session(), contract_id)
    record_access(contract.id, contract.number)
    return _card(contract)


@bp.post("/customers/<id:contract_id>/accounts/<id:account_id>/block")
@staff_access(StaffPermission.WORK)
def customer_block(contract_id: int, account_id: int) -> ResponseReturnValue:
    """Block an account: its sessions end and nobody signs in with it."""
    _, account = _find(contract_id, account_id)
    actions.block_account(db.session(), account, clock().now())
    return _done(contract_id, "blocked")


@bp.post("/customers/<id:contract_id>/accounts/<id:account_id>/unblock")
@staff_access(StaffPermission.WORK)
def customer_unblock(contract_id: int, account_id: int) -> ResponseReturnValue:
    """Let a blocked account sign in again."""
    contract, account = _find(contract_id, account_id)
    try:
        actions.unblock_account(db.session(), account, clock().now())
    except BlockedError as error:
        return _card(contract, BLOCKED[error.code], 409)
    return _done(contract_id, "unblocked")


@bp.post("/customers/<id:contract_id>/accounts/<id:account_id>/sessions/end")
@staff_access(StaffPermission.WORK)
def customer_end_sessions(contract_id: int, account_id: int) -> ResponseReturnValue:
    """Sign all browsers of an account out."""
    _, account = _find(contract_id, account_id)
    actions.end_account_sessions(db.session(), account, clock().now())
    return _done(contract_id, "sessions")


@bp.post("/customers/<id:contract_id>/accounts/<id:account_id>/sessions/<id:session_id>/end")
@staff_access(StaffPermission.WORK)
def customer_end_session(contract_id: int, account_id: int, session_id: int) -> ResponseReturnValue:
    """Sign one browser out."""
    _, account = _find(contract_id, account_id)
    row = get_session(db.session(), Viewer(account.id), session_id)
    actions.end_account_session(db.session(), row, clock().now())
    return _done(contract_id, "sessions")


@bp.post("/customers/<id:contract_id>/accounts/<id:account_id>/recovery")
@staff_access(StaffPermission.WORK)
def customer_recovery(contract_id: int, account_id: int) -> ResponseReturnValue:
    """Send the email with the link for a new password; staff never see or set one."""
    contract, account = _find(contract_id, account_id)
    try:
        start_recovery(db.session(), account, contract, recovery_rules(), local_now())
    except BlockedError as error:
        return _card(contract, BLOCKED[error.code], 409)
    except TooManyAttemptsError as error:
        text = "Писем со ссылкой уже отправлено достаточно. Следующее можно отправить"
        return _card(contract, f"{text} {describe_wait(error.retry_after)}.", 429)
    return _done(contract_id, "recovery")


@bp.post("/customers/<id:contract_id>/accounts/<id:account_id>/second-factor/reset")
@staff_access(StaffPermission.WORK)
def customer_reset_second_factor(contract_id: int, account_id: int) -> ResponseReturnValue:
    """Turn off the second factor of somebody who has lost telephone and recovery codes."""
    _, account = _find(contract_id, account_id)
    reset_second_factor(db.session(), account, local_now())
    return _done(contract_id, "second_factor")


def _find(contract_id: int, account_id: int) -> tuple[Contract, Account]:
    contract = queries.get_contract_for_staff(db.session(), contract_id)
    return contract, queries.get_account_of(db.session(), contract, account_id)


def _done(contract_id: int, what: str) -> ResponseReturnValue:
    delivery.commit()
    event("customer access", what=what, contract=contract_id)
    return redirect(url_for("staff.customer", contract_id=contract_id, done=what), 303)


def _card(contract: Contract, message: str | None = None, status: int = 200) -> Response:
    session, now = db.session(), clock().now()
    visible = get_as_customer(session, contract.id, Permission.SEE_MONEY, clock().today())
    return render_page(
        "staff/customers/customer.html",
        fragment="results",
        row=contract,
        overview=read_money_overview(session, visible, clock().today()),
        points=get_contract_details(session, visible).points,
        others=queries.list_other_contracts(session, contract),
        transfers=list_transfers_of(session, contract.id),
        accounts=present_accounts(
            contract.id, queries.list_accounts(session, contract, now, *session_lives())
        ),
        registrations=queries.list_last_registrations(session, contract),
        notes=list_notes(session, contract.customer_id, limit=CARD_NOTES),
        note_kinds=KINDS,
        messages=queries.list_last_messages(session, contract),
        statuses=CONTRACT_STATUSES,
        states=REGISTRATIONS,
        message=message,
        done=DONE.get(request.args.get("done", "")),
        status=status,
    )
