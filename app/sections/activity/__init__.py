"""Section: what the people of a contract have done."""

from app.sections.activity.routes import bp

__all__ = ["bp"]
