"""Call a function at a steady pace in a thread, while work goes on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

log = logging.getLogger("kabinet")


@contextmanager
def heartbeat(
    beat: Callable[[], object], seconds: float, *, at_once: bool = False
) -> Iterator[None]:
    """Call ``beat`` every so many seconds until the block ends, and never afterwards.

    Args:
        at_once: also in the beginning, before the first pause.
    """
    is_over = Event()

    def run() -> None:
        pause = 0.0 if at_once else seconds
        while not is_over.wait(pause):
            pause = seconds
            try:
                beat()
            except Exception as error:
                # One beat that fails, for example without a connection, must not be the last.
                log.warning("a heartbeat failed: %s", type(error).__name__)

    thread = Thread(target=run, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
