"""Section: service."""

from app.sections.root.routes import bp

__all__ = ["bp"]
