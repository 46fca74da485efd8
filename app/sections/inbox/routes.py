"""«Сообщения поставщика»: what mailings have brought; opening one is recorded, by a button."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from app.actions.mailings.opening import open_message
from app.domain.access import Permission
from app.extensions import db
from app.queries.contracts import VisibleContract
from app.queries.mailings.customer import count_messages, get_message, list_messages
from app.web.context import clock
from app.web.fragments import render_page
from app.web.pager import PAGE_ROWS, Pager
from app.web.permissions import contract_access

bp = Blueprint("inbox", __name__, url_prefix="/contracts/<id:contract_id>/inbox")


@bp.get("")
@contract_access(Permission.SEE_CONTRACT)
def index(contract: VisibleContract) -> ResponseReturnValue:
    """Messages to the viewer, the newest first."""
    pager = Pager.from_request(PAGE_ROWS, count_messages(db.session(), contract))
    return render_page(
        "inbox/index.html",
        fragment="results",
        contract=contract,
        rows=list_messages(db.session(), contract, pager.offset, pager.size),
        pager=pager,
    )


@bp.get("/<id:message_id>")
@contract_access(Permission.SEE_CONTRACT)
def message(contract: VisibleContract, message_id: int) -> ResponseReturnValue:
    """One message; its text is shown once it has been opened by the button."""
    return render_page(
        "inbox/message.html",
        fragment="results",
        contract=contract,
        row=get_message(db.session(), contract, message_id),
        may_open=contract.may(Permission.MANAGE_ACCOUNT),
    )


@bp.post("/<id:message_id>/open")
@contract_access(Permission.MANAGE_ACCOUNT)
def open_submit(contract: VisibleContract, message_id: int) -> ResponseReturnValue:
    """Record the first opening, and show the text."""
    found = get_message(db.session(), contract, message_id)
    open_message(db.session(), contract, found.id, clock().now())
    db.session.commit()
    url = url_for("inbox.message", contract_id=contract.id, message_id=message_id)
    return redirect(url, 303)
