"""Values that a whole export writes wrongly are recognised, and the cure is named."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.exchange import column_types as c
from app.domain.exchange import known_files
from app.domain.exchange.encodings import find_encoding_fault
from app.domain.exchange.faults import SystematicError
from app.domain.exchange.names import fold_name, match_names

quick = settings(deadline=None, max_examples=80)
RUSSIAN = st.text(st.sampled_from("абвгдежзийклмнопрстуфхцчшщъыьэюяАБВГДЕЖЗИКЛМН"), min_size=3)


def kind_of(column: c.ColumnType, text: str) -> str | None:
    """The kind of fault that a value is recognised as; None for a slip of one row."""
    with pytest.raises(ValueError, match=r"[а-я]{3}") as caught:
        column.parse(text)
    return caught.value.kind if isinstance(caught.value, SystematicError) else None


@pytest.mark.parametrize(
    ("column", "text", "kind"),
    [
        (c.Day(), "31.10.2026", "date-russian"),
        (c.Day(russian=True), "2026-10-31", "date-iso"),
        (c.Day(), "2026-10-31T00:00:00", "date-time"),
        (c.Day(), "31.10.2026 0:00:00", "date-string"),
        (c.Day(), "20261031", "date-compact"),
        (c.Day(), "46326", "date-serial"),
        (c.Day(), "1.9.2026", "date-short"),
        (c.Day(), "31.10.26", "date-short"),
        (c.Day(), "2026-1-5", "date-short"),
        (c.Day(), "10/31/2026", "date-slashes"),
        (c.Day(), "0001-01-01", "date-empty"),
        (c.Day(), "01.01.0001 0:00:00", "date-empty"),
        (c.Day(russian=True), "01.01.0001", "date-empty"),
        (c.Day(), "2026-02-30", None),
        (c.Day(), "завтра", None),
        (c.Moment(), "2026-10-31T21:00:00", "moment-offset"),
        (c.Moment(), "31.10.2026 21:00:00", "moment-string"),
        (c.Moment(), "2026-10-31", "moment-date"),
        (c.Moment(), "0001-01-01T00:00:00", "date-empty"),
        (c.BillingMonth(), "2026-10-01", "month-date"),
        (c.BillingMonth(), "10.2026", "month-form"),
        (c.BillingMonth(), "202610", "month-form"),
        (c.BillingMonth(), "Октябрь 2026", "month-form"),
        (c.BillingMonth(), "2026-13", None),
        (c.Scaled(2), "12,50", "decimal,"),
        (c.Scaled(2, ","), "12.50", "decimal."),
        (c.Scaled(2), "1\u00a0234,50", "thousands"),
        (c.Scaled(2), "1 234.50", "thousands"),
        (c.Scaled(2), "1,2E+05", "exponent"),
        (c.Scaled(2), "12.345", None),
        (c.Digits(20, label="номер счета"), "4,07028E+19", "excel-digits"),
        (c.Text(), "NULL", "null"),
    ],
)
def test_a_form_that_a_whole_export_has_is_recognised(
    column: c.ColumnType, text: str, kind: str | None
) -> None:
    assert kind_of(column, text) == kind


@quick
@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_a_date_of_the_other_form_is_never_taken_and_names_the_setting(day: date) -> None:
    russian, iso = f"{day:%d.%m.%Y}", day.isoformat()
    assert (c.Day().parse(iso), c.Day(russian=True).parse(russian)) == (iso, iso)
    for column, text in ((c.Day(), russian), (c.Day(russian=True), iso)):
        with pytest.raises(SystematicError, match="date_format"):
            column.parse(text)


@pytest.mark.parametrize(
    ("column", "text", "character"),
    [
        (c.Zone(), "Т1", "Т"),
        (c.Direction(), "А+", "А"),
        (c.Choice(active="active"), "аctive", "а"),
    ],
)
def test_a_cyrillic_character_in_a_latin_value_is_named(
    column: c.ColumnType, text: str, character: str
) -> None:
    with pytest.raises(ValueError, match=f"буква «{character}» русская"):
        column.parse(text)


def verdict(raw: bytes, encoding: str) -> str | None:
    fault = find_encoding_fault(iter([raw[:7], raw[7:]] if raw else []), encoding)
    return fault.kind if fault else None


@quick
@given(RUSSIAN)
def test_russian_text_is_told_from_its_bytes(text: str) -> None:
    """Whatever the words: in its own encoding it passes, in another it is named."""
    line = f"name;kind\n{text};ul\n"
    assert verdict(line.encode("cp1251"), "cp1251") is None
    assert verdict(line.encode(), "utf-8") is None
    assert verdict(line.encode(), "cp1251") == "utf8-as-cp1251"
    assert verdict(b"\xef\xbb\xbf" + line.encode(), "utf-8") is None
    assert verdict(b"\xef\xbb\xbf" + line.encode(), "cp1251") == "bom-under-cp1251"
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        assert verdict(("name;kind;inn\n" + line).encode(encoding), "utf-8") == "utf-16"
        assert verdict(("name;kind;inn\n" + line).encode(encoding), "cp1251") == "utf-16"


@quick
@given(RUSSIAN)
def test_windows_1251_read_as_utf_8_is_named_with_the_text_it_would_be(text: str) -> None:
    broken = text.encode("cp1251").decode("utf-8", "surrogateescape")
    if any("\udc80" <= character <= "\udcff" for character in broken):
        with pytest.raises(SystematicError, match="windows-1251") as caught:
            c.Text().parse(broken)
        assert text[:40].strip() in str(caught.value)


def test_a_file_of_a_dos_program_is_named() -> None:
    raw = "name\nОбщество с ограниченной ответственностью\n".encode("cp866")
    assert verdict(raw, "cp1251") == "cp866"


def test_a_long_file_is_judged_by_its_beginning_but_read_to_its_first_cyrillic_characters() -> None:
    blocks_read = 0

    def blocks(characters: bytes) -> bytes:
        nonlocal blocks_read
        blocks_read += 1
        return b"1;2\n" * 1000 if blocks_read < 50 else characters

    assert find_encoding_fault(iter(lambda: blocks("Заря;\n".encode() * 900), b""), "cp1251")
    assert blocks_read == 50


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("сustomer_id", "customer_id"),
        ("Customer_ID", "customer_id"),
        ("\u200bcustomer_id\u00a0", "customer_id"),
        ("сustomers.csv", "customers.csv"),
        ("CUSTOMERS.CSV", "customers.csv"),
    ],
)
def test_a_name_with_lookalike_characters_is_that_name(written: str, known: str) -> None:
    assert match_names([written], {known}) == {written: known}


@pytest.mark.parametrize("names", [["Kind", "KIND"], ["kind", "кind"], ["kinds"]])
def test_a_name_that_could_be_two_or_none_is_left_alone(names: list[str]) -> None:
    assert match_names(names, {"kind"}) == {}


@quick
@given(st.sampled_from(sorted(known_files())), st.data())
def test_any_mixture_of_case_and_alphabet_folds_to_the_name(name: str, data: st.DataObject) -> None:
    lookalikes = {"a": "аА", "c": "сС", "e": "еЕ", "o": "оО", "p": "рР", "x": "хХ", "y": "уУ"}
    written = "".join(
        data.draw(st.sampled_from([character, character.upper(), *lookalikes.get(character, "")]))
        for character in name
    )
    assert fold_name(written) == name
    assert re.fullmatch("[a-z_.]+", fold_name(written))
