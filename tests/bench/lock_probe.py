"""Measure how long a writer of SQLite waits at most while something else writes."""

from __future__ import annotations

import sqlite3
import time
from contextlib import AbstractContextManager
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import Any

EVERY = 0.02
"""Seconds between two attempts; SQLite itself looks again after a tenth of a second at most."""
PATIENCE = 600


class LockProbe(AbstractContextManager["LockProbe"]):
    """Take the lock again and again while the block runs, in a process of its own.

    Args:
        path: of the database; None: there is none to look at.

    Attributes:
        longest: seconds of the longest wait, once the block has ended.
    """

    def __init__(self, path: Path | None) -> None:
        context = get_context("spawn")
        self.longest = 0.0
        self._is_ready, self._is_over = context.Event(), context.Event()
        self._longest = context.Value("d", 0.0)
        events = (self._is_ready, self._is_over)
        self._process = context.Process(target=_watch, args=(path, *events, self._longest))
        self._is_wanted = path is not None

    def __enter__(self) -> LockProbe:
        if self._is_wanted:
            self._process.start()
            self._is_ready.wait(PATIENCE)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_wanted:
            self._is_over.set()
            self._process.join()
            self.longest = self._longest.value


def _watch(path: Path, is_ready: Any, is_over: Any, longest: Any) -> None:
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    is_ready.set()
    while not is_over.wait(EVERY):
        begun = time.monotonic()
        connection.execute("BEGIN IMMEDIATE")
        longest.value = max(longest.value, time.monotonic() - begun)
        connection.execute("ROLLBACK")
    connection.close()
