"""Section: what programs ask for."""

from app.sections.api.routes import bp

__all__ = ["bp"]
