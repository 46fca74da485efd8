"""Characters that are seen, and those that only take part in text: invisible ones, odd spaces.

Names come from billing systems, word processors and web pages, and bring along what nobody sees:
soft hyphens, zero-width spaces, direction marks, spaces of a given width.
"""

from __future__ import annotations

import re
import unicodedata

APOSTROPHES = "'`´ʹʻʼʽˈ‘’‛′＇"
DASHES = "‐‑‒–—―−⁃﹘﹣－"
"""Hyphens, dashes and minus signs but the plain one."""

# Categories Cf and a few marks that have no shape of their own: joiners, direction marks,
# variation selectors, tags.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_ODD_SPACES = re.compile("[\u0085\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")


def strip_invisible(text: str) -> str:
    """Text without the characters that nobody sees: zero-width, soft hyphens, direction marks."""
    return _INVISIBLE.sub("", text)


def plain_spaces(text: str) -> str:
    """Spaces of a given width, and separators of lines, as an ordinary space.

    The no-break space stays: sums are written with it.
    """
    return _ODD_SPACES.sub(" ", text)


def compose(text: str) -> str:
    """Text as it is seen, letter for letter: nothing invisible, ordinary spaces, composed (NFC)."""
    return unicodedata.normalize("NFC", plain_spaces(strip_invisible(text)))
