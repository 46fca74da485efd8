"""Places that processes and threads of one machine share: a file lock each."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.integrations.errors import NoSlotError

PAUSE = 0.05


@contextmanager
def slot(folder: Path, names: Sequence[str], wait: float) -> Iterator[None]:
    """Hold one of the named places; a crash frees it.

    Args:
        wait: seconds to wait for a free one.

    Raises:
        NoSlotError: all were taken all the while.
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
            raise NoSlotError
        time.sleep(PAUSE)
