"""Section: charges."""

from app.sections.charges.routes import bp

__all__ = ["bp"]
