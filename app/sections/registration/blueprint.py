"""What all pages of a registration share: who holds the link, and where it goes on."""

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
from app.sections.registration.labels import LINK_OVER
from app.web import session
from app.web.link_pages import guard_links
from app.web.policies import registration_rules

bp = Blueprint("registration", __name__)
WAY_ON = ("registration.first_entry", "Зарегистрироваться")
"""Where a link that is over leads instead."""


@dataclass(frozen=True, slots=True)
class RequestContext:
    """From where, by which rules, and when a step is taken."""

    browser: Browser
    rules: RegistrationRules
    now: datetime


def request_context() -> RequestContext:
    """Of this request; ``now`` is in the supplier's zone, which letters speak of."""
    return RequestContext(
        session.current_browser(), registration_rules(session.config()), session.local_now()
    )


def registration_of(token: str) -> Registration:
    """The registration whose form a token opens.

    Raises:
        LinkError: ``altered``, or ``closed``: the contract has changed hands.
        NotFoundError: purged.
    """
    key, _ = delivery.post().links.read(Purpose.FORM, token)
    return get_linked_registration(db.session(), key)


def form_url(endpoint: str, registration: Registration) -> str:
    """Address of a step of this registration."""
    token = delivery.post().links.sign(Purpose.FORM, registration.id)
    return url_for(f"registration.{endpoint}", token=token)


def go_on(registration: Registration) -> ResponseReturnValue:
    """Commit, and lead to what comes next: the cabinet, the proof, or the letter."""
    if registration.state == State.ACTIVE and registration.account_id is not None:
        opened = sessions.open_session(
            db.session(),
            registration.account_id,
            registration.contract_id,
            session.current_browser(),
            session.clock().now(),
        )
        delivery.commit()
        session.begin(opened)
        event("sign-in", account=opened.account_id, by="registration")
        return redirect(url_for("home.index", contract_id=opened.contract_id), 303)
    delivery.commit()
    step = "proof" if registration.state == State.UNPROVED else "email_sent"
    return redirect(form_url(step, registration), 303)


link_over = guard_links(bp, LINK_OVER, WAY_ON)


@bp.errorhandler(RegistrationClosedError)
def closed(error: RegistrationClosedError) -> ResponseReturnValue:
    """Replaced, stopped, refused, or the contract has an owner."""
    db.session.rollback()
    return link_over(LinkError("closed"))
