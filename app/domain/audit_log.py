"""Kinds of actors in the audit log: who made a change or opened data."""

from __future__ import annotations

from enum import StrEnum

DATA_ACCESS = "staff.looked"
"""Action of the events that record access to customers' data."""

DOWNLOAD = "file.downloaded"
"""Action of the events that record what a customer's people download."""


class ActorKind(StrEnum):
    """Kind of actor of an audit event; each event has exactly one."""

    CUSTOMER = "customer"
    """An account of a customer, signed in or proved by a link."""
    STAFF = "staff"
    VISITOR = "visitor"
    """Somebody without an account: a registration."""
    BILLING = "billing"
    """The billing system, with its token."""
    IMPORT = "import"
    """One record that an import of billing data changed."""
    COMMAND_LINE = "command_line"
    """A command run on the server."""
    SYSTEM = "system"
    """The portal by itself: limits that are reached, jobs of the worker."""
