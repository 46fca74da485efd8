"""Draw QR codes as SVG for pages and as PNG for PDF."""

from __future__ import annotations

import segno
from markupsafe import Markup

QUIET_ZONE = 4


def draw_qr(payload: bytes, title: str) -> Markup:
    """An SVG with a quiet zone and a name for who cannot see it.

    No ECI segment: some scanners stumble over it.
    """
    svg = _code(payload).svg_inline(scale=4, border=QUIET_ZONE, light="#fff", title=title)
    return Markup(svg.replace("<svg ", '<svg role="img" ', 1))  # noqa: S704 - segno escapes the title


def qr_data_uri(payload: bytes) -> str:
    """A PNG within the address itself, so that a PDF needs no file for it."""
    return str(_code(payload).png_data_uri(scale=8, border=QUIET_ZONE))


def _code(payload: bytes) -> segno.QRCode:
    return segno.make(payload, error="m", eci=False, micro=False)
