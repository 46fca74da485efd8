"""Section: home."""

from app.sections.home.routes import bp

__all__ = ["bp"]
