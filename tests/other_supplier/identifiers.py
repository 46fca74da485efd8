"""Identifiers with valid control digits, and identifiers in the styles real exports use."""

from __future__ import annotations

_INN10 = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_INN11 = (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_INN12 = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
MAX_CONTRACTS = 999_999
_SHORT_NUMBERS = 99_999


def _weighted(digits: str, weights: tuple[int, ...]) -> str:
    return str(sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11 % 10)


def inn10(serial: int) -> str:
    """ИНН of a company: region 74, seven digits of `serial`, one control digit."""
    body = f"74{serial % 10_000_000:07d}"
    return body + _weighted(body, _INN10)


def inn12(serial: int) -> str:
    """ИНН of a person: region 02 (a leading zero), eight digits, two control digits."""
    body = f"02{serial % 100_000_000:08d}"
    body += _weighted(body, _INN11)
    return body + _weighted(body, _INN12)


def ogrn13(serial: int) -> str:
    """ОГРН of a company: 12 digits and their remainder by 11, by 10."""
    body = f"10{serial % 24:02d}74{serial % 1_000_000:06d}"
    return body + str(int(body) % 11 % 10)


def ogrnip15(serial: int) -> str:
    """ОГРНИП of a sole trader: 14 digits and their remainder by 13, by 10."""
    body = f"3{serial % 24:02d}74{serial % 1_000_000_000:09d}"
    return body + str(int(body) % 13 % 10)


def account20(prefix5: str, serial: int, bic: str, *, corr: bool = False) -> str:
    """Account of 20 digits valid for `bic`; the control digit is the ninth.

    `prefix5` is the balance account (`40702`); a correspondent account uses the other
    three-digit prefix of the control rule.
    """
    head, tail = f"{prefix5}810", f"{serial % 10**11:011d}"
    rule = ("0" + bic[4:6] if corr else bic[-3:]) + head + "0" + tail
    total = sum(int(d) * (7, 1, 3)[n % 3] for n, d in enumerate(rule))
    return f"{head}{total * 3 % 10}{tail}"


def bic9(serial: int) -> str:
    """An invented БИК of region 75."""
    return f"0475{90 + serial % 9:02d}{700 + serial % 200:03d}"


def corr_account(bic: str) -> str:
    """Correspondent account of the bank: ends with the last three digits of its БИК."""
    return account20("30101", int(bic[-3:]), bic, corr=True)


def contract_number(index: int, seed: int) -> int:
    """Number of contract `index`: a permutation, so not in file order; 0 is never used.

    The first 99,999 have five digits, those after them six.
    """
    if index < _SHORT_NUMBERS:
        return (index * 61_843 + seed * 7_919) % _SHORT_NUMBERS + 1
    longer = MAX_CONTRACTS - _SHORT_NUMBERS
    return ((index - _SHORT_NUMBERS) * 61_843 + seed * 7_919) % longer + _SHORT_NUMBERS + 1


def scatter(index: int, seed: int) -> int:
    """Serial 0..9 999 999, different for every index below ten millions."""
    return (index * 7_654_321 + seed * 104_729) % 10_000_000


def uuid_head(code: int) -> str:
    """First 24 characters of a UUID-like id, unique by `code`; twelve hex digits follow."""
    mixed = code * 2_654_435_761 & 0xFFFFFFFF
    return f"{mixed:08x}-{code * 31 & 0xFFFF:04x}-4{code & 0xFFF:03x}-9{code * 7 & 0xFFF:03x}-"


def styled_id(prefix: str, code: int, part: int = 0) -> str:
    """Id unique by (`prefix`, `code`, `part`) in one of five styles, chosen by `code`."""
    match code % 5:
        case 0:
            return f"{uuid_head(code)}{part:04x}{code:08x}"
        case 1:
            return f"{prefix}/{code:06d}.{part}"
        case 2:
            return f"000{code:07d}{part:02d}"
        case 3:
            return f"{prefix.lower()}-Ёж_{code}-{part}"
        case _:
            return f"{code}/{part}"
