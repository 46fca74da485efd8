"""Files that the worker prepares: where they are on their way."""

from __future__ import annotations

from enum import StrEnum


class FileStatus(StrEnum):
    """A file is asked for, being made, there, or it could not be made."""

    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
