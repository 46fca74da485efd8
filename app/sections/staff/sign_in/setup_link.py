"""Set-up link of a staff member: a GET changes nothing, the form sets the password."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.staff import setup_link as actions
from app.domain.errors import LinkError, NotFoundError, PasswordError
from app.extensions import db
from app.jobs import delivery
from app.lib.signed_links import Purpose
from app.logging import event
from app.models import StaffMember
from app.queries.staff import get_staff
from app.web import session
from app.web.account_fields import NewPasswordForm
from app.web.context import clock
from app.web.fragments import render_page
from app.web.link_pages import guard_links
from app.web.permissions import public

bp = Blueprint("staff_setup", __name__, url_prefix="/staff/set-up")

LINK_ERRORS = {
    "expired": ("Срок ссылки истек", "Новую выдаст администратор или тот, кто ведет сервер."),
    "used": (
        "Ссылка больше не действует",
        "Пароль уже задан, или доступ сбросили снова. Если это не вы, сообщите администратору.",
    ),
}

guard_links(bp, LINK_ERRORS, ("staff.sign_in", "Вход для сотрудников"))


@bp.get("/<token>")
@public
def password(token: str) -> ResponseReturnValue:
    """Show the login and the form of the first password."""
    member, nonce = _read(token)
    actions.check_setup(member, nonce, clock().now())
    return _page(member, NewPasswordForm())


@bp.post("/<token>")
@public
def password_submit(token: str) -> ResponseReturnValue:
    """Set the password; sign-in with the second factor follows."""
    member, nonce = _read(token)
    actions.check_setup(member, nonce, clock().now())
    form = NewPasswordForm()
    if not form.validate():
        return _page(member, form, 422)
    browser, now = session.current_browser(), clock().now()
    try:
        actions.set_up(db.session(), member, nonce, form.password.data or "", browser, now)
    except PasswordError as error:
        form.refuse(error)
        return _page(member, form, 422)
    db.session.commit()
    event("staff password set", staff=member.id)
    return redirect(url_for("staff.sign_in"), 303)


def _read(token: str) -> tuple[StaffMember, str]:
    key, nonce = delivery.transports().links.read(Purpose.STAFF_SETUP, token)
    try:
        return get_staff(db.session(), key), nonce
    except NotFoundError:
        raise LinkError("used") from None


def _page(member: StaffMember, form: NewPasswordForm, status: int = 200) -> Response:
    return render_page(
        "staff/sign_in/setup.html", fragment="results", form=form, login=member.login, status=status
    )
