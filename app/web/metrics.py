"""Count requests for Prometheus where METRICS_TOKEN asks for it; else nothing is loaded."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from flask import Flask, Response, current_app, g, request, request_finished

from app.logging import log
from config import Config

if TYPE_CHECKING:
    from app.integrations.request_metrics import RequestMetrics

COUNTED = "request_metrics"
UNKNOWN = "unknown"
"""Endpoint of an address that there is none for."""


def init_app(app: Flask, config: Config) -> None:
    """Count every answer, whatever made it."""
    if not config.metrics_token:
        return
    from app.integrations.request_metrics import RequestMetrics  # noqa: PLC0415 - heavy

    counted = app.extensions[COUNTED] = RequestMetrics(config.instance_dir / "metrics")

    @request_finished.connect_via(app)
    def count(sender: Flask, response: Response, **extra: object) -> None:
        now = time.perf_counter()
        try:
            seconds = now - g.get("started", now)
            counted.observe(request.endpoint or UNKNOWN, response.status_code, seconds)
        except OSError as error:
            # An answer is worth more than its count.
            log.warning("request not counted: %s", error)


def request_metrics() -> RequestMetrics:
    """The counts of this machine."""
    metrics: RequestMetrics = current_app.extensions[COUNTED]
    return metrics


def begin_anew(app: Flask) -> None:
    """Forget what processes of before have counted; before any is started."""
    if metrics := app.extensions.get(COUNTED):
        metrics.clear()


def reserve(app: Flask) -> None:
    """Give a process its files before its first request."""
    if metrics := app.extensions.get(COUNTED):
        try:
            metrics.reserve()
        except OSError as error:
            log.warning("no room to count requests: %s", error)


def fold_ended(app: Flask, pid: int) -> None:
    """Preserve what a process that has ended has counted."""
    if metrics := app.extensions.get(COUNTED):
        try:
            metrics.fold_ended(pid)
        except OSError as error:
            log.warning("counts of an ended process stay apart: %s", error)
