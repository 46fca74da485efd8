"""Section: auth."""

from app.sections.auth import second_factor
from app.sections.auth.routes import bp

__all__ = ["bp", "second_factor"]
