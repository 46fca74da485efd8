"""Section: manual."""

from app.sections.manual.routes import bp

__all__ = ["bp"]
