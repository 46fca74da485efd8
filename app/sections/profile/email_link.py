"""Confirmation link of a new email address: a GET changes nothing, its button does."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.actions.accounts.email import check_email_change, confirm_email
from app.domain.errors import LinkError, NotFoundError
from app.extensions import db
from app.jobs import delivery
from app.lib.signed_links import Purpose
from app.logging import event
from app.models import ContactChange
from app.queries.profile import get_contact_change
from app.web.context import local_now
from app.web.fragments import render_page
from app.web.link_pages import guard_links
from app.web.permissions import public

bp = Blueprint("contacts", __name__, url_prefix="/contacts")

LINK_ERRORS = {
    "expired": (
        "Срок ссылки истек",
        "Адрес не изменился. Укажите его снова в разделе «Реквизиты и контакты».",
    ),
    "used": ("Ссылка уже использована", "Адрес подтвержден, делать больше ничего не нужно."),
    "superseded": (
        "Ссылка больше не действует",
        "С тех пор адрес указали заново. Откройте последнее письмо.",
    ),
}


guard_links(bp, LINK_ERRORS, ("service.root", "Перейти в кабинет"))


@bp.get("/confirm/<token>")
@public
def confirm(token: str) -> ResponseReturnValue:
    """Show the new address and a button."""
    change, nonce = _read(token)
    check_email_change(db.session(), change, nonce, local_now())
    return render_page("profile/confirm.html", fragment="results", change=change, done=False)


@bp.post("/confirm/<token>")
@public
def confirm_submit(token: str) -> ResponseReturnValue:
    """Confirm the new address."""
    change, nonce = _read(token)
    confirm_email(db.session(), change, nonce, local_now())
    delivery.commit()
    event("email confirmed", account=change.account_id)
    return render_page("profile/confirm.html", fragment="results", change=change, done=True)


def _read(token: str) -> tuple[ContactChange, str]:
    key, nonce = delivery.transports().links.read(Purpose.EMAIL, token)
    try:
        return get_contact_change(db.session(), key), nonce
    except NotFoundError:
        raise LinkError("superseded") from None
