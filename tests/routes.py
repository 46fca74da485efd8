"""Every route of the portal, read from the application itself: no test needs a list of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

from werkzeug.routing import BaseConverter, UnicodeConverter
from werkzeug.routing.converters import AnyConverter

from app import create_app
from app.domain.access import Permission, Role, may
from app.domain.staff import StaffPermission
from app.extensions import db
from tests.conftest import make_config

PUBLIC, SIGNED_IN, TOKEN = "public", "signed_in", "token"
# What some texts in an address have to be, so that there is a page behind them.
PARTS = {
    "token": "token",
    "purpose": "personal-data",
    "version": "2026-11-22",
    "code": "interest",
    "name": "out-20261121-120000-1.zip",
}
STAFF = "staff:"
"""Begins the access of a route of the supplier's people; the permission follows."""
WORK = STAFF + StaffPermission.WORK


@dataclass(frozen=True)
class Route:
    """One address of an endpoint.

    Attributes:
        rule: the address, as the URL map has it.
        access: what its decorator states; empty without one.
        converters: of the arguments in the address, by name.
    """

    endpoint: str
    rule: str
    methods: frozenset[str]
    access: str
    converters: tuple[tuple[str, BaseConverter], ...]

    @property
    def is_write(self) -> bool:
        return "GET" not in self.methods

    @property
    def is_file(self) -> bool:
        """Whether its address ends in the name of a file."""
        return "." in self.rule

    @property
    def is_staff(self) -> bool:
        return self.access.startswith(STAFF)

    @property
    def permission(self) -> Permission | None:
        """What it asks for at a contract."""
        return Permission(self.access) if self.access in set(Permission) else None

    @property
    def staff_permission(self) -> StaffPermission:
        return StaffPermission(self.access.removeprefix(STAFF))

    def values(self, **known: object) -> dict[str, object]:
        """A value for each argument of the address, as its converter would read one."""
        return {
            name: known.get(name, sample(name, converter)) for name, converter in self.converters
        }

    def every_values(self, **known: object) -> Iterator[dict[str, object]]:
        """The same for each alternative of the address: every kind, every format of a file."""
        choices = [
            (name, sorted(converter.items))
            for name, converter in self.converters
            if isinstance(converter, AnyConverter) and name not in known
        ]
        for chosen in product(*(items for _, items in choices)):
            names = (name for name, _ in choices)
            yield self.values(**known, **dict(zip(names, chosen, strict=True)))


def sample(name: str, converter: BaseConverter) -> object:
    """A value that the converter understands; of alternatives the cheapest to answer with."""
    if isinstance(converter, AnyConverter):
        return "csv" if "csv" in converter.items else max(converter.items)
    if isinstance(converter, UnicodeConverter):
        return PARTS.get(name, "unknown")
    return 1


@cache
def inventory() -> tuple[Route, ...]:
    """All routes but that of static files, by endpoint; there need be no test yet."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(make_config(Path(folder)))
        with app.app_context():
            db.engine.dispose()
    return tuple(
        Route(
            endpoint=rule.endpoint,
            rule=rule.rule,
            methods=frozenset(rule.methods or ()),
            access=getattr(app.view_functions[rule.endpoint], "access", ""),
            converters=tuple(rule._converters.items()),
        )
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.endpoint, rule.rule))
        if rule.endpoint != "static"
    )


def guarded_staff_routes() -> list[Route]:
    """Routes that only the supplier's people open, signed in."""
    return [route for route in inventory() if route.is_staff]


def contract_routes() -> list[Route]:
    """Routes at a contract, for those who have a role there."""
    return [route for route in inventory() if route.permission]


def reading_permissions() -> set[Permission]:
    """Permissions of somebody who only views a contract."""
    return {permission for permission in Permission if may(Role.READ_ONLY_STAFF, permission)}
