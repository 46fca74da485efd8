"""Section: readings."""

from app.sections.readings.routes import bp

__all__ = ["bp"]
