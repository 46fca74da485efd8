"""Metrics for Prometheus, for whoever has METRICS_TOKEN."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.integrations.prometheus import CONTENT_TYPE, render
from app.jobs.metrics import list_gauges
from app.web.bearer_tokens import has_bearer
from app.web.context import config
from app.web.metrics import request_metrics
from app.web.permissions import token_access

bp = Blueprint("metrics", __name__)


@bp.get("/metrics")
@token_access
def index() -> ResponseReturnValue:
    """Requests of this machine's web processes, and the state of the installation."""
    if not has_bearer(config().metrics_token):
        return "METRICS_TOKEN\n", 401, {"WWW-Authenticate": "Bearer", "Content-Type": "text/plain"}
    return render(request_metrics(), list_gauges()), 200, {"Content-Type": CONTENT_TYPE}
