"""Billing batches that are sent to the portal: what is wanted of them, and how far they are."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

RETENTION = timedelta(days=7)
"""How long a batch waits to be loaded, and what was found wrong with it to be read."""
FAILURE_RETENTION = timedelta(days=400)
"""How long the list of loads names those that failed."""
MAX_TRIES = 2
LEASE = timedelta(minutes=2)
"""How long a claim holds without a heartbeat: then its holder is taken for dead."""
HEARTBEAT_SECONDS = 20.0
MAX_NAME = 200
LISTED_ERRORS = 100
"""Shown on a page; the files hold all."""


class JobGoal(StrEnum):
    """What is wanted of a batch."""

    CHECK = "check"
    LOAD = "load"


class Channel(StrEnum):
    """By which way a batch came: a clerk's page, the token of programs, a command."""

    PAGE = "page"
    API = "api"
    COMMAND = "command"


class JobStatus(StrEnum):
    """How far a batch is. ``same``: it had been loaded before; ``failed``: a fault of ours."""

    WAITING = "waiting"
    RUNNING = "running"
    CHECKED = "checked"
    DONE = "done"
    SAME = "same"
    REFUSED = "refused"
    FAILED = "failed"


PENDING = (JobStatus.WAITING, JobStatus.RUNNING)
DISCARDABLE = (JobStatus.CHECKED, JobStatus.REFUSED, JobStatus.SAME, JobStatus.FAILED)
"""Nothing of these is in the portal's tables: their batches can be thrown away."""
FAILURES = (JobStatus.REFUSED, JobStatus.FAILED)
NEXT_GOAL = {
    JobStatus.CHECKED: JobGoal.LOAD,
    JobStatus.SAME: JobGoal.LOAD,
    JobStatus.REFUSED: JobGoal.CHECK,
    JobStatus.FAILED: JobGoal.CHECK,
}
"""What may be asked for next; a batch that was loaded before is loaded again by force."""
