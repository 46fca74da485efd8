"""Signed links in emails: itsdangerous tokens with a purpose each.

A token carries the id of a row and the nonce of its state; whether the row is still in that state
is asked when the link is opened. Nothing of it is stored.
"""

from __future__ import annotations

from enum import StrEnum

from itsdangerous import BadData, URLSafeSerializer

from app.domain.errors import LinkError

MAX_TOKEN = 400


class Purpose(StrEnum):
    """What a link is for; a token signed for one opens nothing else."""

    FORM = "form"
    """The form of a registration; it shows that number and ИНН were right."""
    CONFIRM = "confirm"
    STOP = "stop"
    RECOVERY = "recovery"
    CODE = "code"
    """The page where the code of a recovery is typed."""
    EMAIL = "email"
    """A new address of an account."""
    INVITATION = "invitation"
    """An offer of access to contracts."""
    ACCESS_REQUEST = "access_request"
    """A request for access, for the owner of the contract, who signs in to decide."""
    CALENDAR = "calendar"
    """The calendar of an account; its address ends with «.ics»."""
    UNSUBSCRIBE = "unsubscribe"
    """The end of emails about events; its row is the membership that they came by."""
    STAFF_SETUP = "staff_setup"
    """The page where a staff member sets the first password."""
    SIGN_IN = "sign_in"
    """The sign-in page; nothing is signed for it."""


PATHS = {
    Purpose.CONFIRM: "/registration/confirm/",
    Purpose.STOP: "/registration/stop/",
    Purpose.RECOVERY: "/recovery/password/",
    Purpose.EMAIL: "/contacts/confirm/",
    Purpose.INVITATION: "/invitations/",
    Purpose.ACCESS_REQUEST: "/access-requests/",
    Purpose.CALENDAR: "/calendar/",
    Purpose.UNSUBSCRIBE: "/notifications/unsubscribe/",
    Purpose.STAFF_SETUP: "/staff/set-up/",
    Purpose.SIGN_IN: "/sign-in",
}


class Links:
    """Makes and reads signed links of one installation."""

    def __init__(self, secret_key: str, base_url: str) -> None:
        self._base_url = base_url
        self._serializers = {
            purpose: URLSafeSerializer(secret_key, salt=f"kabinet.{purpose}") for purpose in Purpose
        }

    def sign(self, purpose: Purpose, key: int, nonce: str = "") -> str:
        """A token for a row; ``nonce`` ties it to the row's state."""
        return str(self._serializers[purpose].dumps([key, nonce]))

    def url(self, purpose: Purpose, key: int, nonce: str) -> str:
        """Build the address that an email shows."""
        token = "" if purpose is Purpose.SIGN_IN else self.sign(purpose, key, nonce)
        return f"{self._base_url}{PATHS[purpose]}{token}"

    def read(self, purpose: Purpose, token: str) -> tuple[int, str]:
        """(id of the row, nonce) of a token.

        Raises:
            LinkError: ``altered``: not signed here, or for another purpose.
        """
        if len(token) > MAX_TOKEN:
            raise LinkError("altered")
        try:
            key, nonce = self._serializers[purpose].loads(token)
        except (BadData, ValueError, TypeError):
            raise LinkError("altered") from None
        return key, nonce
