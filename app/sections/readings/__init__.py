"""Section: readings."""

from app.sections.readings import files, point_routes, routes
from app.sections.readings.blueprint import bp

__all__ = ["bp", "files", "point_routes", "routes"]
