"""Section: people of a contract, and the invitations to it."""

from app.sections.people import second_factor
from app.sections.people.invitation_link import bp as links
from app.sections.people.routes import bp

__all__ = ["bp", "links", "second_factor"]
