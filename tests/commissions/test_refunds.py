"""What comes back of a line: its pieces, and the base that goes with them, from the beginning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions import refunds
from commissions.errors import AmountInvalid, HoahongError, RefundTooLarge
from commissions.refunds import SoldLine
from commissions.values import RefundLine


def sold(line_no: int = 1, *, quantity: int = 10, amount: int = 100_00) -> SoldLine:
    """Return a line of which nothing has come back."""
    return SoldLine(1, line_no, "ROSE", None, quantity, amount, 0, 0)


def take(lines: list[SoldLine], line_no: int | None, quantity: int | None) -> list[tuple[int, int]]:
    """Take pieces off the lines; return pieces and base of each."""
    wanted = RefundLine("S-1", line_no, quantity)
    taken = refunds.take_pieces(wanted, lines, sale_reference="S-1")
    return [(piece.quantity, piece.base_minor) for piece in taken]


@pytest.mark.parametrize(
    ("quantity", "amount", "pieces", "bases"),
    [
        # one by one: each step rounds the whole so far, so the last step always meets the amount
        (3, 10_00, [1, 1, 1], [3_33, 3_34, 3_33]),
        (3, 1, [1, 1, 1], [0, 1, 0]),
        (7, 5, [1] * 7, [1, 0, 1, 1, 1, 0, 1]),
        (2, 1, [1, 1], [1, 0]),
        (10, 9_99, [1] * 10, [1_00, 1_00, 1_00, 1_00, 1_00, 99, 1_00, 1_00, 1_00, 1_00]),
        # several at once, and all at once
        (10, 9_99, [4, 6], [4_00, 5_99]),
        (10, 9_99, [10], [9_99]),
        # a line that is a thousand times smaller than its pieces are many
        (1_000, 1, [499, 1, 500], [0, 1, 0]),
        # exponents: three yen, three thousandths of a dinar, three ten-thousandths of a UF
        (2, 3, [1, 1], [2, 1]),
    ],
)
def test_the_base_of_what_comes_back_adds_up_to_what_was_sold(
    quantity: int, amount: int, pieces: list[int], bases: list[int]
) -> None:
    line = sold(quantity=quantity, amount=amount)
    assert [take([line], 1, back)[0][1] for back in pieces] == bases
    assert (line.left, line.refunded_base_minor) == (0, amount)


@given(st.integers(1, 10**6), st.lists(st.integers(1, 50), min_size=1, max_size=20))
def test_partial_returns_in_any_steps_add_up_and_never_pass_the_amount(
    amount: int, steps: list[int]
) -> None:
    line = sold(quantity=sum(steps), amount=amount)
    bases = [take([line], 1, step)[0][1] for step in steps]
    assert all(base >= 0 for base in bases)
    assert sum(bases) == amount


def test_a_refund_without_a_line_takes_all_that_is_left_of_the_sale() -> None:
    lines = [sold(1), sold(2, quantity=2, amount=7), sold(3, quantity=1, amount=1)]
    take(lines, 1, 4)
    take(lines, 3, 1)
    assert take(lines, None, None) == [(6, 60_00), (2, 7)]
    assert take(lines, None, None) == []


def test_a_refund_of_a_line_without_a_quantity_takes_all_that_is_left_of_it() -> None:
    lines = [sold(1), sold(2)]
    take(lines, 2, 3)
    assert take(lines, 2, None) == [(7, 70_00)]
    assert lines[0].left == 10


@pytest.mark.parametrize(
    ("back", "line_no", "quantity", "error", "told"),
    [
        (0, 1, 11, RefundTooLarge, "10 were sold, 0 came back already"),
        (4, 1, 7, RefundTooLarge, "10 were sold, 4 came back already"),
        (10, 1, 1, RefundTooLarge, "10 were sold, 10 came back already"),
        (10, 1, None, RefundTooLarge, "10 came back already"),
        (10, 1, 0, RefundTooLarge, "10 came back already"),
        (0, 1, 0, AmountInvalid, "give 1 or more"),
        (0, 1, -1, AmountInvalid, "give 1 or more"),
        (4, 1, -1, AmountInvalid, "give 1 or more"),
        (10, 1, -1, AmountInvalid, "give 1 or more"),
        (0, 2, 1, RefundTooLarge, "no line 2"),
        (0, None, 3, AmountInvalid, "name the line"),
    ],
)
def test_what_can_not_come_back_is_refused_and_takes_nothing(
    back: int, line_no: int | None, quantity: int | None, error: type[HoahongError], told: str
) -> None:
    line = sold()
    if back:
        take([line], 1, back)
    with pytest.raises(error, match=told):
        take([line], line_no, quantity)
    assert line.returned_quantity == back


@pytest.mark.parametrize(
    ("lefts", "quantity", "found", "left_over"),
    [
        ([5], 3, [(1, 3)], 0),
        ([5, 5], 7, [(1, 5), (2, 2)], 0),
        ([5, 5], 12, [(1, 5), (2, 5)], 2),
        ([0, 5], 2, [(2, 2)], 0),
        ([], 2, [], 2),
        ([5], 0, [], 0),
    ],
)
def test_a_return_without_a_sale_is_set_against_the_lines_in_the_order_given(
    lefts: list[int], quantity: int, found: list[tuple[int, int]], left_over: int
) -> None:
    lines = [sold(number) for number in range(1, len(lefts) + 1)]
    for line, left in zip(lines, lefts, strict=True):
        line.returned_quantity = line.quantity - left
    matched = refunds.match(lines, quantity)
    assert [(line.line_no, pieces) for line, pieces in matched.lines] == found
    assert matched.left_over == left_over
