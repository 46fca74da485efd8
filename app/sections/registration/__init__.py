"""Section: registration."""

from app.sections.registration import (
    confirmation_routes,  # noqa: F401 - they fill the blueprint
    routes,  # noqa: F401 - they fill the blueprint
)
from app.sections.registration.blueprint import bp

__all__ = ["bp"]
