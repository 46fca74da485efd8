"""Section: a person's calendar, for programs that subscribe to its secret address."""

from app.sections.calendar.routes import bp

__all__ = ["bp"]
