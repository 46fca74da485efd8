"""Which two months are compared, and what is wrong with the choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.domain.bill_change_facts import ComparedMonths
from app.domain.errors import PeriodError
from app.domain.period import EARLIEST, LATEST, Month, parse_month
from app.web.forms import MAX_SHOWN, printable


@dataclass
class MonthsForm:
    """«Почему счет изменился»: a month and the one that it is compared with.

    Attributes:
        choices: months with charges and those that were asked for, the newest first.
    """

    month: str = ""
    base: str = ""
    months: ComparedMonths | None = None
    choices: tuple[Month, ...] = ()
    presets: tuple[Month, ...] = ()
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_query(
        cls, args: Mapping[str, str], billed: Sequence[Month], since_month: Month | None
    ) -> MonthsForm:
        """Read ``month`` and ``base``; the last month with charges, and the one before it.

        Args:
            billed: months with charges, the newest first.
            since_month: months before are those of a former customer.
        """
        form = cls(choices=tuple(billed))
        month = form._parse("month", args, billed[0] if billed else None)
        base = form._parse("base", args, _default_base(month, billed) if month else None)
        if month and not form.errors:
            form.presets = tuple(
                other for other in (month.plus(-1), month.plus(-12)) if other in billed
            )
        if month and base and form._is_allowed(month, base, since_month):
            form.months = ComparedMonths(base, month)
            form.choices = tuple(sorted({*billed, month, base}, reverse=True))
        return form

    def _parse(self, name: str, args: Mapping[str, str], default: Month | None) -> Month | None:
        text = args.get(name, "").strip()
        try:
            month = parse_month(text) if text else default
            if month and not EARLIEST.year <= month.year <= LATEST.year:
                raise PeriodError("out_of_range")
        except PeriodError:
            self.errors[name] = f"Не разобрали месяц «{printable(text)[:MAX_SHOWN]}»: выберите его"
            return None
        setattr(self, name, str(month) if month else "")
        return month

    def _is_allowed(self, month: Month, base: Month, since_month: Month | None) -> bool:
        if month == base:
            self.errors["base"] = "Выберите два разных месяца"
        elif since_month and min(month, base) < since_month:
            name = "month" if month < since_month else "base"
            self.errors[name] = (
                f"Сравнить можно месяцы с {since_month.short_label}: раньше договор был не у вас"
            )
        return not self.errors


def _default_base(month: Month, billed: Sequence[Month]) -> Month | None:
    """The last month with charges before this one, if there is any."""
    return next((other for other in billed if other < month), None)
