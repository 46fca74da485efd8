"""One JSON line per event: UTC time, request id, account, address; never a secret, never a body."""

from __future__ import annotations

import json
import logging
import secrets
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime

from flask import Flask, Response, g, has_request_context, request, request_started

from app.domain.rate_limits import Limits

log = logging.getLogger("kabinet")
MAX_FIELD = 300
PROBE = "service.health_live"
"""Load balancers ask it every second."""


class JsonFormatter(logging.Formatter):
    """Line breaks and control characters are escaped by JSON, so one event stays one line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "event": record.getMessage()[:MAX_FIELD],
        }
        if has_request_context():
            line["request_id"] = g.get("request_id")
            line["address"] = (request.remote_addr or "")[:MAX_FIELD]
            line["account"] = g.get("account_id")
            if staff := g.get("staff_id"):
                line["staff"] = staff
        for name, value in getattr(record, "fields", {}).items():
            line[name] = value[:MAX_FIELD] if isinstance(value, str) else value
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=True)


def log_everything() -> None:
    """Log what nobody has caught, warnings and lines of libraries as JSON, too.

    For a process that serves; whoever types a command wants to read its traceback.
    """
    root = logging.getLogger()
    root.handlers[:] = log.handlers
    logging.captureWarnings(capture=True)
    sys.excepthook = lambda kind, error, trace: _log_uncaught(error)
    threading.excepthook = lambda caught: _log_uncaught(caught.exc_value)


def _log_uncaught(error: BaseException | None) -> None:
    if isinstance(error, Exception):
        log.error("uncaught %s", type(error).__name__, exc_info=error)


def event(name: str, **fields: object) -> None:
    """Log something that happened, with its facts as fields."""
    log.info(name, extra={"fields": fields})


def warn_of_removed_settings(environ: Mapping[str, str]) -> None:
    """Name the variables that were settings once, are constants now, and are still set."""
    for item in fields(Limits):
        if environ.get(item.name.upper(), "").strip():
            log.warning("%s is no setting any more and changes nothing", item.name.upper())


def init_app(app: Flask) -> None:
    """Give every request an id, and write a line when it has been answered."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    log.handlers[:] = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False
    for logger in (app.logger, logging.getLogger("huey")):
        logger.handlers[:] = [handler]
        logger.propagate = False

    # Not before_request: what is refused there needs its number too.
    @request_started.connect_via(app)
    def start(sender: Flask, **extra: object) -> None:
        g.request_id = secrets.token_hex(8)
        g.started = time.perf_counter()

    @app.after_request
    def finish(response: Response) -> Response:
        # The rule, not the path: a path may carry a token.
        if not _is_not_worth_a_line(response):
            event(
                "request",
                method=request.method,
                rule=request.url_rule.rule if request.url_rule else None,
                status=response.status_code,
                ms=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
                agent=request.headers.get("User-Agent", ""),
            )
        response.headers["X-Request-Id"] = g.get("request_id", "")
        return response


def _is_not_worth_a_line(response: Response) -> bool:
    is_good_probe = request.endpoint == PROBE and response.status_code == 200
    return request.endpoint == "static" or is_good_probe
