"""Section: root redirect, choice of a contract, health check; blueprint ``service``."""

from app.sections.root.routes import bp

__all__ = ["bp"]
