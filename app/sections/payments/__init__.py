"""Section: payments."""

from app.sections.payments.routes import bp

__all__ = ["bp"]
