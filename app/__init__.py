"""The portal: ``create_app`` builds it. Importing this package loads none of its parts.

``config.py`` reads its values by ``app.lib.setting_values``, before there is anything to build.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.rate_limits import LIMITS, Limits

if TYPE_CHECKING:
    from app.portal import Portal
    from config import Config


def create_app(config: Config, limits: Limits = LIMITS) -> Portal:
    """Build the application for one configuration; tests shrink ``limits``."""
    from app.portal import build_portal  # noqa: PLC0415 - the parts need config.py, which needs app.lib

    return build_portal(config, limits)
