"""What a drill has shown: a line for each promise, kept or not."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Promise:
    """One promise and whether it held.

    Attributes:
        seen: the figures that decide it.
    """

    name: str
    held: bool
    seen: str


def show(title: str, promises: Sequence[Promise]) -> bool:
    """Print a table; whether every promise held."""
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"\n{title} ({time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC, load {load})")
    for promise in promises:
        print(f"  {'ok   ' if promise.held else 'FAULT'} {promise.name:<58} {promise.seen}")
    return all(promise.held for promise in promises)
