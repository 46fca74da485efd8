"""Operation files: readings, documents, invoices, payments, balances."""

from __future__ import annotations

from app.domain.exchange import columns as c
from app.domain.exchange.layout import (
    Column,
    Derived,
    FileLayout,
    Link,
    Types,
    contract_link,
    meter_link,
    point_link,
)


def operation_files(t: Types) -> tuple[FileLayout, ...]:
    """In the order of load, after the master files."""
    return (
        FileLayout(
            "readings",
            "readings",
            (
                t.key("reading_id"),
                Column("meter_id", t.ref, required=True),
                Column("zone", t.zone, required=True),
                Column("direction", t.direction, default="A+", is_constant=True),
                Column("taken_on", t.day, required=True),
                Column("period", t.month, required=True),
                Column("value", t.share, required=True),
                Column(
                    "kind",
                    c.Choice(
                        regular="regular", initial="initial", final="final", control="control"
                    ),
                    required=True,
                ),
                Column(
                    "source",
                    c.Choice(
                        portal="portal",
                        askue="askue",
                        inspector="inspector",
                        phone="phone",
                        act="act",
                        calc="calc",
                    ),
                ),
                Column(
                    "status", c.Choice(accepted="accepted", rejected="rejected", pending="pending")
                ),
            ),
            key=("external_id",),
            links=(
                Link(
                    ("meter_id", "zone", "direction"),
                    "registers",
                    ("meter_id.external_id", "zone", "direction"),
                    "register_id",
                ),
            ),
        ),
        FileLayout(
            "charges",
            "charges",
            (
                t.key("charge_id"),
                Column("contract_no", t.ref, required=True),
                Column(
                    "kind",
                    c.Choice(upd="upd", ukd="correction", penalty="late_interest", other="other"),
                    required=True,
                ),
                Column("doc_no", t.text, required=True, to="doc_number"),
                Column("doc_date", t.day, required=True),
                Column("period", t.month, required=True),
                Column("corrects_charge_id", t.ident, to="corrects_external_id"),
                Column("amount", t.money, required=True, to="net_amount"),
                Column("vat_amount", t.money, required=True),
                Column("total", t.money, required=True, to="gross_amount"),
                Column(
                    "edo_status",
                    c.Choice(none="none", sent="sent", signed="signed", rejected="rejected"),
                ),
            ),
            key=("external_id",),
            links=(contract_link(),),
        ),
        FileLayout(
            "charge_lines",
            "charge_lines",
            (
                Column("charge_id", t.ref, required=True),
                Column("line_no", c.Whole(1, 1_000_000), required=True, to="line_number"),
                Column("service_code", t.ref, required=True),
                Column("point_id", t.ref),
                Column("meter_id", t.ref),
                Column("zone", t.zone),
                Column("qty", t.energy, required=True, to="quantity"),
                Column("unit", t.text),
                Column("price", t.price, required=True),
                Column("amount", t.money, required=True, to="net_amount"),
                Column("vat_rate", t.vat_rate),
                Column("vat_amount", t.money, required=True),
                Column("total", t.money, required=True, to="gross_amount"),
                Column(
                    "method",
                    c.Choice(meter="meter", estimated="estimated", calc="calc", recalc="recalc"),
                ),
            ),
            key=("charge_id", "line_number"),
            links=(
                Link(("charge_id",), "charges", ("external_id",), "charge_id", is_wide=True),
                Link(("service_code",), "services", ("code",), "service_id"),
                point_link(strict=False),
                meter_link(strict=False),
            ),
            replaced_as_set_by="charge_id",
        ),
        FileLayout(
            "invoices",
            "invoices",
            (
                t.key("invoice_id"),
                Column("contract_no", t.ref, required=True),
                Column(
                    "kind",
                    c.Choice(
                        advance30="advance30", advance40="advance40", final="final", other="other"
                    ),
                    required=True,
                ),
                Column("invoice_no", t.text, required=True, to="number"),
                Column("invoice_date", t.day, required=True, to="issued_on"),
                Column("due_date", t.day, required=True, to="due_on"),
                Column("period", t.month, required=True),
                Column("total", t.money, required=True, to="total_amount"),
                Column("vat_rate", t.vat_rate),
            ),
            key=("external_id",),
            links=(contract_link(),),
        ),
        FileLayout(
            "payments",
            "payments",
            (
                t.key("payment_id"),
                Column("contract_no", t.ref, in_header=True),
                Column(
                    "kind",
                    c.Choice(payment="payment", refund="refund", offset="offset"),
                    required=True,
                ),
                Column("paid_on", t.day, required=True),
                Column("posted_on", t.day),
                Column("amount", t.money, required=True),
                Column("doc_no", t.text, to="doc_number"),
                Column("payer_inn", t.inn),
                Column("payer_account", t.account),
                Column("payer_bic", t.bic),
                Column("period", t.month),
                Column("purpose", t.text),
            ),
            key=("external_id",),
            links=(contract_link(),),
            derived=(
                Derived("posted_on", ("posted_on", "paid_on"), lambda posted, paid: posted or paid),
            ),
        ),
        FileLayout(
            "balances",
            "monthly_balances",
            (
                Column("contract_no", t.ref, required=True),
                Column("period", t.month, required=True),
                Column("opening", t.money, required=True, to="opening_amount"),
                Column("charged", t.money, required=True, to="charged_amount"),
                Column("corrected", t.money, required=True, to="corrected_amount"),
                Column("penalty", t.money, required=True, to="late_interest_amount"),
                Column("paid", t.money, required=True, to="paid_amount"),
                Column("closing", t.money, required=True, to="closing_amount"),
            ),
            key=("contract_id", "period"),
            links=(contract_link(),),
        ),
    )
