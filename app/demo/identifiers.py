"""Numbers with right control digits that belong to nobody.

Tax region 96 and bank territory 0400 were chosen because nobody is known to use them: a number
made here passes the checks of a program, and is not somebody's real one. (Region 00 would be
safer yet, but banks refuse an ИНН that begins with two zeros.)

Source: account keys by the procedure of the Bank of Russia No. 515 of 08.09.1997; ОГРН 13 and 15
by remainders of 11 and 13. stdnum 2.2 is wrong about ОГРНИП, so only its ИНН is used.
"""

from __future__ import annotations

from itertools import cycle

from stdnum.ru import inn

REGION = "96"
TAX_OFFICE = REGION + "01"
ACCOUNT_WEIGHTS = (7, 1, 3)
ACCOUNT_KEY_INDEX = 8
_SPREAD = 7_919  # prime, so that neighbours differ in more than the last digit and never meet


def company_inn(serial: int) -> str:
    """ИНН of a legal entity, 10 digits; different for each serial below 100 000."""
    body = f"{TAX_OFFICE}{serial * _SPREAD % 10**5:05d}"
    return body + inn.calc_company_check_digit(body)


def personal_inn(serial: int) -> str:
    """ИНН of a person or sole trader, 12 digits; different for each serial below 1 000 000."""
    body = f"{TAX_OFFICE}{serial * _SPREAD % 10**6:06d}"
    return body + inn.calc_personal_check_digits(body)


def kpp() -> str:
    """КПП of a legal entity registered where it is: reason 01, first registration."""
    return f"{TAX_OFFICE}01001"


def ogrn(serial: int, year: int) -> str:
    """ОГРН of a legal entity, 13 digits, entered in ``year``."""
    body = f"1{year % 100:02d}{REGION}{serial * _SPREAD % 10**7:07d}"
    return body + str(int(body) % 11 % 10)


def ogrnip(serial: int, year: int) -> str:
    """ОГРНИП of a sole trader, 15 digits, entered in ``year``."""
    body = f"3{year % 100:02d}{REGION}{serial * _SPREAD % 10**9:09d}"
    return body + str(int(body) % 13 % 10)


def settlement_account(balance_account: str, bic: str, serial: int) -> str:
    """Rouble account of 20 digits with its key, in the bank of ``bic``.

    Args:
        balance_account: 5 digits: 40702 company, 40802 sole trader, 40817 person.
        serial: number within the bank, below 10 000 000.
    """
    return _with_key(f"{balance_account}8100{1:04d}{serial * _SPREAD % 10**7:07d}", bic[-3:])


def corr_account(bic: str) -> str:
    """Correspondent account of the bank of ``bic`` with the Bank of Russia."""
    return _with_key(f"301018100{0:08d}{bic[-3:]}", f"0{bic[4:6]}")


def _with_key(account: str, prefix: str) -> str:
    """``account`` with its ninth digit set so that the weighted sum ends in zero."""
    digits = zip(prefix + account, cycle(ACCOUNT_WEIGHTS), strict=False)
    rest = sum(int(digit) * weight for digit, weight in digits) % 10
    # The key stands under weight 3, and 3 · 3·rest + rest = 10·rest.
    key = rest * 3 % 10
    return f"{account[:ACCOUNT_KEY_INDEX]}{key}{account[ACCOUNT_KEY_INDEX + 1 :]}"
