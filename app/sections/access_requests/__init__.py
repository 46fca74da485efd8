"""Section: ask the owner of a contract for access, and decide about that."""

from app.sections.access_requests.routes import bp

__all__ = ["bp"]
