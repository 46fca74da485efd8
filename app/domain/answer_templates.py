"""Ready answers: placeholders in braces, which ones there are and what they become."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

CONTRACT, NUMBER, NAME = "договор", "номер обращения", "имя"
PLACEHOLDERS = (CONTRACT, NUMBER, NAME)
_PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")


def list_unknown(text: str, known: Collection[str] = PLACEHOLDERS) -> list[str]:
    """Placeholders that nothing can be put in for, as they were typed; case does not matter."""
    return [match[0] for match in _PLACEHOLDER.finditer(text) if _name(match[1]) not in known]


def fill_placeholders(text: str, values: Mapping[str, str]) -> str:
    """Put values in for placeholders; one without a value stays, so that it is seen.

    In one pass: a name that looks like a placeholder stays as it is.
    """
    return _PLACEHOLDER.sub(lambda match: values.get(_name(match[1])) or match[0], text)


def _name(typed: str) -> str:
    return " ".join(typed.casefold().split())
