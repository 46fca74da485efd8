"""Goals, statuses and deadlines of jobs that check and load billing batches."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

RETENTION = timedelta(days=7)
"""How long a batch that is not loaded is stored, with its findings."""
FAILURE_RETENTION = timedelta(days=400)
"""How long failed loads stay in the list."""
MAX_TRIES = 2
MAX_NAME = 200
LISTED_ERRORS = 100
"""Shown on a page; the files hold all."""


class JobGoal(StrEnum):
    """What a job is to do with its batch."""

    CHECK = "check"
    LOAD = "load"


class Channel(StrEnum):
    """How a batch came: a clerk's upload, the API token, a command on the server."""

    PAGE = "page"
    API = "api"
    COMMAND = "command"


class JobStatus(StrEnum):
    """State of a job. ``same``: the batch had been loaded before; ``failed``: a fault of ours."""

    WAITING = "waiting"
    RUNNING = "running"
    CHECKED = "checked"
    DONE = "done"
    SAME = "same"
    REFUSED = "refused"
    FAILED = "failed"


PENDING = (JobStatus.WAITING, JobStatus.RUNNING)
DISCARDABLE = (JobStatus.CHECKED, JobStatus.REFUSED, JobStatus.SAME, JobStatus.FAILED)
"""Nothing of these is in the portal's tables: their batches can be discarded."""
FAILURES = (JobStatus.REFUSED, JobStatus.FAILED)
NEXT_GOAL = {
    JobStatus.CHECKED: JobGoal.LOAD,
    JobStatus.SAME: JobGoal.LOAD,
    JobStatus.REFUSED: JobGoal.CHECK,
    JobStatus.FAILED: JobGoal.CHECK,
}
"""Goal that may follow a status; a batch that was loaded before is then loaded by force."""
