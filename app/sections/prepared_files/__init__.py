"""Section: prepared files; blueprint ``files``."""

from app.sections.prepared_files.routes import bp

__all__ = ["bp"]
