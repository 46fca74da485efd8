"""Section: profile."""

from app.sections.profile import account
from app.sections.profile.links import bp as links
from app.sections.profile.routes import bp

__all__ = ["account", "bp", "links"]
