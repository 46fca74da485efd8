"""The parts of ``make drill``: each is a drill of its own, or the tests that prove the promise."""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from config import ROOT
from tests.drills import load, machines, upgrade
from tests.drills.outcome import Promise, show

Drill = Callable[[Path, float], list[Promise]]


@dataclass(frozen=True)
class Part:
    """One promise, proved by tests that exist, by a drill, or by both.

    Attributes:
        tests: files or single tests of pytest.
    """

    promise: str
    tests: tuple[str, ...] = ()
    drill: Drill | None = None
    options: tuple[str, ...] = field(default=())


PARTS: dict[str, Part] = {
    "slow-clients": Part(
        "E1: 200 slow connections stop no page",
        ("tests/proxy/test_reverse_proxy.py", "tests/proxy/test_thread_worker.py"),
        options=("-k", "slow or header or thread"),
    ),
    "locks": Part(
        "E2: a busy writer of SQLite refuses nobody and loses no text",
        ("tests/sections/test_errors.py", "tests/test_rules.py"),
        options=("-k", "writer or busy or locked or sign_in_that or sign_in_waits"),
    ),
    "machines": Part(
        "E3, K2: on two machines each process killed in turn, nothing lost or twice",
        drill=lambda folder, seconds: machines.run(folder),
    ),
    "import": Part(
        "E4: an import killed at any point leaves all or nothing, reads go on",
        ("tests/actions/test_billing_import_kill.py", "tests/actions/test_billing_import_crash.py"),
    ),
    "full-disk": Part(
        "E5: a full disk refuses writes with words, harms nothing, and is over when room is made",
        ("tests/drills/test_full_disk.py",),
    ),
    "backup": Part(
        "E6, K1: a backup under write load has every row acknowledged before it",
        ("tests/cli/test_backups.py", "tests/cli/test_remote_files.py"),
    ),
    "faults": Part(
        "E7: PostgreSQL, Redis, SMTP or S3 away, silent or late: degraded, then as before",
        (
            "tests/sections/test_lost_connection.py",
            "tests/lib/test_connections_postgres.py",
            "tests/actions/test_delivery.py",
            "tests/actions/test_delivery_outage.py",
            "tests/sections/test_errors.py::"
            "test_without_a_database_every_page_says_so_and_it_comes_back_by_itself",
            "tests/integrations/test_file_store.py",
        ),
    ),
    "load": Part(
        "E8: 20 users for ten minutes, a reload in the middle",
        ("tests/proxy/test_master_process.py",),
        drill=load.run,
    ),
    "restart": Part(
        "9: a restart through Caddy fails no request and sends none twice",
        (
            "tests/proxy/test_reverse_proxy.py::"
            "test_a_restart_under_load_fails_no_request_and_sends_none_twice",
        ),
    ),
    "clock": Part(
        "E9: month end, the window's edges and New Year fall on the documented side",
        (
            "tests/domain/test_reading_windows.py",
            "tests/sections/readings/test_window.py",
            "tests/domain/test_period.py",
        ),
    ),
    "upgrade": Part(
        "E10: 200 000 rows are upgraded from the previous release and rolled back",
        drill=upgrade.run,
    ),
    "watching": Part(
        "K3: a dead worker, mail, disk, data or backup out of order is told",
        (
            "tests/cli/test_check.py",
            "tests/cli/test_check_alerts.py",
            "tests/domain/test_health.py",
        ),
    ),
}


def run_part(name: str, seconds: float) -> bool:
    """Run one part; whether all of it held."""
    part = PARTS[name]
    print(f"\n== {name}: {part.promise}", flush=True)
    held = True
    if part.tests:
        command = [sys.executable, "-m", "pytest", "-q", *part.tests, *part.options]
        held = subprocess.run(command, cwd=ROOT, check=False).returncode == 0
    if part.drill is not None:
        logging.disable(logging.INFO)
        with tempfile.TemporaryDirectory() as folder:
            held = show(name, part.drill(Path(folder), seconds)) and held
    return held
