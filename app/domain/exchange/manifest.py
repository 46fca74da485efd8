"""``manifest.json``: what a batch says of itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

FORMAT = "billing-exchange/1.0"


class ManifestError(ValueError):
    """The manifest cannot be used; the message says why, in Russian."""


@dataclass(frozen=True, slots=True)
class FileClaim:
    """What the manifest says of a file; None where it says nothing."""

    rows: int | None = None
    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """The claims of a batch; without a manifest file all of them are at their defaults."""

    mode: str = "delta"
    supplier_inn: str | None = None
    created_at: datetime | None = None
    batch_id: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    files: Mapping[str, FileClaim] = field(default_factory=dict)


def parse_manifest(raw: bytes) -> Manifest:
    """Read ``manifest.json``.

    Raises:
        ManifestError: not JSON, another format, or a claim of the wrong kind.
    """
    try:
        data = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise ManifestError("не читается как JSON в UTF-8") from None
    if not isinstance(data, dict):
        raise ManifestError("нужен объект JSON")
    if data.get("format") != FORMAT:
        raise ManifestError(f"format: нужно «{FORMAT}»")
    mode = data.get("mode", "delta")
    if mode not in ("full", "delta"):
        raise ManifestError("mode: нужно full или delta")
    delimiter = _text(data, "delimiter")
    if delimiter == "\\t":
        delimiter = "\t"
    if delimiter is not None and delimiter not in (";", ",", "\t"):
        raise ManifestError("delimiter: нужно ; или , или TAB")
    decimal = _text(data, "decimal")
    if decimal is not None and decimal not in (".", ","):
        raise ManifestError("decimal: нужно . или ,")
    return Manifest(
        mode=mode,
        supplier_inn=_text(data, "supplier_inn"),
        created_at=_created_at(data),
        batch_id=_text(data, "batch_id"),
        encoding=_text(data, "encoding"),
        delimiter=delimiter,
        decimal=decimal,
        files=_files(data.get("files", [])),
    )


def _text(data: Mapping[str, Any], name: str) -> str | None:
    value = data.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > 200:
        raise ManifestError(f"{name}: нужна строка до 200 знаков")
    return value


def _created_at(data: Mapping[str, Any]) -> datetime | None:
    text = _text(data, "created_at")
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ManifestError("created_at: нужен момент ISO 8601") from None
    if moment.tzinfo is None:
        raise ManifestError("created_at: нужно смещение, например +05:00")
    return moment


def _files(entries: Any) -> dict[str, FileClaim]:
    if not isinstance(entries, list):
        raise ManifestError("files: нужен список")
    claims: dict[str, FileClaim] = {}
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise ManifestError("files: у каждой записи нужно name")
        name = entry["name"]
        if name in claims:
            raise ManifestError(f"files: {name} указан дважды")
        sha256 = entry.get("sha256")
        if sha256 is not None and not isinstance(sha256, str):
            raise ManifestError(f"files: {name}: sha256 не строка")
        claims[name] = FileClaim(
            _count(entry, "rows"), _count(entry, "bytes"), sha256.lower() if sha256 else None
        )
    return claims


def _count(entry: Mapping[str, Any], name: str) -> int | None:
    value = entry.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ManifestError(f"files: {entry['name']}: {name} не целое число")
    return value
