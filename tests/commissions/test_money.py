"""Amounts: how they are written, read, rounded and shared. One table for each ISO exponent."""

from __future__ import annotations

import random
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions import money
from commissions.errors import AmountInvalid, CurrencyUnknown
from commissions.money import MAX_MINOR, Money

WRITTEN = [
    # text, currency, minor units, written back, shown
    ("1234", "JPY", 1234, "1234", "1,234 JPY"),
    ("-1234567.89", "EUR", -123456789, "-1234567.89", "-1,234,567.89 EUR"),
    ("0", "JPY", 0, "0", "0 JPY"),
    ("-5", "VND", -5, "-5", "-5 VND"),
    ("12.5", "EUR", 1250, "12.50", "12.50 EUR"),
    ("0.01", "EUR", 1, "0.01", "0.01 EUR"),
    ("-0.05", "EUR", -5, "-0.05", "-0.05 EUR"),
    ("+7", "GBP", 700, "7.00", "7.00 GBP"),
    ("0.00", "USD", 0, "0.00", "0.00 USD"),
    ("1.234", "KWD", 1234, "1.234", "1.234 KWD"),
    ("0.001", "KWD", 1, "0.001", "0.001 KWD"),
    ("1.2345", "CLF", 12345, "1.2345", "1.2345 CLF"),
    ("0.0001", "CLF", 1, "0.0001", "0.0001 CLF"),
    ("1.500000", "EUR", 150, "1.50", "1.50 EUR"),
]


@pytest.mark.parametrize(("text", "currency", "minor", "major", "shown"), WRITTEN)
def test_an_amount_is_read_and_written_with_its_currencys_decimals(
    text: str, currency: str, minor: int, major: str, shown: str
) -> None:
    assert money.to_minor(text, currency) == minor
    assert money.to_major(minor, currency) == major
    assert str(Money(minor, currency)) == shown


@pytest.mark.parametrize(
    ("code", "exponent"),
    [("JPY", 0), ("VND", 0), ("EUR", 2), ("KWD", 3), ("CLF", 4), ("IDR", 2), ("ISK", 0)],
)
def test_decimals_are_those_of_iso_4217(code: str, exponent: int) -> None:
    assert money.exponent(code) == exponent


@pytest.mark.parametrize("code", ["eur", "EURO", "", "XXX", "E", "EUR "])
def test_a_code_that_iso_4217_lacks_is_no_currency(code: str) -> None:
    with pytest.raises(CurrencyUnknown, match="three-letter code such as EUR"):
        money.exponent(code)


@pytest.mark.parametrize(
    ("text", "currency"),
    [("1.5", "JPY"), ("0.001", "EUR"), ("1.2345", "KWD"), ("1.23456", "CLF")],
)
def test_too_many_decimals_are_refused(text: str, currency: str) -> None:
    with pytest.raises(AmountInvalid, match=f"too many decimals: {currency} has"):
        money.to_minor(text, currency)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "1,5",
        "1.",
        ".5",
        "1e3",
        "NaN",
        "Infinity",
        "--1",
        "1_000",
        "٣",
        "0x1",
        "1\n",
    ],
)
def test_what_is_no_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(AmountInvalid, match="write it like"):
        money.to_minor(text, "EUR")


def test_the_books_take_amounts_up_to_a_bound() -> None:
    assert money.check_size(MAX_MINOR) == MAX_MINOR
    assert money.check_size(-MAX_MINOR) == -MAX_MINOR
    for too_large in (MAX_MINOR + 1, -MAX_MINOR - 1):
        with pytest.raises(AmountInvalid, match="too large"):
            money.check_size(too_large)
    assert money.to_minor("10000000000000.00", "EUR") == MAX_MINOR
    with pytest.raises(AmountInvalid, match="too large"):
        money.to_minor("10000000000000.01", "EUR")


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [
        (0, 7, 0),
        (1, 2, 1),
        (-1, 2, -1),
        (1, 3, 0),
        (2, 3, 1),
        (5, 2, 3),
        (-5, 2, -3),
        (49, 100, 0),
        (50, 100, 1),
        (-50, 100, -1),
    ],
)
def test_halves_are_rounded_away_from_nothing(
    numerator: int, denominator: int, rounded: int
) -> None:
    assert money.round_half_up(numerator, denominator) == rounded


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**18))
def test_rounding_agrees_with_the_decimal_of_the_standard_library(
    numerator: int, denominator: int
) -> None:
    exact = money._EXACT.divide(Decimal(numerator), Decimal(denominator))  # noqa: SLF001 -- sixty digits
    assert money.round_half_up(numerator, denominator) == int(exact.to_integral(ROUND_HALF_UP))


