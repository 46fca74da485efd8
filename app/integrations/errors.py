"""Errors of services outside the portal."""

from __future__ import annotations


class SendError(Exception):
    """A provider did not accept a message.

    ``is_final``: another try cannot help, for example because there is no such recipient.
    """

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.is_final = is_final


class StoreError(Exception):
    """The file store is unreachable or full."""


class ScanError(Exception):
    """The virus scanner gave no verdict."""
