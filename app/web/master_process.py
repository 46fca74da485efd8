"""gunicorn's master process: what it prepares before it forks, and how it renews itself.

It loads the application once and forks it, so that workers share memory and one that retires is
replaced within milliseconds. ``kill -HUP`` must still mean the code that lies on the disk: the
master checks in another process that it can be loaded, and then executes itself anew under its own
process id, with the listening sockets open. The workers of before serve until the new ones do.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask
from sqlalchemy.orm import configure_mappers

from app.extensions import db
from app.lib.file_locks import RUNNING, hold_shared
from app.lib.program_check import find_load_fault
from app.web import metrics, pdf_responses

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter

STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
OLD_WORKERS = "KABINET_OLD_WORKERS"
FROM_SYSTEMD = "KABINET_SOCKET_OF_SYSTEMD"
LEFT_TO_STAFF = ("staff/", "pdf/")


class _NoHeartbeat:
    """Stands for the heartbeat file of a worker that another master started, now lost."""

    def last_update(self) -> float:
        """Now: such a worker is on its way out, and bounded by its own grace period."""
        return time.monotonic()

    def close(self) -> None:
        """There is nothing to close."""


@dataclass
class _OldWorker:
    """A worker that this process started before it executed itself anew; the oldest of all."""

    pid: int
    age: int = 0
    aborted: bool = False
    tmp: _NoHeartbeat = field(default_factory=_NoHeartbeat)


def prepare_to_fork(app: Flask) -> None:
    """Do once what every process would do at its first page, and leave no connection open."""
    configure_mappers()
    for name in app.jinja_env.list_templates(extensions=["html"]):
        if not name.startswith(LEFT_TO_STAFF):
            app.jinja_env.get_template(name)
    with app.app_context():
        db.engine.dispose()
    pdf_responses.start_helper(app)


def begin(server: Arbiter) -> None:
    """gunicorn's ``when_ready``: prepare, and take over from the master that was before."""
    application = server.app.wsgi()
    old_workers = [int(pid) for pid in os.environ.pop(OLD_WORKERS, "").split()]
    if isinstance(application, Flask):
        prepare_to_fork(application)
        if not old_workers:
            metrics.begin_anew(application)
        # A restore refuses to replace what somebody has open.
        application.extensions["running"] = hold_shared(Path(application.instance_path) / RUNNING)
    server.handle_hup = lambda: renew(server)
    server.systemd = server.systemd or bool(os.environ.pop(FROM_SYSTEMD, ""))
    if old_workers:
        server.WORKERS.update({pid: _OldWorker(pid) for pid in old_workers})
        # As gunicorn's own reload does: first the new ones; the oldest are too many then, and end.
        for _ in range(server.num_workers):
            server.spawn_worker()


def renew(server: Arbiter) -> None:
    """Execute the master anew if what lies on the disk can be loaded; else go on as before."""
    command = [sys.executable, *sys.orig_argv[1:]]
    if fault := find_load_fault([*command, "--check-config"], server.cfg.env_orig):
        server.log.error("Not reloaded, the code or the settings do not load: %s", fault)
        return
    waiting = server.wait_for_signals(timeout=0)
    if to_stop := [number for number in waiting if number in STOP]:
        # A new program would not know of it.
        server.SIG_QUEUE.put_nowait(to_stop[0])
        return
    for number in (signal.SIGHUP, signal.SIGUSR1):
        # Until the new program listens to them; they would end it.
        signal.signal(number, signal.SIG_IGN)
    os.execve(command[0], command, _successors_environment(server))  # noqa: S606 - no shell is the point


def _successors_environment(server: Arbiter) -> dict[str, str]:
    """The master's own environment, with the sockets and workers that its successor takes over."""
    # systemd's numbers of sockets are those of the first start.
    inherited = {
        name: value
        for name, value in server.cfg.env_orig.items()
        if name not in ("LISTEN_PID", "LISTEN_FDS")
    }
    return {
        **inherited,
        # gunicorn's own names, as it gives them to a master that it starts beside itself.
        "GUNICORN_PID": str(os.getpid()),
        "GUNICORN_FD": ",".join(str(listener.fileno()) for listener in server.LISTENERS),
        OLD_WORKERS: " ".join(map(str, server.WORKERS)),
        FROM_SYSTEMD: "1" if server.systemd else "",
    }


def forget_retired(server: Arbiter) -> None:
    """gunicorn's ``child_exit``: the place that a retiring worker's successor was given goes."""
    if server.num_workers > server.cfg.workers:
        server.num_workers -= 1
