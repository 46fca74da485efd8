"""Operation files: readings, documents, invoices, payments, balances."""

from __future__ import annotations

from app.domain.exchange.column_types import Choice, Whole
from app.domain.exchange.layout import (
    Column,
    ColumnTypes,
    Derived,
    FileLayout,
    Link,
    contract_link,
    meter_link,
    point_link,
)


def operation_files(t: ColumnTypes) -> tuple[FileLayout, ...]:
    """Layouts in the order of load, after the master files."""
    return (
        _readings(t),
        _charges(t),
        _charge_lines(t),
        _invoices(t),
        _payments(t),
        _balances(t),
    )


def _readings(t: ColumnTypes) -> FileLayout:
    columns = (
        t.key("reading_id"),
        Column("meter_id", t.ref, required=True),
        Column("zone", t.zone, required=True),
        Column("direction", t.direction, default="A+", is_constant=True),
        Column("taken_on", t.day, required=True),
        Column("period", t.month, required=True),
        Column("value", t.share, required=True),
        Column("kind", Choice("regular", "initial", "final", "control"), required=True),
        Column("source", Choice("portal", "askue", "inspector", "phone", "act", "calc")),
        Column("status", Choice("accepted", "rejected", "pending")),
    )
    register = Link(
        ("meter_id", "zone", "direction"),
        "registers",
        ("meter_id.external_id", "zone", "direction"),
        "register_id",
    )
    return FileLayout("readings", "readings", columns, ("external_id",), (register,))


def _charges(t: ColumnTypes) -> FileLayout:
    kinds = Choice(upd="upd", ukd="correction", penalty="late_interest", other="other")
    columns = (
        t.key("charge_id"),
        Column("contract_no", t.ref, required=True),
        Column("kind", kinds, required=True),
        Column("doc_no", t.text, required=True, to="doc_number"),
        Column("doc_date", t.day, required=True),
        Column("period", t.month, required=True),
        Column("corrects_charge_id", t.ident, to="corrects_external_id"),
        Column("amount", t.money, required=True, to="net_amount"),
        Column("vat_amount", t.money, required=True),
        Column("total", t.money, required=True, to="gross_amount"),
        Column("edo_status", Choice("none", "sent", "signed", "rejected")),
    )
    return FileLayout("charges", "charges", columns, ("external_id",), (contract_link(),))


def _charge_lines(t: ColumnTypes) -> FileLayout:
    columns = (
        Column("charge_id", t.ref, required=True),
        Column("line_no", Whole(1, 1_000_000), required=True, to="line_number"),
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
        Column("method", Choice("meter", "estimated", "calc", "recalc")),
    )
    links = (
        Link(("charge_id",), "charges", ("external_id",), "charge_id"),
        Link(("service_code",), "services", ("code",), "service_id"),
        point_link(strict=False),
        meter_link(strict=False),
    )
    return FileLayout(
        "charge_lines",
        "charge_lines",
        columns,
        key=("charge_id", "line_number"),
        links=links,
        replaced_as_set_by="charge_id",
    )


def _invoices(t: ColumnTypes) -> FileLayout:
    columns = (
        t.key("invoice_id"),
        Column("contract_no", t.ref, required=True),
        Column("kind", Choice("advance30", "advance40", "final", "other"), required=True),
        Column("invoice_no", t.text, required=True, to="number"),
        Column("invoice_date", t.day, required=True, to="issued_on"),
        Column("due_date", t.day, required=True, to="due_on"),
        Column("period", t.month, required=True),
        Column("total", t.money, required=True, to="total_amount"),
        Column("vat_rate", t.vat_rate),
    )
    return FileLayout("invoices", "invoices", columns, ("external_id",), (contract_link(),))


def _payments(t: ColumnTypes) -> FileLayout:
    columns = (
        t.key("payment_id"),
        Column("contract_no", t.ref, in_header=True),
        Column("kind", Choice("payment", "refund", "offset"), required=True),
        Column("paid_on", t.day, required=True),
        Column("posted_on", t.day),
        Column("amount", t.money, required=True),
        Column("doc_no", t.text, to="doc_number"),
        Column("payer_inn", t.inn),
        Column("payer_account", t.account),
        Column("payer_bic", t.bic),
        Column("period", t.month),
        Column("purpose", t.text),
    )
    posted_on = Derived("posted_on", ("posted_on", "paid_on"), lambda posted, paid: posted or paid)
    return FileLayout(
        "payments",
        "payments",
        columns,
        key=("external_id",),
        links=(contract_link(),),
        derived=(posted_on,),
    )


def _balances(t: ColumnTypes) -> FileLayout:
    columns = (
        Column("contract_no", t.ref, required=True),
        Column("period", t.month, required=True),
        Column("opening", t.money, required=True, to="opening_amount"),
        Column("charged", t.money, required=True, to="charged_amount"),
        Column("corrected", t.money, required=True, to="corrected_amount"),
        Column("penalty", t.money, required=True, to="late_interest_amount"),
        Column("paid", t.money, required=True, to="paid_amount"),
        Column("closing", t.money, required=True, to="closing_amount"),
    )
    key = ("contract_id", "period")
    return FileLayout("balances", "monthly_balances", columns, key, (contract_link(),))
