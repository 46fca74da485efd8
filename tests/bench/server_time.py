"""Count the processor time that a local PostgreSQL spends on one database, whoever is connected."""

from __future__ import annotations

from contextlib import AbstractContextManager
from threading import Event, Thread
from types import TracebackType

from tests.bench.served import list_backends, seconds_of

EVERY = 0.1
"""Seconds between two looks; what a process does after the last one is not counted."""


class ServerTime(AbstractContextManager["ServerTime"]):
    """Watch the processes of one database while the block runs; ``seconds`` is their sum.

    An import closes its connection at its end, and its process is gone then.

    Args:
        database: its name; None: SQLite, which has no processes.
    """

    def __init__(self, database: str | None) -> None:
        self._database = database
        self._seen: dict[int, float] = {}
        self._is_over = Event()
        self._thread = Thread(target=self._watch, daemon=True)

    @property
    def seconds(self) -> float:
        """User and system time so far."""
        return sum(self._seen.values())

    def __enter__(self) -> ServerTime:
        if self._database is not None:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        while not self._is_over.wait(EVERY):
            for pid in list_backends(self._database or ""):
                self._seen[pid] = max(seconds_of(pid), self._seen.get(pid, 0.0))
