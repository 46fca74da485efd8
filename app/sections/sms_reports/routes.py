"""Callbacks of operators: Twilio's are signed, those of a gateway carry a token.

Nobody else learns whether there is such a message: whatever is accepted is answered alike.
"""

from __future__ import annotations

import hmac
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.actions.rate_limits import hit
from app.actions.sms_reports import store_report
from app.domain.errors import TooManyAttemptsError
from app.domain.rate_limits import LimitedAction
from app.domain.sms_reports import Report, is_signed_by_twilio, read_gateway, read_twilio
from app.extensions import csrf, db
from app.integrations.sms import TWILIO_PATH
from app.logging import event
from app.web.bearer_tokens import has_bearer
from app.web.context import clock, config
from app.web.permissions import token_access
from app.web.policies import api_limits

bp = Blueprint("sms_reports", __name__, url_prefix="/api/sms")


@bp.post(TWILIO_PATH.removeprefix("/api/sms"))
@csrf.exempt
@token_access
def twilio() -> ResponseReturnValue:
    """A status callback of Twilio, with its signature."""
    sms, fields = config().sms, request.form
    is_genuine = sms.sender == "twilio" and is_signed_by_twilio(
        sms.twilio_auth_token,
        config().base_url + TWILIO_PATH,
        fields.items(multi=True),
        request.headers.get("X-Twilio-Signature", ""),
    )
    if not is_genuine:
        return _refuse()
    return _store(read_twilio(fields))


@bp.post("/status")
@csrf.exempt
@token_access
def gateway() -> ResponseReturnValue:
    """A callback of a gateway: a form or JSON; the token in the header or as ``token``."""
    sms, fields = config().sms, _fields()
    token = sms.http_report_token
    given = fields.get("token", "")
    is_genuine = bool(token) and hmac.compare_digest(given.encode(), token.encode())
    if not (is_genuine or has_bearer(token)):
        return _refuse()
    number, status = fields.get(sms.http_report_id, ""), fields.get(sms.http_report_status, "")
    return _store(
        read_gateway(number, status, sms.http_report_delivered, sms.http_report_undelivered)
    )


def _fields() -> dict[str, str]:
    """Fields of the body, whether form or JSON; others are not read."""
    body: Any = request.get_json(silent=True) if request.is_json else None
    found = body if isinstance(body, dict) else request.form
    return {name: str(value) for name, value in found.items()}


def _store(report: Report | None) -> ResponseReturnValue:
    if report is not None:
        store_report(db.session(), report, clock().now())
        db.session.commit()
        event("sms report", status=str(report.status))
    return "", 204


def _refuse() -> ResponseReturnValue:
    """Refuse a callback that nobody proves to be the operator's; too many wrong ones are 429."""
    address = request.remote_addr or ""
    try:
        hit(db.session(), LimitedAction.API, "sms", address, api_limits(), clock().now())
    except TooManyAttemptsError as error:
        return "", 429, {"Retry-After": str(error.retry_after)}
    event("sms report refused")
    return "", 401, {"WWW-Authenticate": "Bearer"}
