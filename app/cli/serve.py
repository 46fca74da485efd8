"""A local installation in one tree of processes: the application is loaded once and forked."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import click
from flask import Flask
from flask.cli import ScriptInfo

from app.cli import LazyCommand
from app.jobs import tasks
from app.web import master_process, metrics
from config import ROOT


@click.command("serve")
@click.pass_context
def serve(context: click.Context) -> None:
    """Подготовить местную установку и запустить веб-сервер и работника."""
    context.invoke(LazyCommand("prepare", "local").command)
    app = context.ensure_object(ScriptInfo).load_app()
    master_process.prepare_to_fork(app)
    metrics.begin_anew(app)
    if "huey" not in app.extensions:
        run_web_server()
        return
    with suppress(ChildProcessError), _Worker(app):
        run_web_server()


class _Worker:
    """The job worker as a process that ends when this one leaves the block or dies."""

    def __init__(self, app: Flask) -> None:
        self._parent = os.getpid()
        # Nobody writes: the end of the file is the end of whoever holds the other side.
        is_alive, self._alive = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._alive)
            _run_worker(app, is_alive)
        os.close(is_alive)

    def __enter__(self) -> None: ...

    def __exit__(self, *error: object) -> None:
        # The processes of the web server leave this block, too.
        if os.getpid() == self._parent:
            os.close(self._alive)
            os.waitpid(self._pid, 0)


def _run_worker(app: Flask, is_alive: int) -> None:
    """Work until the other process is gone; a signal of the terminal is not for this one."""
    os.setsid()
    # What Huey executes anew on SIGHUP.
    sys.argv[1:] = ["worker"]
    Thread(target=_stop_with_parent, args=(is_alive,), daemon=True).start()
    try:
        tasks.run(app)
    finally:
        os._exit(0)


def _stop_with_parent(is_alive: int) -> None:
    os.read(is_alive, 1)
    os.kill(os.getpid(), signal.SIGINT)


def run_web_server() -> None:
    """What ``gunicorn wsgi:app`` does, in this process; ``wsgi`` has been imported."""
    from gunicorn.app.wsgiapp import WSGIApplication  # noqa: PLC0415 - heavy

    os.chdir(ROOT)
    sys.argv = [str(Path(sys.executable).with_name("gunicorn")), "wsgi:app"]
    server = WSGIApplication("%(prog)s [OPTIONS] [APP_MODULE]")
    server.cfg.set("when_ready", _end_with_terminal)
    server.run()


def _end_with_terminal(server: Any) -> None:
    server.handle_hup = server.handle_term
