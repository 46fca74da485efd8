"""A short drill of two machines: what ``make drill PART=machines`` does at length."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import need
from tests.drills import machines
from tests.postgres_server import answers
from tests.proxy.servers import caddy_version

pytestmark = pytest.mark.long


def test_two_machines_that_are_killed_lose_nothing_and_do_nothing_twice(tmp_path: Path) -> None:
    need(answers(), "PostgreSQL")
    need(shutil.which("redis-server") is not None, "Redis")
    need(bool(caddy_version()), "Caddy")
    broken = [promise for promise in machines.run(tmp_path, machines.QUICK) if not promise.held]
    assert not broken
