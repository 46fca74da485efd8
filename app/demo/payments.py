"""Payments: each customer follows a habit, and nothing is paid in the future."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal

from app.demo.cast import Payer, Story
from app.demo.chance import stream
from app.demo.documents import Document
from app.demo.identifiers import company_inn, settlement_account
from app.demo.money import ZERO, round_money, vat_included, vat_percent
from app.demo.parties import Deal
from app.demo.rows import ChargeRow, InvoiceRow, PaymentKind, PaymentRow
from app.demo.timeline import Month, Timeline, working_day_after, working_day_before

STOPPED_AGO = 3  # the debtor pays nothing from this month before the last complete one
PREPAID_AGO = 2
OFFSET_AGO = 4
OFFSET_SHARE = Decimal("0.4")
REFUNDED = Decimal("15000.00")
REFUND_AFTER_DAYS = 25
PREPAID_FACTOR = 3
ROUND_UP_TO = Decimal(1000)
LATE_INTEREST_AFTER_DAYS = 15
_UNALLOCATED_DAYS_AGO = 6


@dataclass(frozen=True, slots=True)
class InvoicePayment:
    """An invoice and the day it was paid on; None while it is open."""

    invoice: InvoiceRow
    paid_on: date | None


class Cashbook:
    """Payments of one contract."""

    def __init__(self, deal: Deal, timeline: Timeline, seed: int) -> None:
        self.deal = deal
        self.timeline = timeline
        self.seed = seed
        self.chance = stream(seed, "payments", deal.no)
        self.payments: list[PaymentRow] = []
        self.invoice_payments: list[InvoicePayment] = []

    def rows(self) -> list[PaymentRow]:
        """Payments in order of their dates, numbered as the customer's bank client would."""
        first_no = stream(self.seed, "order numbers", self.deal.no).randint(11, 400)
        in_order = sorted(self.payments, key=lambda payment: payment.paid_on)
        return [
            replace(payment, doc_no=str(number))
            for number, payment in enumerate(in_order, first_no)
        ]

    def pay_invoices(
        self, invoices: list[InvoiceRow], corrections: list[Document], opening: Decimal
    ) -> None:
        """Pay by habit; what the invoices do not hold is paid with the final one.

        Args:
            opening: debt before the first month, roubles; below zero an overpayment.
        """
        # Corrections and the opening balance have no invoice of their own.
        extra: dict[Month, Decimal] = {self.timeline.first: opening}
        for correction in corrections:
            month = Month.of(correction.row.doc_date)
            extra[month] = extra.get(month, ZERO) + correction.row.total
        for invoice in invoices:
            paid_on = self._pays_on(invoice)
            self.invoice_payments.append(InvoicePayment(invoice, paid_on))
            if paid_on is not None:
                due = extra.get(invoice.period, ZERO) if invoice.kind == "final" else ZERO
                self._pay(invoice, paid_on, invoice.total + due)

    def pay_late_interest(self, penalties: list[ChargeRow]) -> None:
        """Late interest goes by an order of its own."""
        for charge in penalties:
            planned = charge.doc_date + timedelta(days=LATE_INTEREST_AFTER_DAYS)
            paid_on = self._possible(working_day_after(planned))
            if paid_on is not None:
                purpose = (
                    f"Оплата пени по договору {self._contract_text()}, "
                    f"документ № {charge.doc_no} от {charge.doc_date:%d.%m.%Y}, НДС не облагается"
                )
                self._write(charge.charge_id, paid_on, charge.total, charge.period, purpose)

    def _pays_on(self, invoice: InvoiceRow) -> date | None:
        """The day of the order by the habit of the payer; None if it has not come or never will."""
        match self.deal.role.payer:
            case Payer.SAME_DAY:
                advance = invoice.kind != "final"
                return self._possible(
                    invoice.invoice_date if advance else invoice.period.shift(1).first_day
                )
            case Payer.LATE | Payer.STOPPED:
                planned = invoice.due_date + timedelta(days=self.chance.randint(4, 19))
                return self._possible(working_day_after(planned))
            case _:
                planned = invoice.due_date - timedelta(days=self.chance.randint(0, 4))
                return self._possible(working_day_before(planned))

    def _possible(self, day: date) -> date | None:
        if day > self.timeline.today:
            return None
        if self.deal.role.payer is Payer.STOPPED:
            return day if day < self.timeline.ago(STOPPED_AGO).first_day else None
        return day

    def _pay(self, invoice: InvoiceRow, paid_on: date, amount: Decimal) -> None:
        """Pay an invoice, unless the story of the contract turns at this very month."""
        deal, month, remark = self.deal, invoice.period, ""
        key = invoice.invoice_id.removeprefix("INV-")
        if deal.role.payer is Payer.OVERPAYS and invoice.kind == "final":
            if month == self.timeline.ago(PREPAID_AGO):
                amount *= PREPAID_FACTOR
                remark = "с учетом предоплаты, "
            thousands = (amount / ROUND_UP_TO).to_integral_value(ROUND_CEILING)
            amount = round_money(thousands * ROUND_UP_TO)
        elif Story.OFFSET in deal.role.stories and month == self.timeline.ago(OFFSET_AGO):
            offset = round_money(amount * OFFSET_SHARE)
            amount -= offset
            purpose = f"Зачет встречных требований по договору {self._contract_text()}, акт № 5"
            self._write(f"{key}-Z", paid_on, offset, month, purpose, kind="offset")
        elif Story.REFUND in deal.role.stories and month == deal.last:
            amount += REFUNDED
            self._refund(key, paid_on, month)
        if amount > 0:
            self._write(key, paid_on, amount, month, self._purpose(invoice, amount, remark))

    def _refund(self, key: str, paid_on: date, month: Month) -> None:
        """Give back what came in above the last bill of an ended contract."""
        day = working_day_after(paid_on + timedelta(days=REFUND_AFTER_DAYS))
        purpose = f"Возврат переплаты по договору {self._contract_text()} по заявлению потребителя"
        self._write(f"{key}-R", day, -REFUNDED, month, purpose, kind="refund")

    def _purpose(self, invoice: InvoiceRow, amount: Decimal, remark: str) -> str:
        """Purpose of payment, at most 210 characters, VAT as banks want it."""
        rate = invoice.vat_rate
        vat = f"{vat_included(amount, rate):.2f}".replace(".", "-")
        return (
            f"Оплата за электроэнергию по договору {self._contract_text()}, "
            f"счет № {invoice.invoice_no} от {invoice.invoice_date:%d.%m.%Y}, "
            f"за {invoice.period.number:02d}.{invoice.period.year}, {remark}"
            f"в т.ч. НДС {rate}% - {vat}"
        )

    def _contract_text(self) -> str:
        return f"№ {self.deal.no} от {self.deal.contract.signed_on:%d.%m.%Y}"

    def _write(
        self,
        key: str,
        paid_on: date,
        amount: Decimal,
        month: Month,
        purpose: str,
        *,
        kind: PaymentKind = "payment",
    ) -> None:
        customer = self.deal.customer
        self.payments.append(
            PaymentRow(
                payment_id=f"PAY-{key}",
                contract_no=self.deal.no,
                kind=kind,
                paid_on=paid_on,
                posted_on=self._posted_on(paid_on, kind),
                amount=amount,
                doc_no="",  # numbered by rows()
                payer_inn=customer.inn,
                payer_account=customer.account,
                payer_bic=customer.bic,
                period=month,
                purpose=purpose,
            )
        )

    def _posted_on(self, paid_on: date, kind: PaymentKind) -> date | None:
        """Money is posted the same or the next working day; None while it is on its way."""
        if kind != "payment" or self.deal.role.payer is Payer.SAME_DAY:
            return paid_on
        posted_on = working_day_after(paid_on + timedelta(days=self.chance.randint(0, 1)))
        return posted_on if posted_on <= self.timeline.today else None


def unallocated_payment(timeline: Timeline) -> PaymentRow:
    """Money whose purpose names no contract: staff have to find out whose it is."""
    day = working_day_before(timeline.today - timedelta(days=_UNALLOCATED_DAYS_AGO))
    amount, rate = Decimal("18450.00"), vat_percent(Month.of(day))
    vat = f"{vat_included(amount, rate):.2f}".replace(".", "-")
    bic = "040052733"
    return PaymentRow(
        payment_id=f"PAY-UNKNOWN-{day:%Y%m%d}",
        contract_no=None,
        kind="payment",
        paid_on=day,
        posted_on=day,
        amount=amount,
        doc_no="77",
        payer_inn=company_inn(7),
        payer_account=settlement_account("40702", bic, 7),
        payer_bic=bic,
        period=None,
        purpose=f"Оплата за электроэнергию по счету, в т.ч. НДС {rate}% - {vat}",
    )
