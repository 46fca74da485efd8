"""Section: auth."""

from app.sections.auth.routes import bp

__all__ = ["bp"]
