"""File locks: limit how many processes and threads of one machine do a heavy thing at once."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

PAUSE = 0.05
RUNNING = "running.lock"
"""In INSTANCE_DIR: the web server and the worker hold it, shared, as long as they run."""


class AllLocksHeldError(Exception):
    """Every lock of the set stays held by others; try again soon."""


@contextmanager
def hold_one_of(folder: Path, names: Sequence[str], wait: float) -> Iterator[None]:
    """Hold an exclusive lock on one of the named files; a crash releases it.

    Args:
        wait: seconds to wait until one is released.

    Raises:
        AllLocksHeldError: none was released in time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + wait
    while True:
        for name in names:
            with (folder / name).open("ab") as handle:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                yield
                return
        if time.monotonic() >= deadline:
            raise AllLocksHeldError
        time.sleep(PAUSE)


def hold_shared(path: Path) -> IO[bytes]:
    """Hold a shared lock on a file until the handle is closed or the process ends.

    Returns:
        The handle, to be kept.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = path.open("ab")
    fcntl.flock(handle, fcntl.LOCK_SH)
    return handle


def is_held(path: Path) -> bool:
    """Whether anybody holds a lock on a file at this moment."""
    if not path.exists():
        return False
    with path.open("ab") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
