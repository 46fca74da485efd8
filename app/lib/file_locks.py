"""File locks: limit how many processes and threads of one machine do a heavy thing at once."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PAUSE = 0.05


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
