"""The documentation and the importer speak of the same files, columns and keys."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app.domain.exchange import Dialect, FileLayout, build_layouts
from app.domain.exchange.manifest import ManifestError, parse_manifest

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "billing-exchange.md").read_text(encoding="utf-8")
LAYOUTS = build_layouts(Dialect())


def table(heading: str) -> list[list[str]]:
    """Cells of the first table after a heading, without its head."""
    _, found, rest = TEXT.partition(heading)
    assert found, heading
    rows = re.search(r"(?:^\|.*\n)+", rest, re.MULTILINE)
    assert rows
    cells = [re.split(r"(?<!\\)\|", line.strip("|\n")) for line in rows[0].splitlines()]
    return [[cell.strip() for cell in row] for row in cells[2:]]


def codes_in(cell: str) -> list[str]:
    return re.findall("`([^`]+)`", cell)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_the_documented_columns_are_the_imported_ones(layout: FileLayout) -> None:
    documented = {
        name: row[1] for row in table(f"### `{layout.filename}`") for name in codes_in(row[0])
    }
    imported = {
        column.name: "да" if column.required else "столбец — да" if column.in_header else "нет"
        for column in layout.columns
        if not column.is_constant
    }
    assert documented == imported


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_the_documented_examples_are_accepted(layout: FileLayout) -> None:
    kinds = {column.name: column.type for column in layout.columns}
    for row in table(f"### `{layout.filename}`"):
        [name] = codes_in(row[0])
        for example in codes_in(row[-1]):
            assert kinds[name].parse_all([example])


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_the_documented_words_of_a_list_are_accepted(layout: FileLayout) -> None:
    kinds = {column.name: column.type for column in layout.columns}
    for row in table(f"### `{layout.filename}`"):
        if re.fullmatch(r"(`[^`]+`(, |/|, пусто)?)+", row[2]):
            assert None not in kinds[codes_in(row[0])[0]].parse_all(codes_in(row[2]))


def test_the_documented_keys_are_the_natural_keys() -> None:
    documented = {codes_in(row[0])[0]: tuple(codes_in(row[1])) for row in table("## 6. Ключи")}
    assert documented == {layout.filename: layout.key_columns for layout in LAYOUTS}
    assert list(documented) == [layout.filename for layout in LAYOUTS]


def test_a_file_refers_only_to_files_before_it() -> None:
    loaded: set[str] = set()
    for layout in LAYOUTS:
        assert {link.table for link in layout.links} <= loaded
        loaded.add(layout.table)


def test_the_documented_manifest_is_the_one_of_the_sample() -> None:
    shown = re.search(r"```json\n(.*?)```", TEXT, re.DOTALL)
    assert shown
    sample = (DOCS / "billing-exchange-sample" / "manifest.json").read_bytes()
    assert json.loads(shown[1]) == json.loads(sample)
    assert parse_manifest(shown[1].encode()) == parse_manifest(sample)


GOOD = {"format": "billing-exchange/1.0"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", "billing-exchange/2.0"),
        ("format", None),
        ("mode", "полный"),
        ("mode", 1),
        ("mode", "\udc98"),
        ("batch_id", "\ud800"),
        ("batch_id", "a\nb"),
        ("batch_id", "x" * 201),
        ("supplier_inn", 7415000007),
        ("period_from", "2026-13"),
        ("period_to", "10.2026"),
        ("created_at", "2026-10-31T21:00:00"),
        ("created_at", "0001-01-01T00:00:00+14:00"),
        ("created_at", "вчера"),
        ("encoding", "koi8-r"),
        ("encoding", "base64"),
        ("delimiter", "|"),
        ("decimal", "·"),
        ("files", {}),
        ("files", [1]),
        ("files", [{"name": "../payments.csv"}]),
        ("files", [{"name": "a\\payments.csv"}]),
        ("files", [{"name": "payments.csv"}, {"name": "payments.csv"}]),
        ("files", [{"name": "payments.csv", "rows": -1}]),
        ("files", [{"name": "payments.csv", "rows": True}]),
        ("files", [{"name": "payments.csv", "bytes": 1.5}]),
        ("files", [{"name": "payments.csv", "sha256": 1}]),
    ],
)
def test_a_wrong_claim_of_a_manifest_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(ManifestError, match=r"[а-я]{3}") as caught:
        parse_manifest(json.dumps(GOOD | {field: value}).encode())
    assert caught.value.field == field


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff\xfe{", b"[" * 100_000, b"1" * 5000])
def test_what_is_no_manifest_is_refused(raw: bytes) -> None:
    with pytest.raises(ManifestError, match="JSON"):
        parse_manifest(raw)


@pytest.mark.parametrize(
    ("written", "meant"), [("UTF-8", "utf-8"), ("utf8", "utf-8"), ("Windows-1251", "cp1251")]
)
def test_usual_names_of_the_two_encodings_are_understood(written: str, meant: str) -> None:
    assert parse_manifest(json.dumps(GOOD | {"encoding": written}).encode()).encoding == meant


@pytest.mark.parametrize("written", ["\t", "\\t"])
def test_a_tab_may_be_written_either_way(written: str) -> None:
    assert parse_manifest(json.dumps(GOOD | {"delimiter": written}).encode()).delimiter == "\t"


def test_a_short_manifest_leaves_everything_else_at_its_default() -> None:
    manifest = parse_manifest(b'\xef\xbb\xbf{"format": "billing-exchange/1.0", "batch_id": ""}')
    assert (manifest.mode, manifest.batch_id, manifest.files) == ("delta", None, {})
