"""gunicorn's own lines and tracebacks as JSON, like those of the portal."""

from __future__ import annotations

import logging
from typing import Any

from gunicorn.glogging import Logger

from app.logging import JsonFormatter


class JsonLogger(Logger):
    """Lines of gunicorn's master and workers, one JSON object each."""

    def _set_handler(self, log: logging.Logger, output: Any, fmt: Any, stream: Any = None) -> None:
        super()._set_handler(log, output, JsonFormatter(), stream)

    def exception(self, msg: str, *args: object, **options: Any) -> None:
        """Log a traceback; the address of its request may carry a token, so it is left out."""
        if msg.startswith("Error handling request"):
            msg, args = "error outside the portal while a request was handled", ()
        super().exception(msg, *args, **options)
