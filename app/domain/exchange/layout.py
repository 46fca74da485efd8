"""The files of billing-exchange 1.0: columns, keys, and what refers to what.

One table of facts that the importer, its checks and the documentation's test read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.domain.exchange import columns as c
from app.domain.exchange.columns import ColumnType, Dialect, Stored


@dataclass(frozen=True)
class Column:
    """A column of a file. ``to``: the table's column, or None where it only refers to a record."""

    name: str
    type: ColumnType
    required: bool = False
    to: str | None = None
    default: str = ""
    """As the file would write it; taken where it has no such column or an empty field."""
    in_header: bool = False
    """Whether the file must have the column though its fields may be empty."""
    is_constant: bool = False
    """The format has no such column: it is the default in every row."""

    @property
    def target(self) -> str:
        return self.to or self.name


@dataclass(frozen=True)
class Link:
    """A reference: these columns name a record of ``table`` by its natural key."""

    columns: tuple[str, ...]
    table: str
    keys: tuple[str, ...]
    into: str
    """Column of the referring table that gets the id."""
    strict: bool = True
    """Whether an unknown key refuses the batch; else it warns and the reference stays empty."""
    is_wide: bool = False
    """Whether nearly every row names another record, too many to remember while reading."""


@dataclass(frozen=True)
class Derived:
    """A column of the table computed from columns of the file."""

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
        return f"{self.name}.csv"

    @property
    def stored(self) -> dict[str, str]:
        """Columns whose value the table keeps itself: the table's name → the file's."""
        kept = {column for link in self.links for column in link.columns}
        names = {
            column.target: column.name
            for column in self.columns
            if column.to or column.name not in kept
        }
        return names | {derived.to: derived.to for derived in self.derived}

    @property
    def key_columns(self) -> tuple[str, ...]:
        """Names in the file of the columns that make the natural key."""
        by_link = {link.into: link.columns for link in self.links}
        stored = self.stored
        return tuple(name for part in self.key for name in by_link.get(part) or (stored[part],))


class Types:
    """The column types of one batch, as its dialect writes them."""

    def __init__(self, dialect: Dialect) -> None:
        point = dialect.decimal
        self.text, self.ident, self.ref = c.Text(), c.Identifier(), c.Reference()
        self.flag, self.day = c.Flag(), c.Day(dialect.russian_dates)
        self.month, self.zone, self.direction = c.BillingMonth(), c.Zone(), c.Direction()
        self.money, self.energy, self.price = (c.Scaled(n, point) for n in (2, 3, 5))
        self.share = c.Scaled(4, point, minimum=0)
        self.ratio = c.Scaled(4, point, minimum=1)
        self.vat_rate = c.VatRate(point)
        self.inn = c.Digits(10, 12, word="ИНН")
        self.kpp = c.Digits(9, word="КПП", pattern=r"[0-9]{4}[0-9A-Z]{2}[0-9]{3}")
        self.ogrn = c.Digits(13, 15, word="ОГРН")
        self.bic = c.Digits(9, word="БИК")
        self.account = c.Digits(20, word="номер счета")

    def key(self, name: str, to: str = "external_id") -> Column:
        """The natural key of a record."""
        return Column(name, self.ident, required=True, to=to)


def contract_link() -> Link:
    return Link(("contract_no",), "contracts", ("number",), "contract_id")


def meter_link(strict: bool = True) -> Link:
    return Link(("meter_id",), "meters", ("external_id",), "meter_id", strict)


def point_link(strict: bool = True) -> Link:
    return Link(("point_id",), "supply_points", ("external_id",), "supply_point_id", strict)


def department_link() -> Link:
    return Link(("department_id",), "departments", ("external_id",), "department_id", strict=False)
