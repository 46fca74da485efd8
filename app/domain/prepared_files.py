"""Statuses of files that the worker prepares."""

from __future__ import annotations

from enum import StrEnum


class FileStatus(StrEnum):
    """Status of a prepared file; the values are stored."""

    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
