"""Section: service."""

from app.sections.service.routes import bp

__all__ = ["bp"]
