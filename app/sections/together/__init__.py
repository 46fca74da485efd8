"""Section: several contracts at once, and what a person calls them."""

from app.sections.together import archive_routes
from app.sections.together.routes import bp

__all__ = ["archive_routes", "bp"]
