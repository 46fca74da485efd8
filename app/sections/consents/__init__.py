"""Section: consents."""

from app.sections.consents.routes import bp

__all__ = ["bp"]
