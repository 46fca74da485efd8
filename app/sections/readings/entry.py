"""The form of readings: two boxes for every register, checked, doubted, confirmed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from app.domain.errors import ReadingError
from app.domain.readings import Doubt, check_reading, check_together, parse_reading
from app.queries.readings.meters import Entry, MeterCard, RegisterCard
from app.sections.readings.labels import DOUBTS, FAULTS, register_words
from app.web.forms import is_uuid, printable

MAX_TYPED = 40


@dataclass
class EntryForm:
    """What was typed for the registers of some meters, and what came of it.

    Attributes:
        key: makes one receipt of a form, however often it is sent.
        typed: text of every box by its id.
        errors: by the id of the box.
    """

    meters: Sequence[MeterCard]
    key: str
    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    confirmed: frozenset[str] = frozenset()
    refused: bool = False
    """It was sent although something was not confirmed."""

    @classmethod
    def empty(cls, meters: Sequence[MeterCard]) -> EntryForm:
        """Nothing typed yet."""
        return cls(meters, str(uuid.uuid4()))

    @classmethod
    def read(
        cls,
        data: Mapping[str, str],
        confirmed: Sequence[str],
        meters: Sequence[MeterCard],
        today: date,
        times: int,
    ) -> EntryForm:
        """Read and check what was sent.

        Of several meters those without a digit are left out; of one meter every zone is needed.
        """
        key = data.get("key", "")
        form = cls(meters, key if is_uuid(key) else str(uuid.uuid4()))
        form.confirmed = frozenset(confirmed)
        for meter in meters:
            for register in meter.registers:
                for box in boxes(register):
                    form.typed[box] = printable(data.get(box))[:MAX_TYPED].strip()
        filled = [meter for meter in meters if form._is_filled(meter)]
        for meter in filled or meters[:1]:
            form._read_meter(meter, today, times)
        return form

    @property
    def doubtful(self) -> list[tuple[str, Entry, str]]:
        """(name of the box to tick, entry, doubt) of everything that has to be confirmed."""
        return [
            (f"confirm-{entry.register.id}-{doubt}", entry, doubt)
            for entry in self.entries
            for doubt in entry.checked.doubts
        ]

    @property
    def unconfirmed(self) -> list[str]:
        return [name for name, _, _ in self.doubtful if name not in self.confirmed]

    @property
    def refusals(self) -> list[tuple[str, str]]:
        """(id of the box to tick, what to do) for the summary of errors."""
        return [
            (name, register_words(entry.meter, entry.register) + ": " + DOUBTS[Doubt(doubt)][0])
            for name, entry, doubt in self.doubtful
            if name not in self.confirmed
        ]

    def _is_filled(self, meter: MeterCard) -> bool:
        return any(self.typed[box] for register in meter.registers for box in boxes(register))

    def _read_meter(self, meter: MeterCard, today: date, times: int) -> None:
        found = []
        for register in meter.registers:
            if register.is_billed:
                continue
            whole, fraction = boxes(register)
            try:
                value = parse_reading(self.typed[whole], self.typed[fraction], register.scale)
            except ReadingError as error:
                box = fraction if error.code in ("fraction_format", "fraction_long") else whole
                words = FAULTS[error.code].format(
                    digits=register.scale.digits, decimals=register.scale.decimals
                )
                self.errors[box] = f"{register_words(meter, register)}: {words}"
                continue
            expected = meter.expectation(register, today, times)
            found.append((register, check_reading(value, register.scale, expected)))
        together = check_together([checked for _, checked in found], meter.most(today))
        self.entries += [
            Entry(meter, register, checked)
            for (register, _), checked in zip(found, together, strict=True)
        ]


def boxes(register: RegisterCard) -> tuple[str, str]:
    """Ids of the two boxes of a register."""
    return f"whole-{register.id}", f"fraction-{register.id}"
