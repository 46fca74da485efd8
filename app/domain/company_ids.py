"""Validate the control digits of Russian company and bank identifiers.

python-stdnum is used where it is right; its ОГРНИП (version 2.2) refuses about a quarter of the
valid numbers, so that one and the bank account are computed here.
"""

from __future__ import annotations

from stdnum.ru import inn as stdnum_inn

_ACCOUNT_WEIGHTS = (7, 1, 3)


def _is_digits(text: str, *lengths: int) -> bool:
    return len(text) in lengths and text.isascii() and text.isdigit()


def is_inn(text: str) -> bool:
    """Whether a text is a valid ИНН: of a company (10 digits) or a person (12 digits)."""
    return _is_digits(text, 10, 12) and bool(text.strip("0")) and bool(stdnum_inn.is_valid(text))


def is_ogrn(text: str) -> bool:
    """Whether a text is a valid ОГРН (13 digits) or ОГРНИП (15 digits)."""
    if not _is_digits(text, 13, 15):
        return False
    divisor = 11 if len(text) == 13 else 13
    return int(text[:-1]) % divisor % 10 == int(text[-1])


def is_bic(text: str) -> bool:
    """Whether a text has the form of a БИК, 9 digits; it has no control digit."""
    return _is_digits(text, 9)


def is_account(account: str, bic: str) -> bool:
    """Whether a settlement account of 20 digits fits the bank's БИК.

    Treasury accounts, which begin with 03, have no control digit.

    Source: Bank of Russia, control key of account numbers, 08.09.1997 № 515.
    """
    return _has_account_key(account, bic, bic[-3:])


def is_corr_account(account: str, bic: str) -> bool:
    """Whether a correspondent account of 20 digits fits the bank's БИК.

    Source: Bank of Russia, control key of account numbers, 08.09.1997 № 515.
    """
    return _has_account_key(account, bic, "0" + bic[4:6])


def _has_account_key(account: str, bic: str, prefix: str) -> bool:
    if not (_is_digits(account, 20) and is_bic(bic)):
        return False
    if account.startswith("03"):
        return True
    digits = prefix + account
    return sum(int(digit) * _ACCOUNT_WEIGHTS[i % 3] for i, digit in enumerate(digits)) % 10 == 0
