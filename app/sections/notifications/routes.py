"""«Настройки уведомлений»: which events a person is told of, by which channel, and when."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.notifications import calendars
from app.actions.notifications.preferences import save_preferences
from app.domain.access import Permission
from app.extensions import db
from app.jobs import delivery
from app.lib.signed_links import Purpose
from app.models import Account
from app.queries.contracts import VisibleContract
from app.queries.events.readers import count_sms, get_preferences
from app.sections.notifications import labels
from app.sections.notifications.forms import DIGEST_HOURS, HOURS, PreferencesForm
from app.web.context import clock, config, local_now
from app.web.fragments import render_page
from app.web.permissions import contract_access

bp = Blueprint("notifications", __name__, url_prefix="/contracts/<id:contract_id>/notifications")


@bp.get("")
@contract_access(Permission.MANAGE_ACCOUNT)
def index(contract: VisibleContract) -> ResponseReturnValue:
    """Show what the viewer has chosen."""
    found = get_preferences(db.session(), contract.account_id, contract.id, contract.role)
    return _page(contract, PreferencesForm.of(contract.role, found))


@bp.post("")
@contract_access(Permission.MANAGE_ACCOUNT)
def save(contract: VisibleContract) -> ResponseReturnValue:
    """Store what was chosen."""
    form = PreferencesForm.from_submission(contract.role, request.form)
    if form.preferences is None:
        return _page(contract, form, 422)
    save_preferences(db.session(), contract, form.preferences, clock().now())
    db.session.commit()
    return redirect(url_for("notifications.index", contract_id=contract.id, done="saved"), 303)


@bp.post("/calendar")
@contract_access(Permission.MANAGE_ACCOUNT)
def renew_calendar(contract: VisibleContract) -> ResponseReturnValue:
    """Make an address of the calendar; the one before is dead."""
    calendars.renew_calendar(db.session(), contract, clock().now())
    db.session.commit()
    return redirect(
        url_for("notifications.index", contract_id=contract.id, _anchor="calendar"), 303
    )


def _calendar_url(account: Account) -> str:
    """The address of an account's calendar; empty: it has none yet."""
    if account.calendar_nonce is None:
        return ""
    links = delivery.transports().links
    return f"{links.url(Purpose.CALENDAR, account.id, account.calendar_nonce)}.ics"


def _page(contract: VisibleContract, form: PreferencesForm, status: int = 200) -> Response:
    session, now = db.session(), local_now()
    account = session.get_one(Account, contract.account_id)
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return render_page(
        "notifications/index.html",
        fragment="results",
        contract=contract,
        form=form,
        account=account,
        calendar_url=_calendar_url(account),
        channels=labels.CHANNELS,
        hours=HOURS,
        digest_hours=DIGEST_HOURS,
        sms_cap=config().events_sms_cap,
        sms_sent=count_sms(session, [contract.id], month).get(contract.id, 0),
        has_messages=config().events_messages,
        is_saved=request.args.get("done") == "saved" and status == 200,
        status=status,
    )
