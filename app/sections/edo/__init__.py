"""Section: edo."""

from app.sections.edo.routes import bp

__all__ = ["bp"]
