"""Contract transfers: decisions of staff about a contract whose customer changed in billing."""

from __future__ import annotations

from enum import StrEnum


class Decision(StrEnum):
    """What became of the access of the people who had it before the change."""

    SAME = "same"
    """«Та же организация»: it is restored as it was."""
    OTHER = "other"
    """«Другой потребитель»: it ended; the new customer registers as anybody."""
    NOBODY = "nobody"
    """Nobody had access, so that there was nothing to decide."""
