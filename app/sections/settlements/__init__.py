"""Section: settlements."""

from app.sections.settlements.routes import bp

__all__ = ["bp"]
