"""The link that ends emails about events: a GET changes nothing, its button does.

Mail programs send the POST themselves where their user presses «Отписаться» (RFC 8058): without
cookies, so it needs no token of a form. The signature of the link is what it is trusted by.
"""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.notifications.digests import ALL_CONTRACTS
from app.actions.notifications.preferences import get_unsubscribing, unsubscribe
from app.extensions import csrf, db
from app.jobs import delivery
from app.lib.signed_links import Purpose
from app.logging import event
from app.models import Contract, Membership
from app.sections.notifications.labels import LINK_ERRORS
from app.web.context import clock
from app.web.fragments import render_page
from app.web.link_pages import guard_links
from app.web.permissions import public

bp = Blueprint("unsubscribe", __name__, url_prefix="/notifications/unsubscribe")
guard_links(bp, LINK_ERRORS, ("service.root", "Перейти в кабинет"))


@bp.get("/<token>")
@public
def show(token: str) -> ResponseReturnValue:
    """Show what the button ends."""
    membership, is_all = _read(token)
    return _page(membership, is_all, done=False)


@bp.post("/<token>")
@csrf.exempt
@public
def confirm(token: str) -> ResponseReturnValue:
    """End the emails; sent twice, they stay ended."""
    membership, is_all = _read(token)
    if request.form.get("List-Unsubscribe") != "One-Click":
        csrf.protect()
    unsubscribe(db.session(), membership, is_all=is_all, today=clock().today(), now=clock().now())
    db.session.commit()
    event("unsubscribed", account=membership.account_id, contract=membership.contract_id)
    return _page(membership, is_all, done=True)


def _page(membership: Membership, is_all: bool, *, done: bool) -> Response:
    contract = db.session.get_one(Contract, membership.contract_id)
    return render_page(
        "notifications/unsubscribe.html",
        fragment="results",
        number=contract.number,
        is_all=is_all,
        done=done,
    )


def _read(token: str) -> tuple[Membership, bool]:
    key, nonce = delivery.transports().links.read(Purpose.UNSUBSCRIBE, token)
    return get_unsubscribing(db.session(), key, clock().today()), nonce == ALL_CONTRACTS
