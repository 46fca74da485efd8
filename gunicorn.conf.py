"""gunicorn: loopback only; a reverse proxy terminates TLS and buffers small bodies."""

from __future__ import annotations

import os
from typing import Any

bind = f"127.0.0.1:{os.environ.get('PORT') or 8000}"
workers = int(os.environ.get("WEB_WORKERS") or 2)
# A PDF that is laid out, or waits for its turn, must not hold up the pages of others.
worker_class = "app.web.thread_worker.BoundedThreadWorker"
threads = int(os.environ.get("WEB_THREADS") or 8)
control_socket_disable = True
logger_class = "app.web.gunicorn_log.JsonLogger"
# Loaded once and forked; SIGHUP renews it nevertheless.
preload_app = True
max_requests = 20_000
max_requests_jitter = 2_000
timeout = 90
# Less than the reverse proxy goes on trying (lb_try_duration).
graceful_timeout = 20
limit_request_line = 8190
forwarded_allow_ips = ""


def when_ready(server: Any) -> None:
    """Prepare what workers share, and take over where this is the master renewed."""
    from app.logging import log_everything  # noqa: PLC0415 - not before the application is loaded
    from app.web import master_process  # noqa: PLC0415

    log_everything()
    master_process.begin(server)


def child_exit(server: Any, worker: Any) -> None:
    """Count a worker off that has been succeeded already, and preserve its metrics."""
    from flask import Flask  # noqa: PLC0415

    from app.web import master_process, metrics  # noqa: PLC0415

    master_process.forget_retired(server)
    if isinstance(application := server.app.wsgi(), Flask):
        metrics.fold_ended(application, worker.pid)


def post_worker_init(worker: Any) -> None:
    """Bound how long bodies may take, whatever stands in front; open the files of metrics."""
    from flask import Flask  # noqa: PLC0415

    from app.web import metrics  # noqa: PLC0415
    from app.web.slow_bodies import SlowBodies  # noqa: PLC0415

    if isinstance(worker.wsgi, Flask):
        metrics.reserve(worker.wsgi)
    worker.wsgi = SlowBodies(worker.wsgi, worker.cfg.threads)
