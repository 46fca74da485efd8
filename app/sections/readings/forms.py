"""Form of readings: two boxes for every register, checked, then confirmed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from app.domain.errors import ReadingError
from app.domain.meters import MeterReadings, ReadingEntry, RegisterReadings, check_meter
from app.domain.reading_checks import Doubt
from app.domain.readings import MAX_TYPED, parse_reading
from app.sections.readings.labels import DOUBTS, READING_ERRORS, register_label
from app.web.forms import is_uuid, printable


@dataclass
class ReadingForm:
    """What was typed for the registers of some meters, and the entries it makes.

    Attributes:
        key: idempotency key, which makes one receipt of a form, however often it is sent.
        typed: text of every box by its id.
        errors: by the id of the box.
        confirmed: names of the ticked confirmations.
        refused: it was sent although something was not confirmed.
    """

    meters: Sequence[MeterReadings]
    key: str
    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    entries: list[ReadingEntry] = field(default_factory=list)
    confirmed: frozenset[str] = frozenset()
    refused: bool = False

    @classmethod
    def empty(cls, meters: Sequence[MeterReadings]) -> ReadingForm:
        """A form with nothing typed yet."""
        return cls(meters, str(uuid.uuid4()))

    @classmethod
    def read(
        cls,
        data: Mapping[str, str],
        confirmed: Sequence[str],
        meters: Sequence[MeterReadings],
        today: date,
        unusual_times: int,
    ) -> ReadingForm:
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
            form._read_meter(meter, today, unusual_times)
        return form

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

    def _is_filled(self, meter: MeterReadings) -> bool:
        return any(self.typed[box] for register in meter.registers for box in boxes(register))

    def _read_meter(self, meter: MeterReadings, today: date, unusual_times: int) -> None:
        values = []
        for register in meter.registers:
            if not register.is_billed and (value := self._parse(meter, register)) is not None:
                values.append((register, value))
        self.entries += check_meter(meter, values, today, unusual_times)

    def _parse(self, meter: MeterReadings, register: RegisterReadings) -> Decimal | None:
        """The value of a register's boxes; None, and an error beside the box, for what is none."""
        whole, fraction = boxes(register)
        scale = register.scale
        try:
            return parse_reading(self.typed[whole], self.typed[fraction], scale)
        except ReadingError as error:
            box = fraction if error.code in ("fraction_format", "fraction_long") else whole
            advice = READING_ERRORS[error.code].format(digits=scale.digits, decimals=scale.decimals)
            self.errors[box] = f"{register_label(meter, register)}: {advice}"
            return None


def boxes(register: RegisterReadings) -> tuple[str, str]:
    """Ids of the two boxes of a register."""
    return f"whole-{register.id}", f"fraction-{register.id}"