@pytest.mark.parametrize(
    ("base", "bps", "earned"),
    [
        (100_00, 1_000, 10_00),
        (12_34, 1_200, 1_48),
        (12_35, 1_000, 1_24),
        (12_34, 1_000, 1_23),
        (4, 1_250, 1),
        (3, 1_250, 0),
        (1, 10_000, 1),
        (1, 0, 0),
        (MAX_MINOR, 10_000, MAX_MINOR),
    ],
)
def test_a_rate_of_a_base_is_rounded_half_up(base: int, bps: int, earned: int) -> None:
    assert money.share_of(base, bps) == earned


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [
        (10_00, [1, 1], [5_00, 5_00]),
        (10_01, [1, 1], [5_01, 5_00]),
        (1_00, [1, 1, 1], [34, 33, 33]),
        (2_00, [1, 1, 1], [67, 67, 66]),
        (1_00, [10, 20, 70], [10, 20, 70]),
        (5, [50, 30, 20], [3, 1, 1]),
        (-1_00, [1, 1, 1], [-34, -33, -33]),
        (7, [0, 3, 0, 4], [0, 3, 0, 4]),
        (7, [0, 0], [7, 0]),
        (0, [3, 4], [0, 0]),
        (9, [], []),
        (1, [1, 2], [0, 1]),
    ],
)
def test_a_total_is_shared_by_largest_remainder_and_ties_go_to_the_earlier_line(
    total: int, weights: list[int], shares: list[int]
) -> None:
    assert money.split(total, weights) == shares


WEIGHTS = st.lists(st.integers(0, MAX_MINOR), min_size=1, max_size=30)


@given(st.integers(-MAX_MINOR, MAX_MINOR), WEIGHTS)
def test_shares_add_up_and_none_is_a_whole_unit_off(total: int, weights: list[int]) -> None:
    shares = money.split(total, weights)
    assert sum(shares) == total
    assert len(shares) == len(weights)
    whole = sum(weights)
    if whole:
        for share, weight in zip(shares, weights, strict=True):
            assert abs(share * whole - total * weight) < whole


@given(st.integers(0, MAX_MINOR), WEIGHTS, st.integers(1, 1_000))
def test_shares_depend_on_the_weights_proportions_alone(
    total: int, weights: list[int], factor: int
) -> None:
    assert money.split(total, [weight * factor for weight in weights]) == money.split(
        total, weights
    )


@pytest.mark.parametrize("currency", ["JPY", "EUR", "KWD", "CLF"])
def test_a_hundred_thousand_random_splits_add_up(currency: str) -> None:
    """Amounts as a shop writes them, read into minor units, shared over the lines of an order."""
    seed = random.SystemRandom().getrandbits(64)
    draw = random.Random(seed)
    decimals = money.exponent(currency)
    for _ in range(100_000):
        whole, part = draw.randrange(10 ** draw.randint(1, 9)), draw.randrange(10**decimals)
        text = f"{whole}.{part:0{decimals}d}" if decimals else str(whole)
        total = money.to_minor(text, currency)
        weights = [draw.randrange(10_000) for _ in range(draw.randint(1, 6))]
        shares = money.split(total, weights)
        assert sum(shares) == total, f"seed {seed}: {text} {currency} over {weights} is {shares}"
        assert min(shares) >= 0, f"seed {seed}: {text} {currency} over {weights} is {shares}"
