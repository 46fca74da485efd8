"""Count the requests of all web processes of a machine, in files of Prometheus' client library.

A process counts in files of its own (the library's multi-process format), so that counting needs no
lock between processes; whichever process is asked adds them all up. Counts of a process that has
ended are added to those of process 0, which there is none of: none is lost, and files do not pile
up. The library's own ``Counter`` would take the folder from the environment, once for all
applications of a process, and four locks for each request.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from threading import Lock

from prometheus_client.metrics_core import Metric
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.utils import floatToGoString

COUNTER, HISTOGRAM = "kabinet_requests", "kabinet_request_seconds"
HELP = {COUNTER: "Requests answered.", HISTOGRAM: "Time until an answer was ready."}
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, float("inf"))
TYPES = ("counter", "histogram")
RESERVED_BYTES = 1 << 20
"""Of each file; 170 endpoints need half of it."""
ENDED = 0
"""Stands in the names of files for all processes that have ended."""


class RequestMetrics:
    """Requests by endpoint and status, and how long they took by endpoint."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._pid = 0
        self._known: set[str] = set()
        self._files: list[MmapedDict] = []

    def __del__(self) -> None:
        """Close the files, which nobody counts in any more."""
        self._close_files()

    def reserve(self) -> None:
        """Open this process's files with room for every endpoint.

        Raises:
            OSError: there is no room.
        """
        with self._lock:
            self._open_files()

    def observe(self, endpoint: str, status: int, seconds: float) -> None:
        """Count one request; a forked process begins files of its own with its first one.

        Raises:
            OSError: there is no room for these files.
        """
        bucket = next(bound for bound in BUCKETS if seconds <= bound)
        with self._lock:
            if self._pid != os.getpid():
                self._open_files()
            counts, durations = self._files
            if endpoint not in self._known:
                # Sums over series are right only where all of them have all buckets.
                for bound in BUCKETS:
                    durations.read_value(_bucket_key(endpoint, bound))
                self._known.add(endpoint)
            _add(counts, _count_key(endpoint, status), 1)
            _add(durations, _bucket_key(endpoint, bucket), 1)
            _add(durations, _sum_key(endpoint), seconds)

    def collect(self) -> Iterator[Metric]:
        """The sums over all processes, as the library's registry asks for them."""
        with self._hold_folder(fcntl.LOCK_SH):
            files = sorted(map(str, self._folder.glob("*.db")))
            return iter(list(MultiProcessCollector.merge(files)))

    def fold_ended(self, pid: int) -> None:
        """Add the counts of a process that has ended to those of all that have."""
        with self._hold_folder(fcntl.LOCK_EX):
            for kind in TYPES:
                path = self._path(kind, pid)
                if not path.exists():
                    continue
                total = _open_with_room(self._path(kind, ENDED))
                # A process that ended before it had opened its file has left it empty.
                if path.stat().st_size:
                    for key, value, _, _ in MmapedDict.read_all_values_from_file(str(path)):
                        _add(total, key, value)
                total.close()
                path.unlink()

    def clear(self) -> None:
        """Begin from nought, as counters do when a service starts; nobody may be counting."""
        with self._hold_folder(fcntl.LOCK_EX):
            for path in self._folder.glob("*.db"):
                path.unlink()

    def _open_files(self) -> None:
        # Whoever reads meanwhile would find a file that is empty still.
        with self._hold_folder(fcntl.LOCK_EX):
            self._close_files()
            pid = os.getpid()
            for kind in TYPES:
                self._files.append(_open_with_room(self._path(kind, pid)))
            self._pid = pid

    def _close_files(self) -> None:
        # Those of the parent, too, which a forked process has inherited: the parent's stay open.
        self._pid = 0
        self._known.clear()
        while self._files:
            self._files.pop().close()

    def _path(self, kind: str, pid: int) -> Path:
        return self._folder / f"{kind}_{pid}.db"

    @contextmanager
    def _hold_folder(self, operation: int) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("ab") as handle:
            fcntl.flock(handle, operation)
            yield


def _open_with_room(path: Path) -> MmapedDict:
    """Open a file of counts once the disk has promised the room for every endpoint.

    It is memory: a process that wrote where the disk has no room would be killed.
    """
    is_new = not path.exists()
    try:
        with path.open("ab") as file:
            os.posix_fallocate(file.fileno(), 0, RESERVED_BYTES)
    except OSError:
        # Nobody can read one that is empty.
        if is_new:
            path.unlink(missing_ok=True)
        raise
    return MmapedDict(str(path))


def _add(values: MmapedDict, key: str, amount: float) -> None:
    before, _ = values.read_value(key)
    values.write_value(key, before + amount, 0.0)


@lru_cache(4096)
def _count_key(endpoint: str, status: int) -> str:
    labels = ["endpoint", "status"]
    return mmap_key(COUNTER, f"{COUNTER}_total", labels, [endpoint, str(status)], HELP[COUNTER])


@lru_cache(4096)
def _bucket_key(endpoint: str, bound: float) -> str:
    values = [endpoint, floatToGoString(bound)]
    return mmap_key(HISTOGRAM, f"{HISTOGRAM}_bucket", ["endpoint", "le"], values, HELP[HISTOGRAM])


@lru_cache(1024)
def _sum_key(endpoint: str) -> str:
    return mmap_key(HISTOGRAM, f"{HISTOGRAM}_sum", ["endpoint"], [endpoint], HELP[HISTOGRAM])
