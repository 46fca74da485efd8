"""The element ``<pdf:total>`` of PDF templates: how many pages the document has.

xhtml2pdf's own ``<pdf:pagecount>`` lays out every document twice. Here a page refers to a drawing
by its name, and the end of the document, where the number is known, makes the drawing.
"""

from __future__ import annotations

from typing import Any

from reportlab.lib.abag import ABag
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus.flowables import Flowable
from xhtml2pdf.tags import pisaTag

WIDEST = "0000"


class PageTotalTag(pisaTag):  # type: ignore[misc]
    """Room for a number of four digits, in the style of the text around."""

    def start(self, context: Any) -> None:
        """Add the reference to the paragraph, and the drawing to the end of the document."""
        if context.indexing_story is None:
            context.indexing_story = Total()
        context.addFrag(WIDEST)
        frag = context.fragList[-1]
        reference = Reference(context.indexing_story.add(frag), frag)
        frag.text = ""
        frag.cbDefn = ABag(kind="box", flowable=reference, valign=0)


class Reference(Flowable):  # type: ignore[misc]
    """The place in a line where the number is shown."""

    def __init__(self, name: str, frag: Any) -> None:
        super().__init__()
        self._name = name
        self.width, self.height = stringWidth(WIDEST, frag.fontName, frag.fontSize), frag.fontSize

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        self.canv.doForm(self._name)


class Total(Flowable):  # type: ignore[misc]
    """What ends the document: it draws the number in each style that was asked for."""

    _ZEROSIZE = 1

    def __init__(self) -> None:
        super().__init__()
        self._frags: list[Any] = []

    def add(self, frag: Any) -> str:
        """Ask for the number in the style of a text; the name of the drawing."""
        self._frags.append(frag)
        return self._name(len(self._frags) - 1)

    @staticmethod
    def _name(place: int) -> str:
        return f"page-total-{place}"

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        return 0, 0

    def draw(self) -> None:
        canvas = self.canv
        for place, frag in enumerate(self._frags):
            canvas.beginForm(self._name(place))
            canvas.setFont(frag.fontName, frag.fontSize)
            canvas.setFillColor(frag.textColor)
            canvas.drawString(0, 0, str(canvas.getPageNumber()))
            canvas.endForm()
