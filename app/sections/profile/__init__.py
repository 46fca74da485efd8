"""Section: profile."""

from app.sections.profile import account
from app.sections.profile.email_link import bp as links
from app.sections.profile.routes import bp

__all__ = ["account", "bp", "links"]
