"""Parse ``manifest.json``, in which a batch states what it contains and how it is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.domain.exchange.column_types import BillingMonth, parse_moment

FORMAT = "billing-exchange/1.0"
ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "cp1251": "cp1251",
    "windows-1251": "cp1251",
}
DELIMITERS = {";": ";", ",": ",", "\t": "\t", "\\t": "\t"}
DECIMALS = {".": ".", ",": ","}
DATE_FORMATS = {"yyyy-mm-dd": "YYYY-MM-DD", "dd.mm.yyyy": "DD.MM.YYYY"}
MODES = {"full": "full", "delta": "delta"}


class ManifestError(ValueError):
    """The manifest cannot be used: which field of it (empty: all of it) and why, in Russian."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class FileClaim:
    """What the manifest says of a file; None where it says nothing.

    Attributes:
        size: bytes.
        sha256: hexadecimal, lower-case.
    """

    rows: int | None = None
    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """The claims of a batch; without a manifest file all of them are at their defaults.

    Attributes:
        mode: ``full`` or ``delta``.
        created_at: aware, UTC.
        encoding: name of a Python codec; None, as for the others: not stated.
        date_format: ``YYYY-MM-DD`` or ``DD.MM.YYYY``.
        period_from: ``YYYY-MM``, as ``period_to``.
        files: by name.
    """

    mode: str = "delta"
    supplier_inn: str | None = None
    created_at: datetime | None = None
    batch_id: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    date_format: str | None = None
    period_from: str | None = None
    period_to: str | None = None
    is_given: bool = False
    """Whether the package has a manifest at all."""
    files: Mapping[str, FileClaim] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Whether every file has a hash, so that one cut short or changed is noticed."""
        return bool(self.files) and all(claim.sha256 for claim in self.files.values())


def parse_manifest(raw: bytes) -> Manifest:
    """Parse the bytes of ``manifest.json``.

    Raises:
        ManifestError: not JSON, another format, or a claim of the wrong kind.
    """
    try:
        data = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise ManifestError("", "не читается как JSON в UTF-8") from None
    if not isinstance(data, dict):
        raise ManifestError("", "нужен объект JSON")
    if data.get("format") != FORMAT:
        raise ManifestError("format", f"нужно «{FORMAT}»")
    first, last = (_month(data, name) for name in ("period_from", "period_to"))
    return Manifest(
        mode=_one_of(data, "mode", MODES) or "delta",
        supplier_inn=_text(data, "supplier_inn"),
        created_at=_created_at(data),
        batch_id=_text(data, "batch_id"),
        encoding=_one_of(data, "encoding", ENCODINGS),
        delimiter=_one_of(data, "delimiter", DELIMITERS),
        decimal=_one_of(data, "decimal", DECIMALS),
        date_format=_one_of(data, "date_format", DATE_FORMATS),
        period_from=first,
        period_to=last,
        is_given=True,
        files=_files(data.get("files", [])),
    )


def _text(data: Mapping[str, Any], name: str) -> str | None:
    value = data.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > 200 or not _is_printable(value):
        raise ManifestError(name, "нужна строка до 200 печатных знаков")
    return value


def _is_printable(text: str) -> bool:
    """No control characters, except for the delimiter that is one."""
    return text.replace("\t", " ").isprintable()


def _one_of(data: Mapping[str, Any], name: str, known: Mapping[str, str]) -> str | None:
    """A value of a list, as the portal writes it."""
    text = _text(data, name)
    if text is None:
        return None
    if text.lower() not in known:
        allowed = ", ".join(dict.fromkeys(known.values())).replace("\t", "TAB")
        raise ManifestError(name, f"«{text[:40]}»: нужно одно из: {allowed}")
    return known[text.lower()]


def _month(data: Mapping[str, Any], name: str) -> str | None:
    text = _text(data, name)
    try:
        if text is not None:
            BillingMonth().parse(text)
    except ValueError as error:
        raise ManifestError(name, str(error)) from None
    return text


def _created_at(data: Mapping[str, Any]) -> datetime | None:
    text = _text(data, "created_at")
    if text is None:
        return None
    try:
        return parse_moment(text)
    except ValueError as error:
        raise ManifestError("created_at", str(error)) from None


def _files(entries: Any) -> dict[str, FileClaim]:
    if not isinstance(entries, list):
        raise ManifestError("files", "нужен список")
    claims: dict[str, FileClaim] = {}
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise ManifestError("files", "у каждой записи нужно name")
        name = entry["name"]
        if "/" in name or "\\" in name or not _is_printable(name):
            raise ManifestError("files", f"«{name[:40]}» не имя файла: папок в пакете нет")
        if name in claims:
            raise ManifestError("files", f"{name} указан дважды")
        sha256 = entry.get("sha256")
        if sha256 is not None and not isinstance(sha256, str):
            raise ManifestError("files", f"{name}: sha256 не строка")
        claims[name] = FileClaim(
            _count(entry, "rows"), _count(entry, "bytes"), sha256.lower() if sha256 else None
        )
    return claims


def _count(entry: Mapping[str, Any], name: str) -> int | None:
    value = entry.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ManifestError("files", f"{entry['name']}: {name} не целое число")
    return value
