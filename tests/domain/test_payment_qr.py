"""The payment code, read back by an independent decoder."""

from __future__ import annotations

import io
from dataclasses import replace
from decimal import Decimal

import pytest
import segno
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.domain.payment_instructions import shorten
from app.domain.payment_qr import MAX_BYTES, Payee, build_payload

PAYEE = Payee(
    name="АО «ЭнСер»",
    account="40702810000000000001",
    bank_name="Банк «Пример»",
    bic="047501001",
    corr_account="30101810000000000001",
    inn="7415000007",
    kpp="741501001",
)
PURPOSE = "Оплата за электроэнергию по договору № 00123-ЭС"
MANDATORY = ["Name", "PersonalAcc", "BankName", "BIC", "CorrespAcc"]


def decode(payload: bytes) -> bytes:
    """What a scanner reads from the drawn code."""
    picture = io.BytesIO()
    segno.make(payload, error="m", eci=False).save(picture, kind="png", scale=4, border=4)
    picture.seek(0)
    (found,) = zxingcpp.read_barcodes(Image.open(picture))
    return bytes(found.bytes)


def read(payload: bytes) -> dict[str, str]:
    """Parse by the standard: flag, separator, pairs."""
    assert payload[:6] == b"ST0001"
    encoding = {b"1": "cp1251", b"2": "utf-8"}[payload[6:7]]
    text = payload.decode(encoding)
    pairs = [part.split("=", 1) for part in text[8:].split(text[7])]
    assert [pair[0] for pair in pairs[:5]] == MANDATORY
    return dict(pairs)


def test_a_scanner_reads_every_requisite() -> None:
    payload = build_payload(PAYEE, Decimal("12345.60"), "Счет № 11", "00123-ЭС")
    assert decode(payload) == payload
    assert payload.startswith(b"ST00012|")
    assert read(payload) == {
        "Name": "АО «ЭнСер»",
        "PersonalAcc": PAYEE.account,
        "BankName": "Банк «Пример»",
        "BIC": PAYEE.bic,
        "CorrespAcc": PAYEE.corr_account,
        "KPP": PAYEE.kpp,
        "PayeeINN": PAYEE.inn,
        "Purpose": "Счет № 11",
        "Sum": "1234560",
        "Contract": "00123-ЭС",
    }


def test_what_is_too_long_for_utf8_is_written_in_windows_1251() -> None:
    payload = build_payload(PAYEE, Decimal("1.00"), PURPOSE + " за октябрь 2026 года", "00123-ЭС")
    assert payload.startswith(b"ST00011|")
    assert decode(payload) == payload
    assert read(payload)["Purpose"].endswith("2026 года")
    assert len(payload) <= MAX_BYTES


def test_what_is_too_long_for_both_is_cut() -> None:
    payload = build_payload(PAYEE, Decimal("1.00"), PURPOSE * 5, "00123-ЭС")
    assert len(payload) <= MAX_BYTES
    assert shorten(PURPOSE * 5)[1].startswith(read(payload)["Purpose"])


def test_the_vat_is_kept_by_a_purpose_in_fewer_characters() -> None:
    invoice = ", счет № 00123-1126-FIN от 30.11.2026, за 11.2026, в т.ч. НДС 22% - 22262-12"
    long = replace(PAYEE, name="Акционерное общество «Пример-Энерго»")
    purpose = "Оплата за электроэнергию по договору № 00123-ЭС от 01.02.2020" + invoice
    payload = build_payload(long, Decimal("123456.78"), purpose, "00123-ЭС")
    assert len(payload) <= MAX_BYTES
    assert read(payload)["Purpose"].endswith("НДС 22% - 22262-12")
    assert "00123-ЭС" in read(payload)["Purpose"]


def test_a_name_that_holds_the_separator_gets_another_one() -> None:
    payload = build_payload(replace(PAYEE, name="АО «А|Б»"), Decimal("1.00"), PURPOSE, "1")
    assert payload[7:8] != b"|"
    assert read(payload)["Name"] == "АО «А|Б»"


@pytest.mark.parametrize(
    "name", ["<script>", "А\r\nSum=1", "Ё№«»—", "🔑 Ключ", "|#;:^_~", "А" * 500, "\u202eтсет"]
)
def test_a_hostile_name_adds_no_field(name: str) -> None:
    payload = build_payload(replace(PAYEE, name=name), Decimal("1.00"), PURPOSE, "00123-ЭС")
    fields = read(payload)
    assert fields["Sum"] == "100"
    assert len(payload) <= MAX_BYTES
    assert decode(payload) == payload


@given(st.text(max_size=300), st.text(max_size=300), st.integers(1, 10**11))
def test_any_words_make_a_code_that_reads_back(name: str, purpose: str, kopecks: int) -> None:
    payload = build_payload(
        replace(PAYEE, name=name or "А"), Decimal(kopecks).scaleb(-2), purpose, "00123-ЭС"
    )
    assert len(payload) <= MAX_BYTES
    assert read(payload)["Sum"] == str(kopecks)
