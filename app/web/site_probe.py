"""Let the portal tell its own probe, and nobody else, how it has understood a request."""

from __future__ import annotations

from flask import request
from itsdangerous import BadSignature, TimestampSigner

from app.integrations.site_probe import FORGED_ADDRESS, TOKEN_HEADER
from app.web.context import config

SALT = "kabinet.site-probe"
TOKEN_SECONDS = 60


def make_probe_token() -> str:
    """A token for one probe; any machine of the installation knows it for a minute."""
    return TimestampSigner(config().secret_key, SALT).sign("probe").decode()


def describe_request() -> dict[str, object]:
    """How the proxies' headers were understood, for our own probe; empty for anybody else."""
    token = request.headers.get(TOKEN_HEADER, "")
    try:
        TimestampSigner(config().secret_key, SALT).unsign(token, max_age=TOKEN_SECONDS)
    except BadSignature:
        return {}
    was_forged = request.remote_addr == FORGED_ADDRESS
    return {"scheme": request.scheme, "address_was_forged": was_forged}
