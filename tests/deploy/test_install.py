"""The scripts that install, upgrade and roll back, and the container files beside them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from config import ROOT
from tests.conftest import need
from tests.deploy.sandbox import settings_of
from tests.deploy.test_kabinet_command import kabinet

DEPLOY = ROOT / "deploy"
SCRIPTS = [DEPLOY / name for name in ("install", "upgrade", "rollback")]
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_script_has_no_fault_that_shellcheck_knows(script: Path) -> None:
    need(shutil.which("shellcheck") is not None, "shellcheck")
    done = subprocess.run(["shellcheck", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    assert script.stat().st_mode & 0o111


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_every_command_that_a_script_calls_exists(script: Path, app) -> None:
    called = set(re.findall(r'"\$KABINET" ([a-z][a-z-]*)', script.read_text(encoding="utf-8")))
    assert called
    assert called <= {*app.cli.list_commands(None), "routes"}


def test_containers_run_the_commands_of_the_units() -> None:
    for service, unit in (("web", "kabinet.service"), ("worker", "kabinet-worker.service")):
        (line,) = settings_of(DEPLOY / unit)["ExecStart"]
        wanted = [Path(line.split()[0]).name, *line.split()[1:]]
        default = re.search(r"^CMD \[(.*)\]$", DOCKERFILE, re.MULTILINE)
        assert default
        command = COMPOSE["services"][service].get("command") or [
            part.strip(' "') for part in default[1].split(",")
        ]
        # In a container the proxy is another host.
        assert [part for part in command if part not in ("--bind", "0.0.0.0:8000")] == wanted


def test_a_container_has_the_environment_of_the_units() -> None:
    joined = DOCKERFILE.replace("\\\n", " ")
    given = dict(re.findall(r"\b([A-Z_]+)=(\S+)", joined.partition("ENV ")[2].splitlines()[0]))
    without = {"FLASK_SKIP_DOTENV"}  # .env is no part of the image, PRODUCTION=1 reads none
    for name in kabinet.SERVICE_ENVIRONMENT.keys() - without:
        assert given[name] == kabinet.SERVICE_ENVIRONMENT[name]


def test_what_the_container_files_name_exists() -> None:
    for line in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE):
        assert all((ROOT / name).exists() for name in line.split())
    for name in ("deploy/Caddyfile.current", "deploy/errors"):
        assert (ROOT / name).exists()
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".git", "instance", "deploy/kabinet.env"} <= set(ignored)
