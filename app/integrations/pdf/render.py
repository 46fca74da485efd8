"""HTML to PDF by xhtml2pdf, with the shipped Cyrillic font and nothing else from outside.

The document may hold anything a customer or a billing system wrote: no file outside the font folder
is opened and nothing is fetched.
"""

from __future__ import annotations

import io
import re
import unicodedata
from pathlib import Path

from reportlab import rl_config
from reportlab.lib.fonts import addMapping
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus.tables import CellStyle
from xhtml2pdf import parser, pisa
from xhtml2pdf.config.resources import ResourceAccessPolicy
from xhtml2pdf.default import DEFAULT_FONT

from app.domain.characters import compose
from app.integrations.pdf.page_total import PageTotalTag
from app.integrations.pdf.rows import RowsTag
from app.lib.garbage_collection import no_cycle_search

FONT = "notosans"
FONT_DIR = Path(__file__).resolve().parents[3] / "static" / "fonts"
MAX_SECONDS = 60
ALIKE = {0x2212: "\N{EN DASH}"}
"""What looks like a character the font lacks: Noto Sans has no minus of its own."""
MARKUP = frozenset("<>&\"'")
"""What a look-alike, a full-width «＜» say, must not turn into after the text has been escaped."""
_BETWEEN_MARKUP = re.compile("[^<>&=\"']+")
STYLE = """
html { font-family: notosans; font-size: 10px; font-weight: normal; color: #000000; margin: 0;
  padding: 0; line-height: 150%; border: 1px none; display: inline; width: auto; height: auto;
  white-space: normal }
b { font-weight: bold }
h1 { font-size: 138.5%; font-weight: bold; -pdf-outline: true; -pdf-outline-open: false;
  -pdf-outline-level: 0 }
h1, p { margin: 1em 0 }
body, div, h1, p, table, tr, th, td { display: block }
tr, th, td { vertical-align: middle; width: auto }
th { text-align: center; font-weight: bold }
"""
"""What xhtml2pdf's own style sheet says of the elements that our templates have. All of it takes
a tenth of the time of a short document."""

# xhtml2pdf asks its parser module for the class of an element by this name.
parser.pisaTagPDFROWS = RowsTag
parser.pisaTagPDFTOTAL = PageTotalTag


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
    output = io.BytesIO()
    with no_cycle_search():
        status = pisa.CreatePDF(
            html,
            dest=output,
            encoding="utf-8",
            default_css=STYLE,
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
        # Streams as bytes: text of 85 characters is for mail that was not clean for eight bits.
        rl_config.useA85 = 0
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
