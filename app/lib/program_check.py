"""Check that the program on the disk can be loaded before a running one gives way to it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence

SECONDS = 60


def find_load_fault(command: Sequence[str], environ: Mapping[str, str] | None = None) -> str | None:
    """Why a program does not end well; None: it does. What it says of a fault goes to the log.

    Args:
        command: loads the code and the settings in a process of its own, and does nothing.
        environ: of that process; None: the same as here.
    """
    try:
        subprocess.run(  # noqa: S603 - the very program that this process runs
            command, env=environ, check=True, timeout=SECONDS, stdout=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    return None
