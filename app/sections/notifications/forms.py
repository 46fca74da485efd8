"""The form of preferences: a row for each kind of event, a box for each channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.access import Role
from app.domain.events import EventKind, kinds_of
from app.domain.notifications import MAX_DAYS, EventChannel, Preferences, QuietHours
from app.sections.notifications.labels import KINDS
from app.web.field_errors import labelled_error
from app.web.forms import printable

HOURS = range(24)
DIGEST_HOURS = range(6, 22)
MAX_SHOWN = 9


@dataclass(frozen=True, slots=True)
class KindRow:
    """One kind of event in the form.

    Attributes:
        days: as typed; None: the kind is not told before its day.
    """

    kind: EventKind
    label: str
    ticked: frozenset[EventChannel]
    days: str | None

    @property
    def max_days(self) -> int:
        return MAX_DAYS[self.kind]


@dataclass
class PreferencesForm:
    """What is ticked and typed, the preferences it makes, and what is wrong with each field."""

    rows: list[KindRow]
    digest: str
    quiet_from: str
    quiet_until: str
    preferences: Preferences | None = None
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, role: Role, preferences: Preferences) -> PreferencesForm:
        """Show what is stored."""
        rows = [
            KindRow(
                kind,
                KINDS[kind],
                frozenset(c for c in EventChannel if kind in preferences.kinds[c]),
                str(preferences.days_before[kind]) if kind in MAX_DAYS else None,
            )
            for kind in kinds_of(role)
        ]
        hour = preferences.digest_hour
        quiet = preferences.quiet
        return cls(rows, "" if hour is None else str(hour), str(quiet.begins), str(quiet.ends))

    @classmethod
    def from_submission(cls, role: Role, values: Mapping[str, str]) -> PreferencesForm:
        """Read what was sent; ``preferences`` is None where something is wrong."""
        rows = [
            KindRow(
                kind,
                KINDS[kind],
                frozenset(c for c in EventChannel if values.get(f"{c}_{kind}")),
                _typed(values, f"days_{kind}") if kind in MAX_DAYS else None,
            )
            for kind in kinds_of(role)
        ]
        digest, quiet_from = _typed(values, "digest"), _typed(values, "quiet_from")
        form = cls(rows, digest, quiet_from, _typed(values, "quiet_until"))
        form.preferences = form._read()
        return form

    def _read(self) -> Preferences | None:
        days = {row.kind: self._read_days(row) for row in self.rows if row.days is not None}
        hour = self._read_hour("digest", DIGEST_HOURS) if self.digest else None
        begins, ends = self._read_hour("quiet_from", HOURS), self._read_hour("quiet_until", HOURS)
        if self.errors:
            return None
        kinds = {
            channel: frozenset(row.kind for row in self.rows if channel in row.ticked)
            for channel in EventChannel
        }
        return Preferences(kinds, days, hour, QuietHours(begins, ends))

    def _read_days(self, row: KindRow) -> int:
        text = row.days or ""
        if text.isascii() and text.isdigit() and 1 <= int(text) <= row.max_days:
            return int(text)
        self.errors[f"days_{row.kind}"] = labelled_error(
            f"За сколько дней: {row.label}", f"нужно число от 1 до {row.max_days}"
        )
        return 0

    def _read_hour(self, name: str, hours: range) -> int:
        text: str = getattr(self, name)
        if text.isascii() and text.isdigit() and int(text) in hours:
            return int(text)
        labels = {"digest": "Письма", "quiet_from": "Тихие часы с", "quiet_until": "до"}
        self.errors[name] = labelled_error(labels[name], "выберите час из списка")
        return 0


def _typed(values: Mapping[str, str], name: str) -> str:
    return printable(values.get(name, "")).strip()[:MAX_SHOWN]
