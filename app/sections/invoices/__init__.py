"""Section: invoices."""

from app.sections.invoices.routes import bp

__all__ = ["bp"]
