"""Tell the present moment, which tests and demonstrations may fix."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Clock:
    """Moments in UTC, business dates in the supplier's zone."""

    zone: ZoneInfo
    fixed: datetime | None = None

    def now(self) -> datetime:
        return (self.fixed or datetime.now(UTC)).astimezone(UTC)

    def today(self) -> date:
        return self.local(self.now()).date()

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone)
