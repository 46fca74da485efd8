"""HTML to PDF by xhtml2pdf, with the shipped Cyrillic font and nothing else from outside.

The document may hold anything a customer or a billing system wrote: no file outside the font folder
is opened and nothing is fetched.
"""

from __future__ import annotations

import io
import re
import unicodedata
from pathlib import Path

from pypdf import PdfReader
from reportlab import rl_config
from reportlab.lib.fonts import addMapping
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus.tables import CellStyle
from xhtml2pdf import pisa
from xhtml2pdf.config.resources import ResourceAccessPolicy
from xhtml2pdf.default import DEFAULT_FONT

from app.domain.characters import compose
from app.lib.garbage_collection import no_cycle_search

FONT = "notosans"
FONT_DIR = Path(__file__).resolve().parents[2] / "static" / "fonts"
MAX_SECONDS = 60
PAGE_COUNT = "<pdf:pagecount>"
ALIKE = {0x2212: "\N{EN DASH}"}
"""What looks like a character the font lacks: Noto Sans has no minus of its own."""
MARKUP = frozenset("<>&\"'")
"""What a look-alike, a full-width «＜» say, must not turn into after the text has been escaped."""
_BETWEEN_MARKUP = re.compile("[^<>&=\"']+")
SHORT = 16_000
"""Characters of HTML that may fit on one page."""


class PdfError(Exception):
    """The document could not be laid out."""


def render_pdf(html: str, title: str, max_seconds: int = MAX_SECONDS) -> bytes:
    """Lay out a document.

    Args:
        html: a whole document; ``font-family: notosans`` is at hand.
        title: for the document's properties.
        max_seconds: after these it is given up.

    Raises:
        PdfError: xhtml2pdf reported errors.
    """
    html = _printable(html, _fonts())
    with no_cycle_search():
        return _lay_out_short(html, title) or _lay_out(html, title, max_seconds)


def _lay_out_short(html: str, title: str) -> bytes | None:
    """A document of one page, without the second pass over the layout that counts pages."""
    if len(html) < SHORT and PAGE_COUNT in html:
        content = _lay_out(html.replace(PAGE_COUNT, "1"), title)
        if len(PdfReader(io.BytesIO(content)).pages) == 1:
            return content
    return None


def _lay_out(html: str, title: str, max_seconds: int = MAX_SECONDS) -> bytes:
    output = io.BytesIO()
    status = pisa.CreatePDF(
        html,
        dest=output,
        encoding="utf-8",
        resource_policy=ResourceAccessPolicy.server(
            FONT_DIR, allow_remote=False, max_render_seconds=max_seconds
        ),
        context_meta={"title": title},
    )
    if status.err:
        raise PdfError(f"{status.err} errors")
    return output.getvalue()


def _fonts() -> frozenset[int]:
    """Register the fonts once per process; the characters they can show."""
    if FONT not in DEFAULT_FONT:
        for weight, name in ((0, "Regular"), (1, "Bold")):
            font = TTFont(f"{FONT}-{weight}", str(FONT_DIR / f"NotoSans-{name}-subset.ttf"))
            pdfmetrics.registerFont(font)
            addMapping(FONT, weight, 0, font.fontName)
            addMapping(FONT, weight, 1, font.fontName)
        DEFAULT_FONT[FONT] = FONT
        # Pages and tables name a font to begin with; Helvetica could not be embedded.
        rl_config.canvas_basefontname = CellStyle.fontname = f"{FONT}-0"
    regular = pdfmetrics.getFont(f"{FONT}-0")
    return frozenset(regular.face.charToGlyph)


def _printable(html: str, known: frozenset[int]) -> str:
    """The document in characters that the font shows, composed and without invisible ones.

    What is missing is taken apart where its parts look like it («ﬁ» is «fi»); an emoji in a
    company's name, say, becomes «�»: seen to be missing, and no black box.
    """
    # Not across markup: «>» and a stroke that a name begins with would become «≯».
    html = _BETWEEN_MARKUP.sub(lambda text: compose(text[0]), html)
    missing = set(html) - set(map(chr, known)) - set("\t\n\r")
    return html.translate({ord(character): _alike(character, known) for character in missing})


def _alike(character: str, known: frozenset[int]) -> str:
    if ord(character) in ALIKE:
        return ALIKE[ord(character)]
    parts = unicodedata.normalize("NFKC", character)
    is_shown = not set(map(ord, parts)) - known and not set(parts) & MARKUP
    return parts if is_shown else "\N{REPLACEMENT CHARACTER}"
