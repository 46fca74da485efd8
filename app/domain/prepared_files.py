"""Statuses of files that the worker prepares."""

from __future__ import annotations

from enum import StrEnum


class FileStatus(StrEnum):
    """Status of a prepared file; the values are stored."""

    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


ARCHIVE = "zip"
"""Ending of a file that holds the statements of several contracts."""
MOST_IN_ARCHIVE = 300
"""Contracts of one archive: their PDFs take some minutes and a dozen MiB."""
