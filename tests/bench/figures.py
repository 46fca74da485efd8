"""Print measured figures beside what they are to reach; nothing here passes or fails."""

from __future__ import annotations


def show(name: str, value: float, target: float | None = None, unit: str = "ms") -> None:
    """Print one figure.

    Args:
        target: at most; None where nothing is asked for.
    """
    asked = (
        "" if target is None else f"  (at most {target:g}{'' if value <= target else ': missed'})"
    )
    print(f"  {name:<52} {value:>8.2f} {unit}{asked}")


def head(text: str) -> None:
    """Print what the figures below are about."""
    print(f"\n{text}")
