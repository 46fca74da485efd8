"""Section: pay."""

from app.sections.pay.routes import bp

__all__ = ["bp"]
