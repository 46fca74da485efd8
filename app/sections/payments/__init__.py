"""Section: payments: money received. What is still to be paid is the section ``pay``."""

from app.sections.payments.routes import bp

__all__ = ["bp"]
