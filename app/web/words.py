"""Words that several sections use for the same thing."""

from __future__ import annotations

ZONES = {"T0": "сутки", "T1": "зона Т1", "T2": "зона Т2", "T3": "зона Т3"}
