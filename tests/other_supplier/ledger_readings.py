"""Readings of a contract's registers: monthly, initial, refused, and an inspector's."""

from __future__ import annotations

from tests.other_supplier.layout import POWERS, Format
from tests.other_supplier.ledger_state import Account, Draw, Measured, Sink
from tests.other_supplier.masters import Plan, Register
from tests.other_supplier.months import Month


class ReadingWriter:
    """Writes rows of ``readings.csv``; the tuples follow ``layout.COLUMNS`` exactly."""

    def __init__(self, fmt: Format) -> None:
        self._scaled = fmt.scaled

    def write(self, acc: Account, k: int, month: Month, out: Sink, r: Draw) -> Measured:
        """Readings of the month, with the initial ones before the first month of the range."""
        plan = acc.plan
        measured: Measured = []
        chance = r()
        taken_on = month.days[22 + int(chance * 3)] if plan.mkd else month.last
        source, method = _source(plan, chance)
        kind = "final" if k == plan.stop else "regular"
        for j, register in enumerate(plan.registers):
            key = f"П.{plan.code}-{j}/{month.key}"
            if k == plan.start:
                self._add_initial(register, key, month, out)
            x = r()
            used = int(register.usage * (0.7 + 0.6 * x)) if x > 0.008 else 0
            if register.decimals == 4:
                used -= used % 10
            register.value = (register.value + used) % register.modulo
            value = self._scaled(register.value, register.decimals)
            head = (taken_on, register.meter_id, register.zone)
            out.readings.append((*head, key, value, month.ym, "accepted", kind, source))
            if x > 0.99:
                self._add_rare(register, key, month, taken_on, x, out)
            consumption = used * register.ratio * 1000 // POWERS[register.decimals]
            measured.append((register, consumption, method))
        return measured

    def _add_initial(self, register: Register, key: str, month: Month, out: Sink) -> None:
        value = self._scaled(register.value, register.decimals)
        head = (month.previous_last, register.meter_id, register.zone, key + "/0", value)
        out.readings.append((*head, month.previous_ym, "accepted", "initial", ""))

    def _add_rare(
        self, register: Register, key: str, month: Month, taken_on: str, x: float, out: Sink
    ) -> None:
        """A refused first attempt, and an inspector's visit."""
        of_register = (register.meter_id, register.zone)
        wrong = self._scaled(register.value // 10, register.decimals)
        value = self._scaled(register.value, register.decimals)
        status = "pending" if x > 0.995 else "accepted"
        refused = (taken_on, *of_register, key + "/x", wrong, month.ym)
        out.readings.append((*refused, "rejected", "regular", "portal"))
        control = (month.days[13], *of_register, key + "/k", value, month.ym)
        out.readings.append((*control, status, "control", "inspector"))


def _source(plan: Plan, chance: float) -> tuple[str, str]:
    """Source of the readings, and method of the charge that follows from them."""
    if plan.askue:
        return "askue", "meter"
    if chance > 0.93:
        return "calc", "estimated" if chance > 0.97 else "calc"
    if chance > 0.75:
        return "phone" if chance > 0.85 else "act", "meter"
    return "portal", "meter"
