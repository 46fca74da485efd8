"""Name versions of published texts by their day."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date

_VERSION = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:-([1-9]\d*))?")


def next_version(day: date, existing: Collection[str]) -> str:
    """Name the version of a day: «2026-11-22», or «2026-11-22-2» and so on if that exists."""
    version, number = day.isoformat(), 1
    while version in existing:
        number += 1
        version = f"{day.isoformat()}-{number}"
    return version


def version_label(version: str) -> str:
    """Show a version as «22.11.2026» or «22.11.2026 (2)»; without a date it is built in."""
    match = _VERSION.fullmatch(version)
    if match is None:
        return "встроенная"
    label = f"{match[3]}.{match[2]}.{match[1]}"
    return f"{label} ({match[4]})" if match[4] else label
