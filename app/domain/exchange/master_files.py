"""Master files: the supplier, its directories, customers, contracts, supply points and meters."""

from __future__ import annotations

from app.domain.contract_number import number_key
from app.domain.exchange.column_types import Choice, Digits, Moment, Whole
from app.domain.exchange.layout import (
    Column,
    ColumnTypes,
    Derived,
    FileLayout,
    Link,
    contract_link,
    department_link,
    meter_link,
    point_link,
)


def master_files(t: ColumnTypes) -> tuple[FileLayout, ...]:
    """Layouts in the order of load: a file refers only to files before it."""
    return (
        _supplier(t),
        _departments(t),
        _enquiry_topics(t),
        _services(t),
        _customers(t),
        _contracts(t),
        _supply_points(t),
        _meters(t),
        _registers(t),
    )


def _supplier(t: ColumnTypes) -> FileLayout:
    columns = (
        t.key("supplier_id"),
        Column("name", t.text, required=True),
        Column("short_name", t.text),
        Column("inn", Digits(10, label="ИНН"), required=True),
        Column("kpp", t.kpp),
        Column("ogrn", Digits(13, label="ОГРН")),
        Column("address", t.text),
        Column("bank_name", t.text, required=True),
        Column("bic", t.bic, required=True),
        Column("account", t.account, required=True),
        Column("corr_account", t.account, required=True),
        Column("phone", t.text),
        Column("email", t.text),
    )
    return FileLayout("supplier", "suppliers", columns, ("external_id",), is_master=True)


def _departments(t: ColumnTypes) -> FileLayout:
    columns = (
        t.key("department_id"),
        Column("name", t.text, required=True),
        Column("address", t.text),
        Column("phone", t.text),
        Column("email", t.text),
        Column("work_hours", t.text),
        Column("active", t.flag, required=True, to="is_active"),
    )
    return FileLayout("departments", "departments", columns, ("external_id",), is_master=True)


def _enquiry_topics(t: ColumnTypes) -> FileLayout:
    columns = (
        t.key("topic_id"),
        Column("name", t.text, required=True),
        Column("department_id", t.ref),
        Column("active", t.flag, required=True, to="is_active"),
    )
    links = (department_link(),)
    key = ("external_id",)
    return FileLayout("enquiry_topics", "enquiry_topics", columns, key, links, is_master=True)


def _services(t: ColumnTypes) -> FileLayout:
    columns = (
        t.key("service_code", to="code"),
        Column("name", t.text, required=True),
        Column("unit", t.text),
    )
    return FileLayout("services", "services", columns, ("code",), is_master=True)


def _customers(t: ColumnTypes) -> FileLayout:
    columns = (
        t.key("customer_id"),
        Column("kind", Choice("ul", "ip", "fl"), required=True),
        Column("full_name", t.text, required=True),
        Column("short_name", t.text),
        Column("inn", t.inn, required=True),
        Column("kpp", t.kpp),
        Column("ogrn", t.ogrn),
        Column("legal_address", t.text),
        Column("postal_address", t.text),
        Column("email", t.text, to="email_from_billing"),
        Column("phone", t.text, to="phone_from_billing"),
        Column("bank_name", t.text),
        Column("bic", t.bic),
        Column("account", t.account),
        Column("corr_account", t.account),
    )
    return FileLayout("customers", "customers", columns, ("external_id",), is_master=True)


def _contracts(t: ColumnTypes) -> FileLayout:
    columns = (
        t.key("contract_no", to="number"),
        Column("contract_id", t.ident, to="external_id"),
        Column("customer_id", t.ref, required=True),
        Column("department_id", t.ref),
        Column("signed_on", t.day, required=True),
        Column("valid_from", t.day, required=True),
        Column("valid_to", t.day),
        Column("status", Choice("active", "suspended", "terminated"), required=True),
        Column("subject", t.text),
        Column("price_category", Whole(1, 6)),
        Column("has_advance", t.flag, default="0"),
        Column("edo_operator", t.text),
        Column("manager", t.text),
        Column("updated_at", Moment(), to="billing_updated_at"),
    )
    links = (Link(("customer_id",), "customers", ("external_id",), "customer_id"),)
    return FileLayout(
        "contracts",
        "contracts",
        columns,
        key=("number",),
        links=(*links, department_link()),
        derived=(Derived("number_key", ("contract_no",), number_key),),
        is_master=True,
    )


def _supply_points(t: ColumnTypes) -> FileLayout:
    columns = (
        t.key("point_id"),
        Column("contract_no", t.ref, required=True),
        Column("name", t.text),
        Column("address", t.text, required=True),
        Column("max_power_kw", t.energy),
        Column("voltage_level", Choice("VN", "SN1", "SN2", "NN")),
        Column("loss_percent", t.share),
        Column("askue", t.flag, to="is_automatic", default="0"),
        Column("reading_regime", Choice("month_end", "mkd"), default="month_end"),
        Column("valid_from", t.day),
        Column("valid_to", t.day),
    )
    links = (contract_link(),)
    key = ("external_id",)
    return FileLayout("supply_points", "supply_points", columns, key, links, is_master=True)


def _meters(t: ColumnTypes) -> FileLayout:
    columns = (
        t.key("meter_id"),
        Column("point_id", t.ref, required=True),
        Column("serial_no", t.text, required=True, to="serial_number"),
        Column("model", t.text),
        Column("installed_on", t.day),
        Column("removed_on", t.day),
        Column("transformer_ratio", t.ratio, required=True, to="multiplier"),
        Column("ct", t.ratio, to="current_ratio"),
        Column("vt", t.ratio, to="voltage_ratio"),
        Column("verified_on", t.day),
        Column("next_verification_on", t.day),
    )
    links = (point_link(),)
    return FileLayout("meters", "meters", columns, ("external_id",), links, is_master=True)


def _registers(t: ColumnTypes) -> FileLayout:
    columns = (
        Column("meter_id", t.ref, required=True),
        Column("zone", t.zone, required=True),
        Column("direction", t.direction, required=True),
        Column("unit", t.text),
        Column("digits", Whole(1, 12), required=True),
        Column("decimals", Whole(0, 4), required=True),
    )
    key = ("meter_id", "zone", "direction")
    return FileLayout("registers", "registers", columns, key, (meter_link(),), is_master=True)
