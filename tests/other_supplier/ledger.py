"""Operations of a contract month by month: the hot path, integers and ready strings only.

Money is in kopecks, quantities in 10^-3 of kWh (kW), prices in 10^-5 of a rouble.
The tuples follow `layout.COLUMNS` exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.other_supplier import identifiers as ids
from tests.other_supplier.layout import POWERS, Format, Row
from tests.other_supplier.masters import Plan, Register
from tests.other_supplier.months import Month
from tests.other_supplier.texts import HOSTILE, HOSTILE_DOC_NO

Draw = Callable[[], float]
Measured = list[tuple[Register, int, str]]
"""Register, consumption × 1000, method."""


@dataclass(slots=True)
class Sink:
    """Row buffers of the files with operations."""

    readings: list[Row] = field(default_factory=list)
    charges: list[Row] = field(default_factory=list)
    lines: list[Row] = field(default_factory=list)
    invoices: list[Row] = field(default_factory=list)
    payments: list[Row] = field(default_factory=list)
    balances: list[Row] = field(default_factory=list)

    def clear(self) -> None:
        """Empty every buffer."""
        for rows in (self.readings, self.charges, self.lines, self.invoices, self.payments):
            rows.clear()
        self.balances.clear()


@dataclass(slots=True)
class _Account:
    """State of one contract while its months are written; lists are by month index."""

    plan: Plan
    charge_head: str
    upd: list[tuple[str, int, int] | None]
    """Charge id, consumption × 1000, price × 10^5 of the monthly documents."""
    charged: list[int]
    corrected: list[int]
    penalty: list[int]
    paid: list[int]
    closing: int
    last_total: int
    due_no: str = ""


def _product(qty: int, price: int) -> int:
    """Kopecks of qty × price, half away from zero."""
    value = (abs(qty) * price + 500_000) // 1_000_000
    return -value if qty < 0 else value


def _vat(amount: int, rate: int) -> int:
    """VAT in kopecks, half away from zero."""
    value = (abs(amount) * rate + 50) // 100
    return -value if amount < 0 else value


class Ledger:
    """Writes operations of contracts into `real`; months before `tail_from` go nowhere."""

    def __init__(
        self, fmt: Format, months: list[Month], real: Sink, *, tail_from: int, odd: bool
    ) -> None:
        """`odd` = hostile texts, document numbers and row orders."""
        self._fmt, self._months, self._odd = fmt, months, odd
        self._real, self._void, self._tail_from = real, Sink(), tail_from

    def contract(self, plan: Plan, rng: Random) -> None:
        """All operations and balances of one contract."""
        months, real, r = self._months, self._real, rng.random
        count = len(months)
        zeros = [0] * count
        acc = _Account(
            plan,
            ids.uuid_head(plan.code),
            [None] * count,
            zeros[:],
            zeros[:],
            zeros[:],
            zeros[:],
            plan.opening,
            sum(g.usage * g.ratio * 7 // POWERS[g.decimals] for g in plan.registers) * 100,
        )
        marks = len(real.lines), len(real.charges), len(real.balances)
        for k, month in enumerate(months):
            out = real if k >= self._tail_from else self._void
            opening = acc.closing
            if not plan.silent and k >= plan.start:
                self._payments(acc, k, month, opening, r)
                if k <= plan.stop:
                    measured = self._readings(acc, k, month, out, r)
                    total = self._upd(acc, k, month, measured, out)
                    self._invoices(acc, month, total, out)
                self._adjustments(acc, k, month, opening, out, r)
            self._balance(acc, k, month, opening, out)
        if self._odd and plan.index:
            self._reorder(plan, marks)
        self._void.clear()

    def _reorder(self, plan: Plan, marks: tuple[int, int, int]) -> None:
        """The format promises no order of rows: newest first, lines of documents apart."""
        real = self._real
        if plan.index % 7 == 3:
            for rows, mark in zip((real.lines, real.charges, real.balances), marks, strict=True):
                rows[mark:] = rows[mark:][::-1]
        elif plan.index % 7 == 5:
            mark = marks[0]
            real.lines[mark:] = sorted(real.lines[mark:])

    def _balance(self, acc: _Account, k: int, month: Month, opening: int, out: Sink) -> None:
        money = self._fmt.money
        charged, corrected = acc.charged[k], acc.corrected[k]
        penalty, paid = acc.penalty[k], acc.paid[k]
        acc.closing = opening + charged + corrected + penalty - paid
        out.balances.append(
            (
                month.ym,
                acc.plan.no,
                money(acc.closing),
                money(opening),
                money(charged),
                money(corrected),
                money(penalty),
                money(paid),
            )
        )

    def _readings(self, acc: _Account, k: int, month: Month, out: Sink, r: Draw) -> Measured:
        """Readings of the month, with the initial ones before the first month of the range."""
        plan, scaled, add = acc.plan, self._fmt.scaled, out.readings.append
        measured: Measured = []
        chance = r()
        taken = month.days[22 + int(chance * 3)] if plan.mkd else month.last
        source, method = "portal", "meter"
        if plan.askue:
            source = "askue"
        elif chance > 0.93:
            source, method = "calc", "estimated" if chance > 0.97 else "calc"
        elif chance > 0.75:
            source = "phone" if chance > 0.85 else "act"
        kind = "final" if k == plan.stop else "regular"
        for j, g in enumerate(plan.registers):
            place = g.decimals
            key = f"П.{plan.code}-{j}/{month.key}"
            if k == plan.start:
                add(
                    (
                        month.previous_last,
                        g.meter_id,
                        g.zone,
                        key + "/0",
                        scaled(g.value, place),
                        month.previous_ym,
                        "accepted",
                        "initial",
                        "",
                    )
                )
            x = r()
            used = int(g.usage * (0.7 + 0.6 * x)) if x > 0.008 else 0
            if place == 4:
                used -= used % 10
            g.value = (g.value + used) % g.modulo
            value = scaled(g.value, place)
            add(
                (
                    taken,
                    g.meter_id,
                    g.zone,
                    key,
                    value,
                    month.ym,
                    "accepted",
                    kind,
                    source,
                )
            )
            if x > 0.99:  # a refused first attempt and an inspector's visit
                add(
                    (
                        taken,
                        g.meter_id,
                        g.zone,
                        key + "/x",
                        scaled(g.value // 10, place),
                        month.ym,
                        "rejected",
                        "regular",
                        "portal",
                    )
                )
                add(
                    (
                        month.days[13],
                        g.meter_id,
                        g.zone,
                        key + "/k",
                        value,
                        month.ym,
                        "pending" if x > 0.995 else "accepted",
                        "control",
                        "inspector",
                    )
                )
            measured.append((g, used * g.ratio * 1000 // POWERS[place], method))
        return measured

    def _upd(self, acc: _Account, k: int, month: Month, measured: Measured, out: Sink) -> int:
        """The monthly document on the last day of its month; returns its total in kopecks."""
        plan, scaled, money = acc.plan, self._fmt.scaled, self._fmt.money
        charge_id = f"{acc.charge_head}{month.key}00000001"
        price = 645_123 + plan.code * 37 % 180_000 + int(month.key) * 1_013 % 60_000
        rate, rate_text, price_text = month.vat, month.vat_text, scaled(price, 5)
        net = vat = number = volume = 0
        add = out.lines.append
        for g, qty, method in measured:
            volume += qty
            lost = qty * g.loss // 10_000
            for service, part in (("EE", qty), ("LOSS", lost)) if g.loss else (("EE", qty),):
                number += 1
                amount = (part * price + 500_000) // 1_000_000
                tax = (amount * rate + 50) // 100
                net += amount
                vat += tax
                add(
                    (
                        str(number),
                        charge_id,
                        service,
                        "кВт·ч",
                        scaled(part, 3),
                        price_text,
                        money(amount),
                        money(tax),
                        rate_text,
                        money(amount + tax),
                        method if service == "EE" else "calc",
                        g.zone,
                        g.meter_id,
                        g.point_id,
                    )
                )
        if plan.capacity:
            capacity_price = 91_234_567 + plan.code % 1000
            amount = _product(plan.capacity, capacity_price)
            tax = _vat(amount, rate)
            net += amount
            vat += tax
            add(
                (
                    str(number + 1),
                    charge_id,
                    "CAP",
                    "кВт",
                    scaled(plan.capacity, 3),
                    scaled(capacity_price, 5),
                    money(amount),
                    money(tax),
                    rate_text,
                    money(amount + tax),
                    "calc",
                    "",
                    "",
                    "",
                )
            )
        acc.upd[k] = (charge_id, volume, price)
        acc.charged[k] += net + vat
        out.charges.append(
            (
                self._doc_no(plan, k, f"{plan.code}/{month.key}"),
                month.last,
                charge_id,
                plan.no,
                money(net + vat),
                money(vat),
                money(net),
                "upd",
                month.ym,
                plan.edo,
                "",
            )
        )
        return net + vat

    def _doc_no(self, plan: Plan, k: int, usual: str) -> str:
        if self._odd and plan.index and (plan.index + k) % 61 == 60:
            return self._fmt.text(HOSTILE_DOC_NO[plan.index % len(HOSTILE_DOC_NO)])
        return usual

    def _invoices(self, acc: _Account, month: Month, charged: int, out: Sink) -> None:
        """Advances of the month by the last document, and the final invoice of the month."""
        plan, add = acc.plan, out.invoices.append
        head, rate, left = f"СЧ/{plan.code:06d}.{month.key}", month.vat_text, charged
        if plan.has_advance:
            for part, kind, due, dated in (
                (30, "advance30", month.due10, month.days[0]),
                (40, "advance40", month.due25, month.days[10]),
            ):
                total = acc.last_total * part // 100
                left -= total
                add(
                    (
                        plan.no,
                        f"{head}/{part}",
                        f"{head}-{part}",
                        self._short(total),
                        month.ym,
                        kind,
                        rate,
                        due,
                        dated,
                    )
                )
        acc.last_total = charged
        acc.due_no = head
        add(
            (
                plan.no,
                head + "/1",
                head,
                self._short(max(left, 0)),
                month.ym,
                "final",
                rate,
                month.due18_next,
                month.last,
            )
        )

    def _short(self, kopecks: int) -> str:
        """Money without trailing zeros, as 1C's Формат(…, "ЧГ=0") writes it: `100`, `0.5`."""
        text = self._fmt.money(kopecks)
        if kopecks % 10:
            return text
        bare = text.strip('"').rstrip("0").rstrip(self._fmt.decimal)
        return f"{self._fmt.wrap}{bare}{self._fmt.wrap}"

    def _adjustments(
        self, acc: _Account, k: int, month: Month, opening: int, out: Sink, r: Draw
    ) -> None:
        """Mid-month documents: corrections of earlier months, late interest, single services."""
        chance, size, day = r(), r(), month.days[4 + int(r() * 20)]
        plan = acc.plan
        if chance < 0.06:
            back = k - 1 - int(size * 4)
            source = acc.upd[back] if back >= 0 else None
            if source:
                acc.corrected[k] += self._correction(acc, month, back, source, size, day, out)
        elif chance < 0.13 and opening > 0:
            total = opening * int(size * 90 + 10) // 10_000 + 1
            acc.penalty[k] += total
            self._single(acc, month, ("penalty", "PEN", "", 0), total, day, out)
        elif chance > 0.995 and k <= plan.stop:
            what = ("other", "ОГР/01", "шт", month.vat)
            net = int(size * 500_000) + 100_000
            acc.charged[k] += self._single(acc, month, what, net, day, out)

    def _correction(
        self,
        acc: _Account,
        month: Month,
        back: int,
        source: tuple[str, int, int],
        size: float,
        day: str,
        out: Sink,
    ) -> int:
        """УКД to the document of month `back`, with that month's VAT; its total, often negative."""
        scaled, money, first = self._fmt.scaled, self._fmt.money, acc.plan.registers[0]
        corrected_id, volume, price = source
        target = self._months[back]
        charge_id = f"{acc.charge_head}{month.key}00000002"
        net = vat = 0
        qty = int(volume * (size * 0.4 - 0.25)) or -1000
        parts = [(qty, "EE", "recalc")]
        if size >= 0.5:
            parts = [(qty, "CORR", "recalc"), (-qty // 3, "EE", "")]
        for number, (part, service, method) in enumerate(parts, 1):
            amount = _product(part, price)
            tax = _vat(amount, target.vat)
            net += amount
            vat += tax
            out.lines.append(
                (
                    str(number),
                    charge_id,
                    service,
                    "кВт·ч",
                    scaled(part, 3),
                    scaled(price, 5),
                    money(amount),
                    money(tax),
                    target.vat_text,
                    money(amount + tax),
                    method,
                    first.zone,
                    first.meter_id,
                    first.point_id,
                )
            )
        out.charges.append(
            (
                self._doc_no(acc.plan, back, f"К-{acc.plan.code}/{month.key}"),
                day,
                charge_id,
                acc.plan.no,
                money(net + vat),
                money(vat),
                money(net),
                "ukd",
                target.ym,
                acc.plan.edo,
                corrected_id,
            )
        )
        return net + vat

    def _single(
        self,
        acc: _Account,
        month: Month,
        what: tuple[str, str, str, int],
        net: int,
        day: str,
        out: Sink,
    ) -> int:
        """A document of one line; `what` = kind, service, unit, VAT percent (0 = column empty)."""
        kind, service, unit, rate = what
        money, tax = self._fmt.money, _vat(net, rate)
        charge_id = f"{acc.charge_head}{month.key}{3 if rate else 4:08d}"
        out.lines.append(
            (
                "1",
                charge_id,
                service,
                unit,
                "1",
                self._fmt.scaled(net * 1000, 5),
                money(net),
                money(tax),
                str(rate) if rate else "",
                money(net + tax),
                "",
                "",
                "",
                "",
            )
        )
        out.charges.append(
            (
                f"{kind[0]}{acc.plan.code}-{month.key}",
                day,
                charge_id,
                acc.plan.no,
                money(net + tax),
                money(tax),
                money(net),
                kind,
                month.ym,
                "none",
                "",
            )
        )
        return net + tax

    def _payments(self, acc: _Account, k: int, month: Month, opening: int, r: Draw) -> None:
        """Payments made in the month: the debt, the advances, and rarer kinds."""
        plan = acc.plan
        share, discipline = plan.share, plan.discipline
        wanted = opening if share <= 1 else acc.last_total // 2
        if wanted > 0 and r() < discipline:
            self._pay(acc, k, int(wanted * share) or 1, 1 + int(r() * 27), acc.due_no, r, 1)
        if plan.has_advance and k <= plan.stop:
            head = f"СЧ/{plan.code:06d}.{month.key}"
            if r() < discipline - 0.12:
                total = int(acc.last_total * share) * 30 // 100 + 1
                self._pay(acc, k, total, 1 + int(r() * 12), head + "-30", r, 2)
            if r() < discipline - 0.18:
                total = int(acc.last_total * share) * 40 // 100 + 1
                self._pay(acc, k, total, 12 + int(r() * 17), head + "-40", r, 3)
        chance, day = r(), 1 + int(r() * 28)
        if opening < -1_000 and chance < 0.06:
            self._pay(acc, k, opening // 2, day, "", r, 4, "refund")
        elif 0.1 < chance < 0.11:
            self._pay(acc, k, 100_000 + int(chance * 10**8) % 700_000, day, "", r, 5, "offset")
        elif 0.11 < chance < 0.113:
            self._pay(acc, k, -55_555, day, "", r, 6, "offset")
        elif chance > 0.997 and plan.index:
            self._pay(acc, k, 4_200_001, day, "", r, 7, "unallocated")
        elif not k and chance > 0.9 and plan.index:
            self._pay(acc, -1, 777_701, 0, "", r, 8)

    def _pay(
        self,
        acc: _Account,
        k: int,
        amount: int,
        day: int,
        invoice: str,
        r: Draw,
        number: int,
        kind: str = "payment",
    ) -> None:
        """One payment on `day` of month `k`, posted 0–3 days later, perhaps in the next month.

        Month -1 is the eve of the range: such a payment is posted on its first day.  A payment
        that would be posted after the range has no posted_on yet and counts by paid_on.
        """
        plan, months, lag = acc.plan, self._months, r()
        paid, posted, at = "", "", k
        if k < 0:
            paid, posted, at = months[0].previous_last, months[0].days[0], 0
        else:
            days = months[k].days
            paid, over = days[day - 1], day + int(lag * 4) - len(days)
            if lag > 0.1 and over <= 0:
                posted = days[over - 1]
            elif over > 0 and k + 1 < len(months):
                posted, at = months[k + 1].days[over - 1], k + 1
        month = months[max(k, 0)]
        out = self._real if at >= self._tail_from else self._void
        contract_no = plan.no
        if kind == "unallocated":
            kind, contract_no = "payment", ""
        else:
            acc.paid[at] += amount
        out.payments.append(
            (
                paid,
                posted,
                f"0000{plan.code:05d}{month.key}{number}",
                self._fmt.money(amount),
                kind,
                contract_no,
                month.ym if number < 4 and lag < 0.9 else "",
                str(int(lag * 9000) + 1),
                plan.bic,
                plan.account,
                plan.customer_inn,
                self._purpose(acc, month, invoice, lag),
            )
        )

    def _purpose(self, acc: _Account, month: Month, invoice: str, lag: float) -> str:
        """Purpose of a payment; without `"` inside, so quoting it for a comma is enough."""
        plan, quote = acc.plan, self._fmt.comma_quote
        if self._odd and plan.index and lag > 0.985:
            return self._fmt.text(HOSTILE[int(lag * 1_000_000) % len(HOSTILE)])
        if not invoice:
            return "Платеж по письму"
        if lag < 0.5:
            return f"{quote}Оплата эл/энергии по дог. {plan.no}, счет {invoice}{quote}"
        return (
            f"{quote}Оплата за электроэнергию по договору № {plan.no} от {plan.signed}, "
            f"счет № {invoice}, за {month.ru}, в т.ч. НДС {month.vat_text}%{quote}"
        )
