"""HTML to PDF by xhtml2pdf, with the shipped Cyrillic font and nothing else from outside."""

from app.integrations.pdf.render import PdfError, render_pdf

__all__ = ["PdfError", "render_pdf"]
