"""Notes on customers and calls with them."""

from __future__ import annotations

from enum import StrEnum


class NoteKind(StrEnum):
    """What a clerk writes down about a customer."""

    NOTE = "note"
    CALL_IN = "call_in"
    """The customer has called."""
    CALL_OUT = "call_out"
    """A clerk has called the customer."""
