"""gunicorn: loopback only; a front terminates TLS and keeps slow clients away."""

from __future__ import annotations

import os

bind = f"127.0.0.1:{os.environ.get('PORT') or 8000}"
workers = int(os.environ.get("WEB_WORKERS") or 2)
# A PDF that is laid out, or waits for its turn, must not hold up the pages of others.
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS") or 8)
control_socket_disable = True
max_requests = 20_000
max_requests_jitter = 2_000
timeout = 90
graceful_timeout = 30
limit_request_line = 8190
forwarded_allow_ips = ""
