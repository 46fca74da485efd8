"""Section: charges."""

from app.sections.charges import routes, why
from app.sections.charges.blueprint import bp

__all__ = ["bp", "routes", "why"]
