"""Blueprint of registrations: the registration of a link, addresses of steps, the next step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from app.actions.accounts import sessions
from app.actions.registration.policy import RegistrationRules
from app.domain.access import Browser
from app.domain.errors import LinkError, RegistrationClosedError
from app.domain.registration import State
from app.extensions import db
from app.jobs import delivery
from app.lib.signed_links import Purpose
from app.logging import event
from app.models import Registration
from app.queries.registrations import get_linked_registration
from app.sections.registration.labels import LINK_ERRORS
from app.web import session
from app.web.context import clock, local_now
from app.web.link_pages import guard_links
from app.web.policies import registration_rules

bp = Blueprint("registration", __name__)
RESTART = ("registration.first_entry", "Зарегистрироваться")
"""Endpoint and label of the button where a link does not work any more."""


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Browser, rules and time of the present request."""

    browser: Browser
    rules: RegistrationRules
    now: datetime


def request_context() -> RequestContext:
    """Build the context of this request; ``now`` is in the supplier's zone, as in emails."""
    return RequestContext(session.current_browser(), registration_rules(), local_now())


def get_form_registration(token: str) -> Registration:
    """Get the registration whose form a token opens.

    Raises:
        LinkError: ``altered``, or ``closed``: the contract has another customer.
        NotFoundError: purged.
    """
    key, _ = delivery.transports().links.read(Purpose.FORM, token)
    return get_linked_registration(db.session(), key)


def form_url(endpoint: str, registration: Registration) -> str:
    """Build the address of a step of a registration, with its signed token."""
    token = delivery.transports().links.sign(Purpose.FORM, registration.id)
    return url_for(f"registration.{endpoint}", token=token)


def redirect_to_next_step(registration: Registration) -> ResponseReturnValue:
    """Commit and redirect to the next step: the portal, the proof, or the page of the email."""
    if registration.state == State.ACTIVE and registration.account_id is not None:
        opened = sessions.open_session(
            db.session(),
            registration.account_id,
            registration.contract_id,
            session.current_browser(),
            clock().now(),
        )
        delivery.commit()
        session.begin(opened)
        event("sign-in", account=opened.account_id, by="registration")
        return redirect(url_for("home.index", contract_id=opened.contract_id), 303)
    delivery.commit()
    step = "proof" if registration.state == State.UNPROVED else "email_sent"
    return redirect(form_url(step, registration), 303)


link_error_page = guard_links(bp, LINK_ERRORS, RESTART)


@bp.errorhandler(RegistrationClosedError)
def closed(error: RegistrationClosedError) -> ResponseReturnValue:
    """Show the error page: replaced, stopped, refused, or the contract has an owner."""
    db.session.rollback()
    return link_error_page(LinkError("closed"))
