"""Preferences of a person at one contract: which events are told by which channel, and when."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from app.domain.access import Role
from app.domain.events import DAYS_BEFORE, EventKind, kinds_of


class EventChannel(StrEnum):
    """By what an event is told; the values are stored."""

    MAIL = "mail"
    SMS = "sms"
    PORTAL = "portal"
    """The list «События»."""


MAX_DAYS = {EventKind.DUE: 14, EventKind.WINDOW_CLOSES: 10, EventKind.VERIFICATION: 90}
"""Most days before its day that an event may be told."""
QUIET_FROM, QUIET_UNTIL = 21, 8
"""Hours between which nothing is sent, where nobody has chosen others."""

_MONEY = frozenset(
    {
        EventKind.INVOICE,
        EventKind.DOCUMENT,
        EventKind.CORRECTION,
        EventKind.DUE,
        EventKind.OVERDUE,
    }
)
_READINGS = frozenset(
    {
        EventKind.WINDOW_CLOSES,
        EventKind.READINGS_MISSED,
        EventKind.READING_REFUSED,
        EventKind.VERIFICATION,
    }
)
_MAIL: dict[Role, frozenset[EventKind]] = {
    Role.OWNER: _MONEY | _READINGS | {EventKind.WORKS, EventKind.ACCESS},
    Role.DIRECTOR: frozenset(
        {EventKind.OVERDUE, EventKind.READINGS_MISSED, EventKind.WORKS, EventKind.ACCESS}
    ),
    Role.ACCOUNTANT: _MONEY | {EventKind.PAYMENT},
    Role.ENGINEER: _READINGS | {EventKind.WINDOW_OPENS, EventKind.WORKS},
}


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours of the day in which nothing is sent; the same hour twice: there are none."""

    begins: int = QUIET_FROM
    ends: int = QUIET_UNTIL

    def next_allowed(self, now: datetime) -> datetime:
        """The moment from which a message may be sent: now, or the end of the quiet hours.

        Args:
            now: in the supplier's zone.
        """
        if not self._is_quiet(now.hour):
            return now
        end = datetime.combine(now.date(), time(self.ends), now.tzinfo)
        return end if end > now else end + timedelta(days=1)

    def _is_quiet(self, hour: int) -> bool:
        if self.begins <= self.ends:
            return self.begins <= hour < self.ends
        return hour >= self.begins or hour < self.ends


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a person is told of, by channel; only kinds that the role learns of.

    Attributes:
        digest_hour: emails are gathered into one a day, sent at this hour; None: at once.
    """

    kinds: Mapping[EventChannel, frozenset[EventKind]]
    days_before: Mapping[EventKind, int] = field(default_factory=lambda: dict(DAYS_BEFORE))
    digest_hour: int | None = None
    quiet: QuietHours = QuietHours()

    def wants(self, channel: EventChannel, kind: EventKind, days_before: int | None) -> bool:
        """Whether an event is told by a channel; one told before its day on the chosen day only."""
        is_day = days_before is None or days_before == self.days_before[kind]
        return is_day and kind in self.kinds[channel]

    def as_choices(self, role: Role) -> dict[str, Any]:
        """What is stored of it; ``read_choices`` reads it."""
        chosen = {str(channel): sorted(kinds) for channel, kinds in self.kinds.items()}
        days = {str(kind): days for kind, days in self.days_before.items()}
        return chosen | {"offered": sorted(kinds_of(role)), "days": days}


@cache
def default_kinds(role: Role, channel: EventChannel) -> frozenset[EventKind]:
    """What a channel tells a role of where nobody has chosen: no text messages, few emails."""
    if channel is EventChannel.PORTAL:
        return frozenset(kinds_of(role))
    return _MAIL.get(role, frozenset()) if channel is EventChannel.MAIL else frozenset()


@cache
def default_preferences(role: Role) -> Preferences:
    """Preferences of who has never chosen."""
    return read_choices(role, None)


def read_choices(
    role: Role,
    choices: Mapping[str, Any] | None,
    digest_hour: int | None = None,
    quiet: QuietHours | None = None,
) -> Preferences:
    """Preferences of stored choices; what was not offered then is as the role's default is.

    Args:
        choices: None: never chosen.
    """
    choices = choices or {}
    known = frozenset(kinds_of(role))
    offered = _kinds(choices.get("offered", ())) & known
    kinds = {
        channel: (_kinds(choices.get(channel, ())) & offered)
        | (default_kinds(role, channel) & known - offered)
        for channel in EventChannel
    }
    days = {
        kind: choices.get("days", {}).get(kind, default) for kind, default in DAYS_BEFORE.items()
    }
    return Preferences(kinds, days, digest_hour, quiet or QuietHours())


def _kinds(values: Collection[str]) -> frozenset[EventKind]:
    """Stored kinds; one that this version does not know is none."""
    return frozenset(EventKind(value) for value in values if value in set(EventKind))
