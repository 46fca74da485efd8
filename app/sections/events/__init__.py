"""Section: what happened under a contract, and what is due."""

from app.sections.events.routes import bp

__all__ = ["bp"]
