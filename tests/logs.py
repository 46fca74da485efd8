"""Capture the portal's log in tests."""

from __future__ import annotations

import logging
from io import StringIO

from app.logging import JsonFormatter


def capture_log() -> StringIO:
    """From here on the portal built last writes its lines here."""
    (handler,) = [
        handler
        for handler in logging.getLogger("kabinet").handlers
        if isinstance(handler.formatter, JsonFormatter)
    ]
    assert isinstance(handler, logging.StreamHandler)
    stream = StringIO()
    handler.setStream(stream)
    return stream
