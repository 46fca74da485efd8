"""Control digits, against published examples and against themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.company_ids import is_account, is_corr_account, is_inn, is_ogrn


@pytest.mark.parametrize("inn", ["7707083893", "7830002293", "500100732259"])
def test_published_inn_are_right(inn: str) -> None:
    assert is_inn(inn)


@pytest.mark.parametrize("inn", ["0000000000", "7707083894", "770708389", "", "77070838930", "abc"])
def test_wrong_inn_are_refused(inn: str) -> None:
    assert not is_inn(inn)


@pytest.mark.parametrize("ogrn", ["1027700132195", "304500116000157"])
def test_published_ogrn_are_right(ogrn: str) -> None:
    assert is_ogrn(ogrn)


@given(st.integers(10**13, 10**14 - 1))
def test_exactly_one_last_digit_makes_an_ogrnip(stem: int) -> None:
    assert sum(is_ogrn(f"{stem}{digit}") for digit in range(10)) == 1


def test_a_published_correspondent_account_fits_its_bank_and_no_other() -> None:
    assert is_corr_account("30101810400000000225", "044525225")
    assert not is_corr_account("30101810400000000225", "044585225")
    assert not is_corr_account("3010181040000000022", "044525225")


def test_treasury_accounts_have_no_control_digit() -> None:
    assert is_account("03100643000000016900", "016900000")


@given(st.integers(0, 10**19 - 1))
def test_exactly_one_last_digit_fits_a_bank(stem: int) -> None:
    accounts = [f"{stem:019d}{digit}" for digit in range(10)]
    if not accounts[0].startswith("03"):
        # The last digit's weight is 1 or 3 or 7, all coprime with 10.
        assert sum(is_account(account, "044525225") for account in accounts) == 1
