"""Write an event as one sentence that states the fact, from ``templates/events``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from app.domain.events import EventKind
from app.domain.formats import NBSP, counted, roubles
from app.domain.period import Month
from app.integrations.message_templates import make_environment

_SPACES = re.compile(r"[ \n]+")
"""Not the no-break ones, which belong to numbers."""
_SENTENCES = make_environment(autoescape=False)
_SENTENCES.filters.update(
    roubles=roubles,
    counted=counted,
    month=lambda month: month.label.lower(),
    number=lambda text: f"№{NBSP}{text}",
)


def describe_event(kind: EventKind, facts: Mapping[str, Any]) -> str:
    """The sentence of an event: «Новый счет № 15 на 1 200,00 ₽, оплатить до 18.11.2026».

    Args:
        facts: as they are stored: days, months and amounts as text.
    """
    template = _SENTENCES.get_template(f"events/{kind}.txt")
    read = {name: _read_fact(name, value) for name, value in facts.items()}
    return _SPACES.sub(" ", template.render(read)).strip()


def _read_fact(name: str, value: Any) -> Any:
    """A fact as what it is: its name says which."""
    if not isinstance(value, str):
        return value
    if name.endswith("_on"):
        return date.fromisoformat(value)
    if name == "amount":
        return Decimal(value)
    if name == "period":
        return Month.parse(value)
    # Names come from billing data and forms.
    return " ".join(value.split())
