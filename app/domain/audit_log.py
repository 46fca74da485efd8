"""Kinds of actors in the audit log: who a change, or an access to data, is put down to."""

from __future__ import annotations

from enum import StrEnum

DATA_ACCESS = "staff.looked"
"""Action of an event that tells of access to data of customers; most events of people are that."""


class ActorKind(StrEnum):
    """Who did what an audit event tells; each event has exactly one."""

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
    """Whoever works on the server itself."""
    SYSTEM = "system"
    """The portal by itself: limits that are reached, jobs of the worker."""
