"""Two compared months in words and figures, the same on the page, in files and in statements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from app.domain.bill_change_facts import ComparedMonths
from app.domain.bill_comparison import BillComparison, Pair, Part, PartKind
from app.domain.bill_effects import NIGHT
from app.domain.bill_groups import ItemKind
from app.domain.formats import MINUS, NBSP, money
from app.web.filters import energy, plain, price, signed_money
from app.web.labels import ZONES

LABELS = {
    PartKind.VOLUME: "Объем",
    PartKind.PRICE: "Цена",
    PartKind.ZONES: "Зоны суток",
    PartKind.POINT_MIX: "Доли точек",
    PartKind.CAPACITY: "Мощность",
    PartKind.LOSSES: "Потери в сети",
    PartKind.ADDED_POINTS: "Новые точки",
    PartKind.REMOVED_POINTS: "Исключенные точки",
    PartKind.VAT: "НДС",
    PartKind.CORRECTIONS: "Корректировки",
    PartKind.INTEREST: "Пени",
    PartKind.OTHER: "Другие услуги",
    PartKind.UNITEMIZED: "Документы без строк",
    PartKind.FAULT: "Расхождение в данных",
    PartKind.ROUNDING: "Округление",
}
SENTENCE_PARTS = 4
"""Causes that the sentence names; the table has all."""
NAMED_POINTS = 3
_ARROW = f"{NBSP}→ "


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part as it is shown: what it is, the figures behind it, roubles, per cent."""

    kind: PartKind
    label: str
    detail: str
    amount: Decimal
    share: Decimal | None


def part_rows(comparison: BillComparison) -> list[PartRow]:
    """Rows of the table of parts."""
    shares: Sequence[Decimal | None] = comparison.shares or [None] * len(comparison.parts)
    return [
        PartRow(part.kind, label_of(part), _detail(part, comparison), part.amount, share)
        for part, share in zip(comparison.parts, shares, strict=True)
    ]


def label_of(part: Part) -> str:
    """Name of a cause; what is not about zones is not called so."""
    if part.kind is PartKind.ZONES and part.subject is None:
        return "Состав услуг"
    return LABELS[part.kind]


def signed_percent(value: Decimal | None) -> str:
    """«+4,1 %»; nothing where there is no change to tell."""
    if value is None:
        return ""
    rounded = value.quantize(Decimal("0.1"), ROUND_HALF_UP)
    if not rounded:
        return ""
    text = f"{abs(rounded):,.1f}".replace(",", NBSP).replace(".", ",")
    return f"{'+' if rounded > 0 else MINUS}{text}{NBSP}%"


def sentence(months: ComparedMonths, comparison: BillComparison) -> str:
    """«На 31 402,10 ₽ больше, чем в сентябре 2026: объем +4,1 %, НДС с 20 на 22 %»."""
    difference, base = comparison.difference, months.before.prepositional
    base = base.replace(" ", NBSP)
    if difference:
        more = "больше" if difference > 0 else "меньше"
        text = f"На {money(abs(difference))}{NBSP}₽ {more}, чем в {base}"
    else:
        text = f"Столько же, сколько в {base}"
    named = [part for part in comparison.parts if part.kind is not PartKind.ROUNDING]
    causes = [_phrase(part, comparison) for part in named or comparison.parts]
    return f"{text}: {', '.join(causes[:SENTENCE_PARTS])}." if causes else f"{text}."


def _phrase(part: Part, comparison: BillComparison) -> str:
    label = label_of(part).lower() if part.kind is not PartKind.VAT else "НДС"
    pair = part.quantities if part.kind is PartKind.VOLUME else part.prices
    is_told_in_percent = part.kind in (PartKind.VOLUME, PartKind.PRICE)
    if is_told_in_percent and pair and (text := signed_percent(pair.percent)):
        return f"{label} {text}".replace(" ", NBSP)
    if part.kind is PartKind.VAT and (rates := _single_rates(comparison)):
        return f"НДС с {plain(rates[0])} на {plain(rates[1])} %".replace(" ", NBSP)
    return f"{label} {signed_money(part.amount)}{NBSP}₽"


def _single_rates(comparison: BillComparison) -> Pair | None:
    before, after = comparison.rates
    return Pair(before[0], after[0]) if len(before) == len(after) == 1 else None


