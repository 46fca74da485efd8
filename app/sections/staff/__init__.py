"""Section: staff, the clerks' desk; a module each for what a clerk does."""

from app.sections.staff import (
    billing,
    customers,
    directories,
    enquiries,
    enquiry,
    entrance,
    journal,
    messages,
    own,
    reading_entry,
    readings,
    reconciliation,
    registrations,
    team,
    texts,
    today,
)
from app.sections.staff.blueprint import bp

__all__ = [
    "billing",
    "bp",
    "customers",
    "directories",
    "enquiries",
    "enquiry",
    "entrance",
    "journal",
    "messages",
    "own",
    "reading_entry",
    "readings",
    "reconciliation",
    "registrations",
    "team",
    "texts",
    "today",
]
