"""Section: profile."""

from app.sections.profile import account, second_factor
from app.sections.profile.email_link import bp as links
from app.sections.profile.routes import bp

__all__ = ["account", "bp", "links", "second_factor"]
