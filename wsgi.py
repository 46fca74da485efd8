"""Entry point of the web server and of the ``flask`` command."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, NoReturn

from dotenv import dotenv_values

from config import ROOT, Config, ConfigError

if TYPE_CHECKING:
    from flask import Flask

NOT_LOADED = 2


def environment() -> dict[str, str]:
    """Process environment over the ``.env`` file beside ``config.py``, which is for development."""
    if os.environ.get("PRODUCTION", "").strip() == "1":
        return dict(os.environ)
    from_file = {name: value or "" for name, value in dotenv_values(ROOT / ".env").items()}
    return {**from_file, **os.environ}


def fail(text: str) -> NoReturn:
    """End with the exit code that ``flask check`` has for faults; its 1 means warnings."""
    sys.stderr.write(f"{text}\n")
    sys.exit(NOT_LOADED)


def load_app() -> Flask:
    """Import and build the application without searching for reference cycles meanwhile.

    Imports make very many objects and no garbage; the search is a seventh of their time.
    """
    gc.disable()
    try:
        from app import create_app  # noqa: PLC0415
        from app.lib.packages import MissingPackageError  # noqa: PLC0415
        from app.logging import warn_of_removed_settings  # noqa: PLC0415

        try:
            loaded = create_app(Config.from_env(environment()))
        except (ConfigError, MissingPackageError) as error:
            fail(str(error))
        except OSError as error:
            fail(f"Настройки не приняты:\n  INSTANCE_DIR: {error.strerror} ({error.filename})")
        warn_of_removed_settings(environment())
        return loaded
    finally:
        gc.enable()


app = load_app()
