"""Leases of background jobs: how long a claim holds without a sign of life."""

from __future__ import annotations

from datetime import timedelta

LEASE = timedelta(minutes=2)
"""How long a claim holds without a heartbeat: then its holder counts as dead."""
HEARTBEAT_SECONDS = 20.0
"""How often a living holder renews its lease."""
