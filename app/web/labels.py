"""Russian labels that several sections share."""

from __future__ import annotations

REGIMES = {"month_end": "На конец месяца", "mkd": "Нежилые помещения в МКД"}
ZONES = {"T0": "сутки", "T1": "зона Т1", "T2": "зона Т2", "T3": "зона Т3"}
