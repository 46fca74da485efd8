"""Messages written to a folder instead of being sent; the path is logged."""

from __future__ import annotations

import logging
import re
import secrets
from pathlib import Path

from app.integrations.errors import SendError

log = logging.getLogger("kabinet")


def write_outbox_file(
    folder: Path, channel: str, recipient: str, extension: str, content: bytes
) -> str:
    """Write one message, readable by its owner only; the name of its file.

    Names begin with a number that grows, so that the newest message is the last in the list.

    Raises:
        SendError: the folder cannot be written.
    """
    safe = re.sub(r"[^A-Za-z0-9@.+-]", "_", recipient)[:60]
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        number = sum(1 for _ in folder.iterdir()) + 1
        path = folder / f"{number:05d}-{channel}-{safe}-{secrets.token_hex(3)}{extension}"
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(content)
    except OSError as error:
        raise SendError(type(error).__name__) from None
    log.info("message written", extra={"fields": {"channel": channel, "path": str(path)}})
    return path.name
