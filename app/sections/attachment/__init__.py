"""Section: attach contracts to the account that is signed in."""

from app.sections.attachment.routes import bp

__all__ = ["bp"]
