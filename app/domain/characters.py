"""Clean text of invisible characters and odd spaces; compose it (Unicode NFC).

Names come from billing systems, word processors and web pages, with soft hyphens, zero-width
spaces, direction marks and spaces of a given width in them.
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
    """Remove invisible characters: zero-width ones, soft hyphens, direction marks."""
    return _INVISIBLE.sub("", text)


def plain_spaces(text: str) -> str:
    """Replace spaces of a given width, and line separators, by an ordinary space.

    The no-break space stays: sums are written with it.
    """
    return _ODD_SPACES.sub(" ", text)


def compose(text: str) -> str:
    """Normalise text as it is seen: nothing invisible, ordinary spaces, composed (NFC)."""
    return unicodedata.normalize("NFC", plain_spaces(strip_invisible(text)))
