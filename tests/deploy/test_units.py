"""The systemd units: hardened, alike, and nothing the portal needs is forbidden to it."""

from __future__ import annotations

import ctypes.util
import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from config import ROOT
from tests.conftest import need
from tests.deploy.sandbox import settings_of
from tests.deploy.test_kabinet_command import kabinet

pytestmark = pytest.mark.long
UNITS = [
    ROOT / "deploy" / f"{name}.service"
    for name in ("kabinet", "kabinet-worker", "kabinet-backup", "kabinet-check")
]
WEB = UNITS[0]
# What a page, a PDF, a password and the network need of the system.
PROBE = """
import socket, sqlite3, threading
from app.lib.passwords import hash_password
from app.integrations.pdf import render_pdf
assert hash_password("пароль").startswith("$argon2")
assert render_pdf("<p>Справка</p>", "x").startswith(b"%PDF-")
assert socket.getaddrinfo("localhost", 80)
for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6):
    socket.socket(family).close()
threading.Thread(target=int).start()
try:
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)
except OSError:
    print("confined")
"""


def names(path: Path) -> str:
    return path.stem


@pytest.fixture(autouse=True)
def systemd() -> None:
    need(shutil.which("systemd-analyze") is not None, "systemd-analyze")


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("unit", UNITS, ids=names)
def test_the_exposure_of_a_unit_is_low(unit: Path) -> None:
    told = analyze("security", "--offline=true", unit)
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", told.stdout)
    assert found, told.stderr
    assert float(found[1]) <= 3.0, told.stdout


@pytest.mark.parametrize("unit", UNITS, ids=names)
def test_systemd_understands_every_line_of_a_unit(unit: Path, tmp_path: Path) -> None:
    here = tmp_path / unit.name
    text = unit.read_text(encoding="utf-8")
    here.write_text(text.replace("/opt/kabinet", str(ROOT)), encoding="utf-8")
    told = analyze("verify", "--recursive-errors=no", here)
    assert (told.returncode, told.stdout + told.stderr) == (0, "")


@pytest.mark.parametrize("unit", UNITS, ids=names)
def test_a_unit_bounds_memory_and_keeps_its_data_to_itself(unit: Path) -> None:
    settings = settings_of(unit)
    assert re.fullmatch("[12]G", settings["MemoryMax"][0])
    assert settings["StateDirectoryMode"] == ["0750"]
    assert settings["UMask"] == [f"{kabinet.SERVICE_UMASK:04o}"]


@pytest.mark.parametrize("unit", UNITS, ids=names)
def test_commands_get_the_same_environment_as_a_unit(unit: Path) -> None:
    settings = settings_of(unit)
    line = settings["Environment"][0]
    assert dict(part.split("=", 1) for part in line.split()) == kabinet.SERVICE_ENVIRONMENT
    assert f"/var/lib/{settings['StateDirectory'][0]}" in line
    options = kabinet.parse_arguments(["registrations"])
    assert [options.user] == settings["User"]
    assert [str(options.env_file)] == settings["EnvironmentFile"]


def test_all_units_are_hardened_alike() -> None:
    texts = [unit.read_text(encoding="utf-8").partition("[Install]")[0] for unit in UNITS]
    parts = {text.partition("NoNewPrivileges")[2].strip() for text in texts}
    assert len(parts) == 1


def test_a_backup_is_made_every_night_where_the_service_may_write() -> None:
    settings = settings_of(UNITS[2])
    (line,) = settings["ExecStart"]
    _, command, place, *options = line.split()
    assert (command, options[:2]) == ("backup", ["--keep", "14"])
    assert settings["ReadWritePaths"] == [place]
    told = analyze("verify", "--recursive-errors=no", ROOT / "deploy" / "kabinet-backup.timer")
    assert "kabinet-backup.timer:" not in told.stderr


def test_health_is_checked_every_five_minutes() -> None:
    (line,) = settings_of(UNITS[3])["ExecStart"]
    assert line.split()[1:] == ["check", "--alert"]
    timer = ROOT / "deploy" / "kabinet-check.timer"
    assert "OnCalendar=*:0/5" in timer.read_text(encoding="utf-8")
    assert "kabinet-check.timer:" not in analyze("verify", "--recursive-errors=no", timer).stderr


def confined(unit: Path, *command: str | Path) -> list[str | Path]:
    need(ctypes.util.find_library("seccomp") is not None, "libseccomp")
    return [sys.executable, "-m", "tests.deploy.sandbox", unit, *command]


@pytest.mark.parametrize("unit", UNITS, ids=names)
def test_what_the_portal_does_is_not_forbidden_by_a_unit(unit: Path) -> None:
    done = subprocess.run(
        confined(unit, sys.executable, "-c", PROBE),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "confined\n"), done.stderr


@contextmanager
def served(folder: Path, environ: dict[str, str]) -> Iterator[socket.socket]:
    """The web server as the unit starts it; yields the socket on which systemd is told."""
    programs = {command: ROOT / ".venv" / "bin" / command for command in ("flask", "gunicorn")}
    settings = settings_of(WEB)
    start = [settings["ExecStartPre"][0], settings["ExecStart"][0]]
    before, server = ([programs[Path(line.split()[0]).name], *line.split()[1:]] for line in start)
    ready = subprocess.run(
        confined(WEB, *before), cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    assert ready.returncode == 0, ready.stderr
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(str(folder / "notify"))
        told.settimeout(90)
        environ = environ | {"NOTIFY_SOCKET": str(folder / "notify")}
        process = subprocess.Popen(
            confined(WEB, *server),
            cwd=ROOT,
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield told
        finally:
            process.terminate()
            assert process.wait(60) == 0


def test_the_web_server_starts_and_answers_under_its_unit(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {
        "PATH": os.environ["PATH"],
        **kabinet.SERVICE_ENVIRONMENT,
        "PORT": str(port),
        "INSTANCE_DIR": str(tmp_path / "state"),
        "BASE_URL": "https://lk.example.ru",
        "SECRET_KEY": "k" * 40,
        "WEB_WORKERS": "1",
    }
    with served(tmp_path, environ) as told:
        assert told.recv(1000).startswith(b"READY=1")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=90)
        with closing(connection):
            connection.request("GET", "/sign-in", headers={"Host": "lk.example.ru"})
            answer = connection.getresponse()
            assert (answer.status, b"<h1" in answer.read()) == (200, True)
    assert (tmp_path / "state" / "kabinet.sqlite3").exists()
