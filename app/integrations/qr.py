"""QR codes as SVG."""

from __future__ import annotations

import segno
from markupsafe import Markup

QUIET_ZONE = 4


def draw_qr(payload: bytes, title: str) -> Markup:
    """An SVG with a quiet zone and a name for who cannot see it.

    No ECI segment: some scanners stumble over it.
    """
    code = segno.make(payload, error="m", eci=False, micro=False)
    svg = code.svg_inline(scale=4, border=QUIET_ZONE, light="#fff", title=title)
    return Markup(svg.replace("<svg ", '<svg role="img" ', 1))  # noqa: S704 - segno escapes the title
