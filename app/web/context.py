"""What the running application was built with: its settings, its limits and its clock."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from flask import current_app

from app.domain.rate_limits import Limits
from app.lib.clock import Clock
from config import Config


def config() -> Config:
    """Settings of the running application."""
    return cast(Config, current_app.extensions["config"])


def limits() -> Limits:
    """Rate limits and sizes of the running application."""
    return cast(Limits, current_app.extensions["limits"])


def clock() -> Clock:
    """The clock of the running application."""
    return cast(Clock, current_app.extensions["clock"])


def local_now() -> datetime:
    """The present moment in the supplier's zone, which messages and documents speak of."""
    return clock().local(clock().now())