def _detail(part: Part, comparison: BillComparison) -> str:
    """The figures behind a part, «62 480 → 65 042 кВт·ч, +4,1 %»."""
    if detail := _DETAILS.get(part.kind):
        return detail(part, comparison)
    if part.sums is None:
        return ""
    return f"{money(part.sums.before)}{_ARROW}{money(part.sums.after)}{NBSP}₽"


def _volume(part: Part, comparison: BillComparison) -> str:
    if part.quantities is None:
        return ""
    return ", ".join([_kwh(part.quantities), *_volume_notes(comparison)])


def _price(part: Part, comparison: BillComparison) -> str:
    if part.prices is None:
        return ""
    is_mean = sum(group.key.kind is ItemKind.ENERGY for group in comparison.groups) > 1
    text = _with_percent(_prices(part.prices, "₽/кВт·ч"), part.prices)
    return f"средняя {text}" if is_mean else text


def _capacity(part: Part, comparison: BillComparison) -> str:
    if part.quantities is None:
        return ""
    text = _with_percent(_energies(part.quantities, "кВт"), part.quantities)
    return text + _price_note(part)


def _losses(part: Part, comparison: BillComparison) -> str:
    return _kwh(part.quantities) + _price_note(part) if part.quantities else ""


def _price_note(part: Part) -> str:
    if part.prices is None or part.prices.before == part.prices.after:
        return ""
    return f", цена {_prices(part.prices, '₽')}"


def _mix(part: Part, comparison: BillComparison) -> str:
    return f"доля {_subject(part)} {_shares(part.shares)}" if part.shares else ""


def _vat(part: Part, comparison: BillComparison) -> str:
    before, after = comparison.rates
    return f"ставка {_rates(before)}{_ARROW}{_rates(after)}{NBSP}%"


_DETAILS: dict[PartKind, Callable[[Part, BillComparison], str]] = {
    PartKind.VOLUME: _volume,
    PartKind.PRICE: _price,
    PartKind.CAPACITY: _capacity,
    PartKind.LOSSES: _losses,
    PartKind.ZONES: _mix,
    PartKind.POINT_MIX: _mix,
    PartKind.ADDED_POINTS: lambda part, comparison: _names(comparison.added),
    PartKind.REMOVED_POINTS: lambda part, comparison: _names(comparison.removed),
    PartKind.VAT: _vat,
    PartKind.ROUNDING: lambda part, comparison: "до копейки в строках документов",
    PartKind.FAULT: lambda part, comparison: "суммы биллинга не сходятся между собой",
}
"""What else a part shows than its sums in both months."""


def _volume_notes(comparison: BillComparison) -> list[str]:
    kinds = {group.key.kind for group in comparison.groups}
    notes = ["без потерь"] if ItemKind.LOSSES in kinds else []
    return [*notes, "без этих точек"] if comparison.added or comparison.removed else notes


def _kwh(pair: Pair) -> str:
    return _with_percent(_energies(pair, "кВт·ч"), pair)


def _energies(pair: Pair, unit: str) -> str:
    return f"{energy(pair.before)}{_ARROW}{energy(pair.after)}{NBSP}{unit}"


def _prices(pair: Pair, unit: str) -> str:
    return f"{price(pair.before)}{_ARROW}{price(pair.after)}{NBSP}{unit}"


def _with_percent(text: str, pair: Pair) -> str:
    percent = signed_percent(pair.percent)
    return f"{text}, {percent}" if percent else text


def _shares(pair: Pair) -> str:
    before, after = (f"{share:.1f}".replace(".", ",") for share in pair)
    return f"{before}{_ARROW}{after}{NBSP}%"


def _subject(part: Part) -> str:
    if part.kind is PartKind.POINT_MIX:
        return f"«{part.subject}»"
    if part.subject == NIGHT:
        return "ночи"
    return f"зоны «{ZONES.get(part.subject or '', 'без зоны')}»"


def _rates(rates: Sequence[Decimal]) -> str:
    return " и ".join(map(plain, rates)) or "без НДС"


def _names(points: Sequence[str]) -> str:
    text = ", ".join(points[:NAMED_POINTS])
    rest = len(points) - NAMED_POINTS
    return f"{text} и еще {rest}" if rest > 0 else text
