"""Seeded random generators, so that the demo data are reproducible."""

from __future__ import annotations

import random
from decimal import Decimal


def stream(seed: int, *names: object) -> random.Random:
    """A generator of its own for each thing named.

    One more customer or one more month then leaves the figures of all others as they were.
    """
    # Text seeds are hashed by `random` itself, so PYTHONHASHSEED does not matter.
    name = "/".join(str(part) for part in (seed, *names))
    return random.Random(name)  # noqa: S311 - invented figures, nothing secret hangs on them


def around_one(chance: random.Random, per_mille: int) -> Decimal:
    """A factor between 1 − p/1000 and 1 + p/1000."""
    return Decimal(1000 + chance.randint(-per_mille, per_mille)) / 1000
