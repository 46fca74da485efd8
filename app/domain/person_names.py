"""Check the name of a person that somebody else types."""

from __future__ import annotations

import re

from app.domain.characters import compose

MAX_NAME = 80
_CHARACTER = r"[^\W\d_]"
_INITIALS = rf"(?:{_CHARACTER}\.){{1,3}}"
_PART = rf"(?:{_CHARACTER}+(?:['’-]{_CHARACTER}+)*|{_INITIALS})"
_NAME = re.compile(rf"{_PART}(?: {_PART})*")


def is_person_name(text: str) -> bool:
    """Whether a text is a name: words of letters, and initials.

    Nothing that a mail program makes a link of, and no markup: the name begins an email to an
    address that somebody else has typed.
    """
    return len(text) <= MAX_NAME and _NAME.fullmatch(compose(text)) is not None
