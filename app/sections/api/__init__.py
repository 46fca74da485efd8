"""Section: JSON API for unattended imports."""

from app.sections.api.routes import bp

__all__ = ["bp"]
