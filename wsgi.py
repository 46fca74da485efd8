"""Entry point of the web server and of the ``flask`` command."""

from __future__ import annotations

import os
import sys

from dotenv import dotenv_values

from app import create_app
from app.lib.packages import MissingPackageError
from app.logging import warn_of_removed_settings
from config import ROOT, Config, ConfigError


def environment() -> dict[str, str]:
    """Process environment over the ``.env`` file beside ``config.py``, which is for development."""
    if os.environ.get("PRODUCTION", "").strip() == "1":
        return dict(os.environ)
    from_file = {name: value or "" for name, value in dotenv_values(ROOT / ".env").items()}
    return {**from_file, **os.environ}


try:
    app = create_app(Config.from_env(environment()))
    warn_of_removed_settings(environment())
except (ConfigError, MissingPackageError) as error:
    sys.exit(str(error))
