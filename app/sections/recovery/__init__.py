"""Section: recovery."""

from app.sections.recovery.routes import bp

__all__ = ["bp"]
