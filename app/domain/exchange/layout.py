"""Describe a file of billing-exchange 1.0: columns, natural key, references, target table.

The importer, its checks and the test of the documentation all read these descriptions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.domain.exchange import column_types as c
from app.domain.exchange.column_types import ColumnType, Dialect, Stored


@dataclass(frozen=True)
class Column:
    """A column of a file.

    Attributes:
        to: the table's column of another name; None: of the same, or none where it is a reference.
        required: no row may leave it empty.
    """

    name: str
    type: ColumnType
    required: bool = False
    to: str | None = None
    default: str = ""
    """As the file would write it; used where it has no such column or an empty field."""
    in_header: bool = False
    """Whether the file must have the column though its fields may be empty."""
    is_constant: bool = False
    """The format has no such column: it is the default in every row."""

    @property
    def target(self) -> str:
        """The table's column."""
        return self.to or self.name


@dataclass(frozen=True)
class Link:
    """A reference: ``columns`` name a record of ``table`` by its natural key ``keys``.

    A key «meter_id.external_id» is a column of the record that ``meter_id`` of the table points to.
    """

    columns: tuple[str, ...]
    table: str
    keys: tuple[str, ...]
    into: str
    """Column of the referring table that gets the id."""
    strict: bool = True
    """Whether an unknown key refuses the batch; else it warns and the reference stays empty."""


@dataclass(frozen=True)
class Derived:
    """A column of the table that ``compute`` makes from parsed columns of the file."""

    to: str
    sources: tuple[str, ...]
    compute: Callable[..., Stored]


@dataclass(frozen=True)
class FileLayout:
    """One file of the package, and the table it fills."""

    name: str
    table: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    """Natural key, as columns of the table; ids of links where the key refers to a record."""
    links: tuple[Link, ...] = ()
    derived: tuple[Derived, ...] = ()
    is_master: bool = False
    replaced_as_set_by: str | None = None
    """Link column whose records own these rows: what is absent from the file is removed."""

    @property
    def filename(self) -> str:
        """«payments.csv»."""
        return f"{self.name}.csv"

    @property
    def stored(self) -> dict[str, str]:
        """Columns whose value the table stores itself: the table's name → the file's."""
        referring = {column for link in self.links for column in link.columns}
        names = {
            column.target: column.name
            for column in self.columns
            if column.to or column.name not in referring
        }
        return names | {derived.to: derived.to for derived in self.derived}

    @property
    def key_columns(self) -> tuple[str, ...]:
        """Names in the file of the columns that make the natural key."""
        by_link = {link.into: link.columns for link in self.links}
        stored = self.stored
        return tuple(name for part in self.key for name in by_link.get(part) or (stored[part],))


class ColumnTypes:
    """The column types of one batch, as its dialect writes them.

    ``money`` is scaled to kopecks, ``energy`` to thousandths of kWh (kW), ``price`` to 5 places of
    a rouble, ``share`` and ``ratio`` to 4 places.
    """

    def __init__(self, dialect: Dialect) -> None:
        mark = dialect.decimal
        self.text, self.ident, self.ref = c.Text(), c.Identifier(), c.Reference()
        self.flag, self.day = c.Flag(), c.Day(dialect.russian_dates)
        self.month, self.zone, self.direction = c.BillingMonth(), c.Zone(), c.Direction()
        self.money, self.energy, self.price = (c.Scaled(n, mark) for n in (2, 3, 5))
        self.share = c.Scaled(4, mark, minimum=0)
        self.ratio = c.Scaled(4, mark, minimum=1)
        self.vat_rate = c.VatRate(mark)
        self.inn = c.Digits(10, 12, label="ИНН")
        self.kpp = c.Digits(9, label="КПП", pattern=r"[0-9]{4}[0-9A-Z]{2}[0-9]{3}")
        self.ogrn = c.Digits(13, 15, label="ОГРН")
        self.bic = c.Digits(9, label="БИК")
        self.account = c.Digits(20, label="номер счета")

    def key(self, name: str, to: str = "external_id") -> Column:
        """The natural key of a record."""
        return Column(name, self.ident, required=True, to=to)


def contract_link() -> Link:
    """The contract of a row, by its number."""
    return Link(("contract_no",), "contracts", ("number",), "contract_id")


def meter_link(strict: bool = True) -> Link:
    """The meter of a row."""
    return Link(("meter_id",), "meters", ("external_id",), "meter_id", strict)


def point_link(strict: bool = True) -> Link:
    """The supply point of a row."""
    return Link(("point_id",), "supply_points", ("external_id",), "supply_point_id", strict)


def department_link() -> Link:
    """The department of a row; an unknown one only warns."""
    return Link(("department_id",), "departments", ("external_id",), "department_id", strict=False)
