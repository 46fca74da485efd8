"""Payment QR by ГОСТ Р 56042-2014: requisites for a bank's scanner, not СБП.

Source: ГОСТ Р 56042-2014, sections 5 and 6.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from app.domain.characters import compose
from app.domain.payment_instructions import MAX_PURPOSE, shorten
from app.domain.transliteration import to_windows_1251

MAX_BYTES = 300
MANDATORY = ("Name", "PersonalAcc", "BankName", "BIC", "CorrespAcc")
LIMITS = {"Name": 160, "BankName": 45, "Purpose": MAX_PURPOSE}
_SEPARATORS = "|#;:^_~"


@dataclass(frozen=True, slots=True)
class Payee:
    """Whom to pay: the supplier's requisites."""

    name: str
    account: str
    bank_name: str
    bic: str
    corr_account: str
    inn: str
    kpp: str | None


def build_payload(payee: Payee, amount: Decimal, purpose: str, contract: str) -> bytes:
    """Encode requisites, amount and purpose as the bytes of a payment QR code.

    UTF-8 where it fits 300 bytes, else windows-1251 with the characters that it lacks
    transliterated, else the same with a shorter purpose, at last one that is cut.

    Args:
        amount: roubles above zero; without a debt there is no code.
        purpose: one line.
        contract: its number.

    Raises:
        ValueError: name and requisites alone are longer than a code may be.

    Source: ГОСТ Р 56042-2014, sections 5 and 6.
    """
    values = {
        "Name": payee.name,
        "PersonalAcc": payee.account,
        "BankName": payee.bank_name,
        "BIC": payee.bic,
        "CorrespAcc": payee.corr_account or "0",
        "KPP": payee.kpp or "",
        "PayeeINN": payee.inn,
        "Purpose": purpose,
        "Sum": str(int(amount * 100)),
        "Contract": contract,
    }
    values = {
        key: _one_line(value)[: LIMITS.get(key, MAX_PURPOSE)] for key, value in values.items()
    }
    for shorter in (values["Purpose"], *shorten(values["Purpose"])):
        values["Purpose"] = shorter
        if payload := _fitting(values):
            return payload
    while True:
        if payload := _fitting(values):
            return payload
        longest = max(("Purpose", "Name"), key=lambda key: len(values[key]))
        if len(values[longest]) <= 1:
            raise ValueError("requisites longer than a payment code may be")
        values[longest] = values[longest][: max(1, len(values[longest]) - 8)].rstrip()


def _fitting(values: dict[str, str]) -> bytes | None:
    """None where no encoding makes it short enough."""
    for flag, encoding in (("2", "utf-8"), ("1", "cp1251")):
        payload = _encode(values, flag, encoding)
        if len(payload) <= MAX_BYTES:
            return payload
    return None


def _encode(values: dict[str, str], flag: str, encoding: str) -> bytes:
    if encoding == "cp1251":
        values = {
            key: to_windows_1251(value)[: LIMITS.get(key, MAX_PURPOSE)]
            for key, value in values.items()
        }
    separator = next((mark for mark in _SEPARATORS if not _is_in(mark, values)), "|")
    parts = (
        f"{key}={value.replace(separator, ' ')}"
        for key, value in values.items()
        if value or key in MANDATORY
    )
    return f"ST0001{flag}{separator}{separator.join(parts)}".encode(encoding)


def _is_in(separator: str, values: dict[str, str]) -> bool:
    return any(separator in value for value in values.values())


def _one_line(text: str) -> str:
    """Without control characters and with plain spaces."""
    text = compose(text)
    plain = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    return " ".join(plain.split())
