"""Values of exchange files: what is accepted, what is stored, and that both ways agree."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.domain.exchange import column_types as c
from app.domain.exchange.column_types import ColumnType, Stored

TYPES: dict[str, ColumnType] = {
    "text": c.Text(),
    "identifier": c.Identifier(),
    "reference": c.Reference(),
    "money": c.Scaled(2),
    "energy": c.Scaled(3, ","),
    "price": c.Scaled(5),
    "share": c.Scaled(4, minimum=0),
    "ratio": c.Scaled(4, minimum=1),
    "vat": c.VatRate(),
    "whole": c.Whole(1, 6),
    "day": c.Day(),
    "russian day": c.Day(russian=True),
    "moment": c.Moment(),
    "month": c.BillingMonth(),
    "flag": c.Flag(),
    "choice": c.Choice(upd="upd", ukd="correction"),
    "zone": c.Zone(),
    "direction": c.Direction(),
    "inn": c.Digits(10, 12, label="ИНН"),
    "kpp": c.Digits(9, label="КПП", pattern=r"[0-9]{4}[0-9A-Z]{2}[0-9]{3}"),
}
SOUND = [
    "12.50",
    "-0.05",
    "0",
    "7",
    "12,5",
    "1",
    "22",
    "20.0",
    "2026-10-31",
    "31.10.2026",
    "2026-10",
    "2026-10-31T21:00:00+05:00",
    "upd",
    "ukd",
    "T0",
    "A+",
    "7415000007",
    "741501001",
    "00123-ЭС",
    "ООО «Заря»",
]
UNSOUND = [
    "NULL",
    "-",
    "0000-00-00",
    " ",
    " NULL ",
    "\0",
    "\udc98",
    "a\nb",
    "1.00\n2.00",
    "1\n",
    "12.",
    ".5",
    "+1.00",
    "1e3",
    "1E400",
    "1_000",
    "1 000",
    "1\u00a0000",
    "1\u202f000",
    "١٢",
    "１２",
    "²",
    "−1",
    "NaN",
    "inf",
    "0x10",
    "1.2.3",
    "1,2,3",
    "12.345678",
    "9" * 19,
    "9" * 5000,
    "2026-02-30",
    "0000-01-01",
    "9999-12-31",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2026-10-31T21:00:00",
    "2026-W44-6T10:00:00Z",
    "20261031T210000Z",
    "2026-13",
    "ТО",
    "а" * 65,
    "№1",
    "й",
    "й",
    "e\u0301",
    "x" * 8193,
    "№" * 8000,
    " a ",
    "\u2028",
]
values = st.one_of(
    st.sampled_from(SOUND),
    st.sampled_from(SOUND),
    st.sampled_from(UNSOUND),
    st.text(max_size=12),
    st.text(st.sampled_from("0123456789.,-+eE_ \n\u00a0−٣T:"), max_size=12),
    st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str),
)
quick = settings(deadline=None, max_examples=60)


def parse_one_by_one(kind: ColumnType, texts: Sequence[str]) -> list[Stored] | None:
    """What one by one gives; None if any of them is refused."""
    try:
        return [kind.parse(text) if text else None for text in texts]
    except ValueError as error:
        message = str(error)
    assert re.search("[а-я]{3}", message), "a refusal is in Russian words"
    return None


def parse_whole(kind: ColumnType, texts: Sequence[str]) -> list[Stored] | None:
    try:
        return list(kind.parse_all(texts))
    except ValueError:
        return None


@pytest.mark.parametrize("name", TYPES)
def test_a_column_of_one_value_is_that_value(name: str) -> None:
    kind = TYPES[name]
    for text in [*SOUND, *UNSOUND]:
        assert parse_whole(kind, [text]) == parse_one_by_one(kind, [text]), text
        assert parse_whole(kind, ["", text]) == parse_one_by_one(kind, ["", text]), text


@pytest.mark.parametrize("name", TYPES)
@quick
@given(texts=st.lists(st.one_of(st.just(""), values), min_size=1, max_size=6))
@example(texts=["1.00\n2.00", "3.00"])
@example(texts=["1.00", "2.00\n"])
@example(texts=["1.00", "\n"])
def test_a_whole_column_agrees_with_its_values(name: str, texts: list[str]) -> None:
    kind = TYPES[name]
    assert parse_whole(kind, texts) == parse_one_by_one(kind, texts)


@quick
@given(st.integers(2, 5), st.sampled_from(".,"), st.data())
def test_decimals_round_trip(places: int, point: str, data: st.DataObject) -> None:
    written = data.draw(st.integers(0, places))
    most = 10 ** (15 - places + written) - 1
    number = data.draw(st.integers(-most, most)) * 10 ** (places - written)
    text = f"{Decimal(number).scaleb(-places):.{written}f}"
    kind = c.Scaled(places, point)
    assert kind.parse(text.replace(".", point)) == number
    assert kind.parse_all([text.replace(".", point)] * 2) == [number, number]


@quick
@given(st.text(st.sampled_from("0123456789.,-+eE_ \u00a0\u202f\u2009−٣１\n\t'"), max_size=14))
def test_only_the_documented_decimals_are_accepted(text: str) -> None:
    is_documented = re.fullmatch(r"-?[0-9]{1,13}(\.[0-9]{1,2})?", text) is not None
    assert (parse_whole(c.Scaled(2), [text]) is not None) == (is_documented or text == "")


@pytest.mark.parametrize(
    "text",
    [
        "1e3",
        "1_000.00",
        "1 000.00",
        "1\u00a0000.00",
        "١٢٣.50",
        "+1.00",
        "−12.50",
        "12,50",
        "12.",
        ".50",
        "12.345",
        "10000000000000",
        "1.00 ",
        " 1.00",
        "NaN",
        "Infinity",
        "1e400",
        "",
        "0x1F",
        "１２.00",
    ],
)
def test_money_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"[а-я]"):
        c.Scaled(2).parse(text)


@pytest.mark.parametrize(
    ("text", "stored"),
    [("0", 0), ("-0.00", 0), ("0012.5", 1250), ("-0.05", -5), ("9999999999999.99", 10**15 - 1)],
)
def test_money_is_stored_in_kopecks(text: str, stored: int) -> None:
    assert c.Scaled(2).parse(text) == stored


@quick
@given(st.dates())
def test_dates_round_trip_within_the_years_of_a_calendar(day: date) -> None:
    expected = day.isoformat() if 1900 <= day.year <= 2199 else None
    for kind, text in (
        (c.Day(), day.isoformat()),
        (c.Day(russian=True), f"{day:%d.%m.}{day.year:04}"),
    ):
        found = parse_one_by_one(kind, [text])
        assert found == ([expected] if expected else None)


@quick
@given(
    st.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 30)),  # noqa: DTZ001 - zones come below
    st.timedeltas(timedelta(hours=-14), timedelta(hours=14)),
)
def test_moments_are_stored_as_utc(local: datetime, offset: timedelta) -> None:
    zone = timezone(timedelta(minutes=offset // timedelta(minutes=1)))
    moment = local.replace(tzinfo=zone)
    stored = c.Moment().parse(moment.isoformat())
    assert isinstance(stored, str)
    assert datetime.fromisoformat(stored).replace(tzinfo=UTC) == moment


@quick
@given(st.text(max_size=40))
def test_text_is_trimmed_and_composed_and_nothing_else(text: str) -> None:
    found = parse_one_by_one(c.Text(), [text])
    if found is not None:
        expected = unicodedata.normalize("NFC", text.strip())
        assert (found[0] or "") == expected


@pytest.mark.parametrize(
    "text", ["=1+1", "+7 351", "-5", "@x", "'x", "a\tb", "😀", '|;"', "é" * 300]
)
def test_any_text_is_stored(text: str) -> None:
    assert c.Text().parse(text) == text


@pytest.mark.parametrize(
    "text", ["a b", "№1", "a:b", "a#b", "a\u00a0b", "a\n", "a;", "ї", "x" * 65]
)
def test_a_key_of_other_characters_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="ключ"):
        c.Identifier().parse(text if text != "a\n" else "a\nb")


def test_a_decomposed_key_is_the_composed_one() -> None:
    assert c.Identifier().parse_all(["и\u0306", "e"]) == ["й", "e"]


@pytest.mark.parametrize("text", ["18", "2", "0.22", "-20", "22.5", "100"])
def test_a_rate_of_vat_that_the_law_does_not_know_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="ставка"):
        c.VatRate().parse(text)


@pytest.mark.parametrize(("text", "stored"), [("20", 200_000), ("22.00", 220_000), ("0", 0)])
def test_a_rate_of_vat_is_stored_in_per_cent(text: str, stored: int) -> None:
    assert c.VatRate().parse(text) == stored
