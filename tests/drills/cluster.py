"""Two machines of one installation on this one: separate folders, everything else in common.

Each has a web server and a worker, started by the command lines of the units. PostgreSQL, Redis,
S3 and the mail server are common; the shipped Caddyfile with the lines for several machines is in
front.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from flask import Flask
from flask_migrate import upgrade

from app import create_app
from app.extensions import db
from app.lib.static_files import pack
from config import ROOT, Config
from tests.postgres_server import scratch_database
from tests.providers import MailServer, mail_server
from tests.proxy.servers import CADDY, SECRET, Servers, caddyfile, free_port, wait_for_port
from tests.stores import s3

IMPORT_TOKEN = "drill-token-" + "x" * 32
BUCKET = "kabinet"
WEB, WORKER = "web", "worker"
COMMANDS = {WEB: ["gunicorn", "wsgi:app"], WORKER: ["flask", "worker"]}
ALL_MONTH = {"READINGS_MONTH_END_OPENS": "2"}
ALL_MONTH |= {"READINGS_MKD_OPENS": "1", "READINGS_MKD_CLOSES": "31"}
"""Readings are taken whatever the day is on which the drill runs."""


@dataclass
class Machine:
    """The processes of one machine, by their role."""

    name: str
    folder: Path
    environ: dict[str, str]
    port: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, role: str) -> None:
        """Start a process in a group of its own, as a unit is one."""
        command = [sys.executable, "-m", *COMMANDS[role]]
        with (self.folder / f"{role}.log").open("ab") as log:
            self.processes[role] = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environ | {"PORT": str(self.port)},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, role: str) -> None:
        """SIGKILL to the process and all its children, as when a machine loses power."""
        os.killpg(self.processes[role].pid, signal.SIGKILL)
        self.processes[role].wait()

    def kill_one_child(self, *, helper: bool) -> None:
        """SIGKILL to one process of the web server, as the OOM killer does it."""
        pid = self.processes[WEB].pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        # The first child is the helper for PDFs: the last one answers requests.
        os.kill(int(children[0 if helper else -1]), signal.SIGKILL)

    def stop(self) -> None:
        for process in self.processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@dataclass
class Cluster:
    """The whole installation.

    Attributes:
        app: the portal in this process, on the same database, for preparing and checking.
        tls_port: of Caddy.
    """

    app: Flask
    machines: list[Machine]
    tls_port: int
    mail: MailServer


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Start everything; at the end everything is stopped and the database is gone."""
    with ExitStack() as stack:
        environ = common_settings(stack, folder)
        mail = stack.enter_context(mail_server())
        environ |= {"MAIL_PORT": str(mail.port)}
        # The S3 client reads its keys there.
        keys = {name: text for name, text in environ.items() if name.startswith("AWS_")}
        stack.enter_context(patch.dict(os.environ, keys))
        app = create_app(Config.from_env(environ | {"INSTANCE_DIR": str(folder / "drill")}))
        stack.callback(close, app)
        with app.app_context():
            upgrade()
        machines = [make_machine(folder / name, environ) for name in ("first", "second")]
        for machine in machines:
            stack.callback(machine.stop)
            machine.start(WEB)
            machine.start(WORKER)
        for machine in machines:
            wait_for_port(machine.port)
        tls_port = stack.enter_context(balancer(folder, machines))
        yield Cluster(app, machines, tls_port, mail)


def common_settings(stack: ExitStack, folder: Path) -> dict[str, str]:
    """Settings that all machines share, and the servers that they name."""
    redis_port = stack.enter_context(redis(folder))
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "FLASK_APP": "wsgi.py",
        "FLASK_SKIP_DOTENV": "1",
        "PRODUCTION": "1",
        "SECRET_KEY": SECRET,
        "BASE_URL": "https://localhost",
        "TRUSTED_PROXIES": "1",
        "WEB_MACHINES": "2",
        "WEB_WORKERS": "2",
        "DATABASE_URL": stack.enter_context(scratch_database()),
        "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
        "FILES_URL": f"s3://{BUCKET}/portal",
        "FILES_ENDPOINT": stack.enter_context(s3(BUCKET)),
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_USE_TLS": "0",
        "SMS_SENDER": "http",
        "SMS_HTTP_URL": "http://127.0.0.1:9/",
        "SMS_HTTP_SUCCESS": "OK",
        "IMPORT_TOKEN": IMPORT_TOKEN,
        **ALL_MONTH,
    }


@contextmanager
def redis(folder: Path) -> Iterator[int]:
    """A Redis of its own that writes nothing to the disk."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with (folder / "redis.log").open("ab") as log:
        server = subprocess.Popen([*command, "--dir", str(folder)], stdout=log, stderr=log)
    try:
        wait_for_port(port)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def make_machine(folder: Path, environ: dict[str, str]) -> Machine:
    folder.mkdir()
    return Machine(folder.name, folder, environ | {"INSTANCE_DIR": str(folder / "instance")})


@contextmanager
def balancer(folder: Path, machines: list[Machine]) -> Iterator[int]:
    """The shipped Caddyfile in front of all machines, with a certificate of its own making."""
    tls_port, http_port = free_port(), free_port()
    home = folder / "home"
    shutil.copytree(ROOT / "deploy", home / "deploy")
    pack(ROOT / "static", home / "static-packed", 0)
    text = caddyfile().read_text(encoding="utf-8").replace("lk.example.ru", "localhost")
    assert "#	import" in text
    text = text.replace("#	import", "import")
    options = f"admin off\nskip_install_trust\nhttp_port {http_port}\nhttps_port {tls_port}\n"
    options += f"storage file_system {folder / 'caddy'}\n"
    text = text.replace("{\n", "{\n" + options, 1)
    text = text.replace("\nlocalhost {\n", "\nlocalhost {\n\ttls internal\n")
    path = folder / "Caddyfile"
    path.write_text(text, encoding="utf-8")
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "KABINET_HOME": str(home),
        "KABINET_HOST": "localhost",
        "KABINET_UPSTREAM": " ".join(f"127.0.0.1:{machine.port}" for machine in machines),
    }
    command = [CADDY, "run", "--adapter", "caddyfile", "--config", str(path)]
    with (folder / "caddy.log").open("ab") as log:
        process = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
    try:
        wait_for_port(tls_port)
        Servers(folder, "", tls_port=tls_port).wait_for_certificate()
        yield tls_port
    finally:
        process.terminate()
        process.wait(30)


def close(app: Flask) -> None:
    """Leave no connection to a database that is about to be dropped."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
