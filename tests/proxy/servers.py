"""Run the shipped gunicorn configuration behind the shipped Caddyfile on local ports."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from app.lib.static_files import pack
from config import ROOT
from tests.conftest import NOW
from tests.proxy.clients import ask

SECRET = "test-secret-" + "x" * 32
CADDY = os.environ.get("CADDY", "caddy")
"""Another binary may be named to run all of this with it."""


ACTIVATE = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "wsgi:app"])
"""
"""What systemd does with kabinet.socket: the listening socket is descriptor 3."""


def caddy_version() -> tuple[int, ...]:
    """Version of the installed Caddy; empty where there is none."""
    if not shutil.which(CADDY):
        return ()
    printed = subprocess.run([CADDY, "version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", printed)
    assert found, printed
    return tuple(int(number) for number in found.groups())


def caddyfile() -> Path:
    """The shipped file that the installed version understands."""
    name = "Caddyfile" if caddy_version() < (2, 6, 3) else "Caddyfile.current"
    return ROOT / "deploy" / name


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for_port(port: int, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"nothing listens on port {port}")


@dataclass
class Servers:
    """Both servers of one installation.

    Attributes:
        port: of gunicorn, plain HTTP.
        tls_port: of the reverse proxy.
        cookie: a signed-in customer's.
        settings: more of them.
    """

    folder: Path
    cookie: str
    port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)
    http_port: int = field(default_factory=free_port)
    gunicorn: subprocess.Popen[bytes] | None = None
    listener: socket.socket | None = None
    settings: dict[str, str] = field(default_factory=dict)

    def start_gunicorn(self) -> None:
        """Start it on a socket that stays open while it restarts."""
        if self.listener is None:
            self.listener = socket.create_server(("127.0.0.1", self.port), backlog=4096)
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PORT": str(self.port),
            "SECRET_KEY": SECRET,
            "INSTANCE_DIR": str(self.folder),
            "BASE_URL": "http://localhost",
            "FIXED_NOW": NOW.isoformat(),
            "TRUSTED_PROXIES": "1",
            "JOBS": "inline",
            "SUPPLIER_TIMEZONE": str(NOW.tzinfo),
            **self.settings,
        }
        with (self.folder / "gunicorn.log").open("ab") as log:
            self.gunicorn = subprocess.Popen(
                [sys.executable, "-c", ACTIVATE, str(self.listener.fileno())],
                cwd=ROOT,
                env=environ,
                stderr=log,
                pass_fds=[self.listener.fileno()],
            )
        self.wait_for_answer()

    def wait_for_answer(self) -> None:
        """The socket accepts connections before anybody answers them."""
        with socket.create_connection(("127.0.0.1", self.port), 120) as connection:
            connection.sendall(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")
            assert b" 200 " in connection.recv(64)

    def wait_for_certificate(self) -> None:
        """The port is open before the certificate has been made."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with suppress(ssl.SSLError):
                ask(self.tls_port, "/error-page.css")
                return
            time.sleep(0.1)
        raise AssertionError("no certificate")

    def stop_gunicorn(self) -> None:
        assert self.gunicorn is not None
        self.gunicorn.send_signal(signal.SIGTERM)
        try:
            self.gunicorn.wait(60)
        finally:
            self.gunicorn.kill()

    def workers(self) -> list[int]:
        """Processes that answer requests."""
        assert self.gunicorn is not None
        pid = self.gunicorn.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return [int(child) for child in children.split()]

    def answered(self) -> list[dict[str, object]]:
        """What the portal has logged of the requests it answered."""
        lines = (self.folder / "gunicorn.log").read_text(encoding="utf-8").splitlines()
        events = [json.loads(line) for line in lines if line.startswith("{")]
        return [event for event in events if event["event"] == "request"]

    def home(self) -> Path:
        """What Caddy sees of an installation: its own pages, and static files packed for it."""
        home = self.folder / "home"
        if not home.exists():
            home.mkdir()
            (home / "deploy").symlink_to(ROOT / "deploy")
            pack(ROOT / "static", home / "static-packed", time.time())
        return home

    @contextmanager
    def caddy(self, **changes: str) -> Iterator[None]:
        """Run the shipped file with a local name and a certificate of its own making.

        Args:
            changes: other values of options, by their names.
        """
        text = caddyfile().read_text(encoding="utf-8").replace("lk.example.ru", "localhost")
        local = f"admin off\nskip_install_trust\nhttp_port {self.http_port}\n"
        local += f"https_port {self.tls_port}\nstorage file_system {self.folder / 'caddy'}\n"
        text = text.replace("{\n", "{\n" + local, 1)
        text = text.replace("\nlocalhost {\n", "\nlocalhost {\n\ttls internal\n")
        for name, value in changes.items():
            text = re.sub(rf"\b{name} \S+", f"{name} {value}", text)
        path = self.folder / f"Caddyfile-{self.tls_port}"
        path.write_text(text, encoding="utf-8")
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "KABINET_HOME": str(self.home()),
            "KABINET_UPSTREAM": f"127.0.0.1:{self.port}",
        }
        command = [CADDY, "run", "--adapter", "caddyfile", "--config", str(path)]
        with (self.folder / "caddy.log").open("ab") as log:
            process = subprocess.Popen(command, env=environ, stderr=log)
        try:
            wait_for_port(self.tls_port)
            self.wait_for_certificate()
            yield
        finally:
            process.terminate()
            process.wait(30)
