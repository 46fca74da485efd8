"""Lists of a contract's meters: parted by how they are read, searched, grouped by supply point."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import TypeVar

from app.domain.meters import MeterState
from app.domain.search import fold, query_tokens

SomeMeter = TypeVar("SomeMeter", bound=MeterState)
NO_LONGER_READ = ("removed", "ended")
"""Values of ``closed_reason`` of meters that measure no more."""


@dataclass(frozen=True, slots=True)
class MeterLists:
    """The meters of a contract: read by hand, read automatically, and those that measure no more.

    What decides is whether a person has anything to do; each list keeps its order.
    """

    by_hand: list[MeterState]
    automatic: list[MeterState]
    removed: list[MeterState]


def part_meters(meters: Iterable[MeterState], today: date) -> MeterLists:
    """Part meters by how they are read.

    Args:
        meters: of one contract.
        today: in the supplier's zone.
    """
    lists = MeterLists([], [], [])
    for meter in meters:
        reason = meter.closed_reason(today)
        if meter.is_removed(today):
            lists.removed.append(meter)
        elif reason == "automatic":
            lists.automatic.append(meter)
        elif reason in NO_LONGER_READ:
            lists.removed.append(meter)
        else:
            lists.by_hand.append(meter)
    return lists


def find_meters(meters: Iterable[SomeMeter], query: str) -> list[SomeMeter]:
    """Find the meters that every word of a query occurs in: place, address, name or number.

    Args:
        query: as typed; an empty one finds all.
    """
    wanted = query_tokens(query)
    return [meter for meter in meters if not wanted or _has_all(meter, wanted)]


def _has_all(meter: MeterState, tokens: Sequence[str]) -> bool:
    texts = (
        meter.serial_number,
        meter.custom_name,
        meter.model,
        meter.supply_point,
        meter.custom_point,
        meter.address,
    )
    text = fold(" ".join(filter(None, texts)))
    return all(token in text for token in tokens)


def group_by_point(meters: Iterable[SomeMeter]) -> list[list[SomeMeter]]:
    """Group meters that follow one another by their supply point."""
    return [list(group) for _, group in groupby(meters, key=lambda meter: meter.point_id)]
