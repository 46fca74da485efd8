"""Section: enquiries."""

from app.sections.enquiries import thread
from app.sections.enquiries.routes import bp

__all__ = ["bp", "thread"]
