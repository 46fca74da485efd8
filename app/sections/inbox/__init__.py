"""Section: messages of the supplier to the customer, at a contract."""

from app.sections.inbox.routes import bp

__all__ = ["bp"]
