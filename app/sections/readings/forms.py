"""Form of readings: two boxes for every register, checked, then confirmed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from app.domain.errors import ReadingError
from app.domain.meters import (
    MeterReadings,
    MeterState,
    ReadingEntry,
    RegisterReadings,
    RegisterState,
    check_meter,
)
from app.domain.reading_checks import Doubt
from app.domain.reading_columns import fit_column, parse_column
from app.domain.readings import MAX_TYPED, parse_reading
from app.sections.readings.labels import (
    DOUBTS,
    READING_ERRORS,
    column_error,
    register_label,
    surplus_label,
)
from app.web.forms import is_uuid, printable


@dataclass
class ReadingForm:
    """What was typed for the registers of all meters that are open, and the entries it makes.

    Attributes:
        states: meters that accept readings; of many only a page is shown.
        key: idempotency key, which makes one receipt of a form, however often it is sent.
        typed: text of every box by its id, those of other pages included.
        errors: by the id of the box.
        hints: what is wrong while somebody still types, by the id of the box.
        faults: of a pasted column as a whole.
        confirmed: names of the ticked confirmations.
        refused: it was sent although something was not confirmed.
    """

    states: Sequence[MeterState]
    key: str
    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    hints: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    entries: list[ReadingEntry] = field(default_factory=list)
    confirmed: frozenset[str] = frozenset()
    refused: bool = False

    @classmethod
    def read(
        cls, data: Mapping[str, str], confirmed: Sequence[str], states: Sequence[MeterState]
    ) -> ReadingForm:
        """Read what was sent; nothing is checked yet."""
        key = data.get("key", "")
        form = cls(states, key if is_uuid(key) else str(uuid.uuid4()))
        form.confirmed = frozenset(confirmed)
        for _, register in form.registers():
            for box in boxes(register):
                if text := printable(data.get(box))[:MAX_TYPED].strip():
                    form.typed[box] = text
        return form

    def registers(self) -> Iterator[tuple[MeterState, RegisterState]]:
        """The registers that a reading is awaited of, in the order of the table."""
        for meter in self.states:
            for register in meter.registers:
                if not register.is_billed:
                    yield meter, register

    @property
    def register_count(self) -> int:
        """How many registers there are to fill in."""
        return sum(1 for _ in self.registers())

    @property
    def entered_count(self) -> int:
        """For how many registers something was typed."""
        return sum(self.is_typed(register) for _, register in self.registers())

    @property
    def filled(self) -> list[MeterState]:
        """Meters for which something was typed; the others are left out."""
        return [meter for meter in self.states if any(map(self.is_typed, meter.registers))]

    @property
    def first_box(self) -> str:
        """The box to begin with, while nothing is typed and nothing wrong."""
        register = next((register for _, register in self.registers()), None)
        return boxes(register)[0] if register and not self.typed and not self.errors else ""

    def is_typed(self, register: RegisterState) -> bool:
        """Whether anything was typed for a register."""
        return any(box in self.typed for box in boxes(register))

    def fill(self, column: str, first: str, among: Sequence[MeterState]) -> None:
        """Put a pasted column into the boxes, a line for a register.

        Args:
            column: as ``parse_column`` reads it.
            first: id of a box of the register to begin with; the first register if there is none.
            among: meters of the table, in its order.
        """
        registers = [
            register for meter in among for register in meter.registers if not register.is_billed
        ]
        ids = [register.id for register in registers]
        start = next((n for n, found in enumerate(registers) if first in boxes(found)), 0)
        fit = fit_column(parse_column(column), ids[start:])
        for register_id, line in fit.placed:
            whole, fraction = f"whole-{register_id}", f"fraction-{register_id}"
            self.typed.pop(fraction, None)
            self.typed[whole] = line.whole
            if line.fraction:
                self.typed[fraction] = line.fraction
            if not line.is_number:
                self.errors[whole] = column_error(line)
        if fit.surplus:
            self.faults.append(surplus_label(fit.surplus))

    def check(self, meters: Sequence[MeterReadings], today: date, unusual_times: int) -> None:
        """Check what was typed for some meters; of each every zone is needed."""
        for meter in meters:
            values = []
            for register in meter.registers:
                if not register.is_billed and (value := self._parse(meter, register)) is not None:
                    values.append((register, value))
            self.entries += check_meter(meter, values, today, unusual_times)

    def preview(self, meters: Sequence[MeterReadings], today: date, unusual_times: int) -> None:
        """Compute consumption of what is a reading already; an empty box is no mistake yet."""
        known = dict(self.errors)
        self.check(meters, today, unusual_times)
        self.hints = {box: text for box, text in self.errors.items() if box in self.typed}
        self.errors = known

    @property
    def doubtful(self) -> list[tuple[str, ReadingEntry, Doubt]]:
        """(name of the box to tick, entry, doubt) of everything that has to be confirmed."""
        return [
            (f"confirm-{entry.register.id}-{doubt}", entry, doubt)
            for entry in self.entries
            for doubt in entry.checked.doubts
        ]

    @property
    def unconfirmed(self) -> list[tuple[str, str]]:
        """(id of the box to tick, what to check) of every doubt that was not confirmed."""
        return [
            (name, f"{register_label(entry.meter, entry.register)}: {DOUBTS[doubt][0]}")
            for name, entry, doubt in self.doubtful
            if name not in self.confirmed
        ]

    def _parse(self, meter: MeterReadings, register: RegisterReadings) -> Decimal | None:
        """The value of a register's boxes; None, and an error beside the box, for what is none."""
        whole, fraction = boxes(register)
        scale = register.scale
        try:
            return parse_reading(self.typed.get(whole, ""), self.typed.get(fraction, ""), scale)
        except ReadingError as error:
            box = fraction if error.code in ("fraction_format", "fraction_long") else whole
            advice = READING_ERRORS[error.code].format(digits=scale.digits, decimals=scale.decimals)
            self.errors[box] = f"{register_label(meter, register)}: {advice}"
            return None


def boxes(register: RegisterState) -> tuple[str, str]:
    """Ids of the two boxes of a register."""
    return f"whole-{register.id}", f"fraction-{register.id}"
