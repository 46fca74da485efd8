"""Columns by which background jobs are claimed, the same for every kind of job."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Key, Moment


class Claimable:
    """A row that one worker at a time may work on; ``app/actions/claims.py`` has the rules."""

    id: Mapped[Key]
    status: Mapped[str]
    tries: Mapped[int]
    """How often it was claimed."""
    claimed_by: Mapped[str | None] = mapped_column(String(120))
    """``machine:process:random`` of whoever works on it now."""
    lease_until: Mapped[Moment | None]
    """The claim holds until then, unless a heartbeat renews it."""
