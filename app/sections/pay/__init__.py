"""Section: pay: what is to be paid, and how. Money received is the section ``payments``."""

from app.sections.pay.routes import bp

__all__ = ["bp"]
