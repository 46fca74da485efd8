"""Section: appearance."""

from app.sections.appearance.routes import bp

__all__ = ["bp"]
