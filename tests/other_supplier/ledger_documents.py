"""Documents of a contract: monthly charges, corrections, late interest, services, invoices."""

from __future__ import annotations

from typing import NamedTuple

from tests.other_supplier.layout import Format, Row
from tests.other_supplier.ledger_state import Account, Draw, Measured, Sink, cost, vat_of
from tests.other_supplier.masters import Plan
from tests.other_supplier.months import Month
from tests.other_supplier.texts import HOSTILE_DOC_NO

NOWHERE = ("", "", "")
"""Zone, meter and supply point of a line that has none."""


class _Service(NamedTuple):
    """A service that is charged by itself; ``rate`` of VAT in per cent, 0: the column is empty."""

    kind: str
    code: str
    unit: str
    rate: int


class DocumentWriter:
    """Writes charges, their lines and invoices; the tuples follow ``layout.COLUMNS`` exactly."""

    def __init__(self, fmt: Format, months: list[Month], *, odd: bool) -> None:
        """`odd` = hostile document numbers."""
        self._fmt, self._months, self._odd = fmt, months, odd

    def write_monthly(
        self, acc: Account, k: int, month: Month, measured: Measured, out: Sink
    ) -> int:
        """The monthly document on the last day of its month; returns its total in kopecks."""
        plan = acc.plan
        charge_id = f"{acc.charge_head}{month.key}00000001"
        price = 645_123 + plan.code * 37 % 180_000 + int(month.key) * 1_013 % 60_000
        net = vat = number = volume = 0
        for register, qty, method in measured:
            volume += qty
            place = (register.zone, register.meter_id, register.point_id)
            parts = [("EE", qty, method)]
            if register.loss:
                parts.append(("LOSS", qty * register.loss // 10_000, "calc"))
            for service, part, how in parts:
                number += 1
                amount = cost(part, price)
                tax = vat_of(amount, month.vat)
                net, vat = net + amount, vat + tax
                head = (str(number), charge_id, service, "кВт·ч")
                out.lines.append(
                    self._line(head, (part, price), (amount, tax), month.vat_text, how, place)
                )
        if plan.capacity:
            capacity_price = 91_234_567 + plan.code % 1000
            amount = cost(plan.capacity, capacity_price)
            tax = vat_of(amount, month.vat)
            net, vat = net + amount, vat + tax
            head = (str(number + 1), charge_id, "CAP", "кВт")
            figures = (plan.capacity, capacity_price)
            out.lines.append(self._line(head, figures, (amount, tax), month.vat_text, "calc"))
        acc.upd[k] = (charge_id, volume, price)
        acc.charged[k] += net + vat
        doc_no = self._doc_no(plan, k, f"{plan.code}/{month.key}")
        head = (doc_no, month.last, charge_id, plan.no)
        out.charges.append(self._charge(head, net, vat, ("upd", month.ym, plan.edo, "")))
        return net + vat

    def _line(
        self,
        head: tuple[str, str, str, str],
        figures: tuple[int, int],
        amounts: tuple[int, int],
        rate: str,
        method: str,
        place: tuple[str, str, str] = NOWHERE,
    ) -> Row:
        """A charge line: number, charge, service, unit; quantity, price; net, VAT; the rest."""
        scaled, money, (amount, tax) = self._fmt.scaled, self._fmt.money, amounts
        sums = (money(amount), money(tax), rate, money(amount + tax))
        return (*head, scaled(figures[0], 3), scaled(figures[1], 5), *sums, method, *place)

    def _charge(
        self, head: tuple[str, str, str, str], net: int, vat: int, tail: tuple[str, str, str, str]
    ) -> Row:
        """A charge: number, date, id, contract; sums; kind, period, EDO status, corrected id."""
        money = self._fmt.money
        return (*head, money(net + vat), money(vat), money(net), *tail)

    def _doc_no(self, plan: Plan, k: int, ordinary: str) -> str:
        if self._odd and plan.index and (plan.index + k) % 61 == 60:
            return self._fmt.text(HOSTILE_DOC_NO[plan.index % len(HOSTILE_DOC_NO)])
        return ordinary

    def write_invoices(self, acc: Account, month: Month, charged: int, out: Sink) -> None:
        """Advances of the month by the last document, and the final invoice of the month."""
        plan, add = acc.plan, out.invoices.append
        head, rate, left = f"СЧ/{plan.code:06d}.{month.key}", month.vat_text, charged
        if plan.has_advance:
            for part, due, dated in (
                (30, month.due10, month.days[0]),
                (40, month.due25, month.days[10]),
            ):
                total = acc.last_total * part // 100
                left -= total
                keys = (plan.no, f"{head}/{part}", f"{head}-{part}", self._short(total), month.ym)
                add((*keys, f"advance{part}", rate, due, dated))
        acc.last_total = charged
        acc.due_no = head
        keys = (plan.no, head + "/1", head, self._short(max(left, 0)), month.ym)
        add((*keys, "final", rate, month.due18_next, month.last))

    def _short(self, kopecks: int) -> str:
        """Money without trailing zeros, as 1C's Формат(…, "ЧГ=0") writes it: `100`, `0.5`."""
        text = self._fmt.money(kopecks)
        if kopecks % 10:
            return text
        bare = text.strip('"').rstrip("0").rstrip(self._fmt.decimal)
        return f"{self._fmt.wrap}{bare}{self._fmt.wrap}"

    def write_adjustments(
        self, acc: Account, k: int, month: Month, opening: int, out: Sink, r: Draw
    ) -> None:
        """Mid-month documents: corrections of earlier months, late interest, single services."""
        chance, size, day = r(), r(), month.days[4 + int(r() * 20)]
        if chance < 0.06:
            back = k - 1 - int(size * 4)
            if back >= 0 and acc.upd[back]:
                acc.corrected[k] += self._correction(acc, month, back, size, day, out)
        elif chance < 0.13 and opening > 0:
            total = opening * int(size * 90 + 10) // 10_000 + 1
            acc.penalty[k] += total
            self._single(acc, month, _Service("penalty", "PEN", "", 0), total, day, out)
        elif chance > 0.995 and k <= acc.plan.stop:
            service = _Service("other", "ОГР/01", "шт", month.vat)
            net = int(size * 500_000) + 100_000
            acc.charged[k] += self._single(acc, month, service, net, day, out)

    def _correction(
        self, acc: Account, month: Month, back: int, size: float, day: str, out: Sink
    ) -> int:
        """УКД to the document of month `back`, with that month's VAT; its total, often negative."""
        corrected = acc.upd[back]
        assert corrected
        corrected_id, volume, price = corrected
        first, target = acc.plan.registers[0], self._months[back]
        place = (first.zone, first.meter_id, first.point_id)
        charge_id = f"{acc.charge_head}{month.key}00000002"
        net = vat = 0
        qty = int(volume * (size * 0.4 - 0.25)) or -1000
        parts = [(qty, "EE", "recalc")]
        if size >= 0.5:
            parts = [(qty, "CORR", "recalc"), (-qty // 3, "EE", "")]
        for number, (part, service, method) in enumerate(parts, 1):
            amount = cost(part, price)
            tax = vat_of(amount, target.vat)
            net, vat = net + amount, vat + tax
            head = (str(number), charge_id, service, "кВт·ч")
            out.lines.append(
                self._line(head, (part, price), (amount, tax), target.vat_text, method, place)
            )
        doc_no = self._doc_no(acc.plan, back, f"К-{acc.plan.code}/{month.key}")
        head = (doc_no, day, charge_id, acc.plan.no)
        tail = ("ukd", target.ym, acc.plan.edo, corrected_id)
        out.charges.append(self._charge(head, net, vat, tail))
        return net + vat

    def _single(
        self, acc: Account, month: Month, service: _Service, net: int, day: str, out: Sink
    ) -> int:
        """A document of one line; returns its total in kopecks."""
        money, rate = self._fmt.money, service.rate
        tax = vat_of(net, rate)
        charge_id = f"{acc.charge_head}{month.key}{3 if rate else 4:08d}"
        price = self._fmt.scaled(net * 1000, 5)
        sums = (money(net), money(tax), str(rate) if rate else "", money(net + tax))
        line = ("1", charge_id, service.code, service.unit, "1", price)
        out.lines.append((*line, *sums, "", *NOWHERE))
        head = (f"{service.kind[0]}{acc.plan.code}-{month.key}", day, charge_id, acc.plan.no)
        out.charges.append(self._charge(head, net, tax, (service.kind, month.ym, "none", "")))
        return net + tax
