"""How long rows are stored: as long as their purpose needs them, and no longer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from app.domain.money import plural

YEAR = 365


@dataclass(frozen=True, slots=True)
class Retention:
    """Ages at which rows are deleted."""

    audit: timedelta
    messages: timedelta
    message_texts: timedelta
    imports: timedelta
    prepared_files: timedelta
    drafts: timedelta
    enquiries: timedelta
    consents: timedelta
    sessions: timedelta


def say_days(days: int) -> str:
    """A number of days as people say it: «3 года», «180 дней»; a leap day makes no difference."""
    years, rest = divmod(days, YEAR)
    if years and rest <= (years + 3) // 4:
        return f"{years} {plural(years, ('год', 'года', 'лет'))}"
    return f"{days} {plural(days, ('день', 'дня', 'дней'))}"
