"""Section: files."""

from app.sections.files.routes import bp

__all__ = ["bp"]
