"""Versions of texts, named by the day they were published."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date

_VERSION = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:-([1-9]\d*))?")


def next_version(day: date, taken: Collection[str]) -> str:
    """«2026-11-22»; «2026-11-22-2» and so on where that day has one already."""
    version, number = day.isoformat(), 1
    while version in taken:
        number += 1
        version = f"{day.isoformat()}-{number}"
    return version


def version_words(version: str) -> str:
    """«22.11.2026», «22.11.2026 (2)»; a version without a date came with the portal."""
    match = _VERSION.fullmatch(version)
    if match is None:
        return "встроенная"
    words = f"{match[3]}.{match[2]}.{match[1]}"
    return f"{words} ({match[4]})" if match[4] else words
