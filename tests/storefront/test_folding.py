"""Words as people search for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.folding import fold, national_digits, phones_meant


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Đặng  Thị Ánh", "dang thi anh"),
        ("ĐẸP", "dep"),
        ("Señor Núñez", "senor nunez"),
        ("Straße", "strasse"),
        ("玫瑰花茶", "玫瑰花茶"),
        ("\uff21\uff22\uff23", "abc"),
        (" ", ""),
    ],
)
def test_marks_case_and_width_do_not_count(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text(max_size=40))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    "typed", ["0905 123 456", "+84 905 123 456", "0084 905.123.456", "(0905) 123-456", "905123456"]
)
def test_a_phone_number_is_its_national_digits(typed: str) -> None:
    assert national_digits(typed) == "905123456"
    assert "905123456" in phones_meant(typed)


def test_a_country_may_stand_without_its_plus() -> None:
    assert phones_meant("84905123456") == {"84905123456", "905123456"}


@pytest.mark.parametrize("typed", ["HS-1020", "Trang", "", "000", "+", "12a"])
def test_other_words_mean_no_phone(typed: str) -> None:
    assert phones_meant(typed) == frozenset()
