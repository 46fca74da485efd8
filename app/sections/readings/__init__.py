"""Section: readings."""

from app.sections.readings import point_routes, routes
from app.sections.readings.blueprint import bp

__all__ = ["bp", "point_routes", "routes"]
