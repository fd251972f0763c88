"""Returns that name no sale: which earlier lines of the same buyer they are set against."""

from __future__ import annotations

from sqlalchemy import select

from commissions import returns
from commissions.models import RefundLineRecord
from commissions.returns import Returned
from commissions.values import Buyer, Refund, RefundLine
from tests.factories import at, make_line
from tests.story import Owed, Story

ANA = Buyer(account="ana")


def bought(story: Story, reference: str, *, on: str, lines: list[tuple[int, str, int]]) -> None:
    """Sell lines (number, stock code, pieces) to Ana at a euro a piece, and complete the order."""
    story.sell(
        reference,
        on=on,
        buyer=ANA,
        lines=[make_line(n, q * 1_00, stock_code=code, quantity=q) for n, code, q in lines],
    )
    story.complete(reference, on=on)


def found(
    story: Story, *rows: Returned
) -> list[tuple[list[tuple[str, int | None, int | None]], int]]:
    """Return what each row was set against: (sale, line, pieces) each, and what is left over."""
    return [
        ([(line.sale_reference, line.line_no, line.quantity) for line in one.lines], one.left_over)
        for one in returns.find(story.session, story.program, rows)
    ]


def sent_back(
    quantity: int, *, code: str = "ROSE", on: str = "2024-02-01", buyer: str | None = "ana"
) -> Returned:
    """Return a row: Ana sends roses back on 1 February, unless told otherwise."""
    return Returned(1, buyer, code, quantity, at(on))


def test_the_latest_sale_comes_first_and_on_it_the_highest_line(story: Story) -> None:
    bought(story, "S-1", on="2024-01-03", lines=[(1, "ROSE", 5)])
    bought(story, "S-2", on="2024-01-05", lines=[(1, "ROSE", 2), (2, "VASE", 9), (3, "ROSE", 2)])
    assert found(story, sent_back(1)) == [([("S-2", 3, 1)], 0)]
    assert found(story, sent_back(6)) == [([("S-2", 3, 2), ("S-2", 1, 2), ("S-1", 1, 2)], 0)]
    assert found(story, sent_back(10)) == [
        ([("S-2", 3, 2), ("S-2", 1, 2), ("S-1", 1, 5)], 1),
    ]


def test_each_row_takes_its_pieces_from_the_next(story: Story) -> None:
    bought(story, "S-1", on="2024-01-03", lines=[(1, "ROSE", 5)])
    assert found(story, sent_back(3), sent_back(3), sent_back(3)) == [
        ([("S-1", 1, 3)], 0),
        ([("S-1", 1, 2)], 1),
        ([], 3),
    ]
    assert found(story, sent_back(5)) == [([("S-1", 1, 5)], 0)], "nothing was written"


def test_a_sale_comes_before_a_return_of_the_same_instant_and_no_later_one_counts(
    story: Story,
) -> None:
    bought(story, "S-1", on="2024-02-01", lines=[(1, "ROSE", 1)])
    bought(story, "S-2", on="2024-02-01 00:00:00.000001", lines=[(1, "ROSE", 1)])
    assert found(story, sent_back(2)) == [([("S-1", 1, 1)], 1)]
    assert found(story, sent_back(2, on="2024-02-02")) == [([("S-2", 1, 1), ("S-1", 1, 1)], 0)]


def test_buyer_and_stock_code_match_to_the_letter(story: Story) -> None:
    bought(story, "S-1", on="2024-01-03", lines=[(1, "ROSE", 5)])
    assert found(story, sent_back(1, code="rose")) == [([], 1)]
    assert found(story, sent_back(1, buyer="Ana")) == [([], 1)]
    assert found(story, sent_back(1, buyer=None)) == [([], 1)]
    assert found(story, sent_back(1, buyer="")) == [([], 1)]
    bought(story, "S-2", on="2024-01-04", lines=[(1, "VASE", 5)])
    others = sent_back(1, buyer="bea", code="VASE")
    assert found(story, others, sent_back(1)) == [([], 1), ([("S-1", 1, 1)], 0)]


def test_what_came_back_and_what_was_cancelled_is_not_found_again(story: Story) -> None:
    bought(story, "S-1", on="2024-01-03", lines=[(1, "ROSE", 5)])
    story.sell("S-2", on="2024-01-04", buyer=ANA)
    story.cancel("S-2")
    story.refund(4, of="S-1", on="2024-01-20")
    assert found(story, sent_back(3)) == [([("S-1", 1, 1)], 2)]


def test_a_return_found_is_taken_back_and_known_by_its_document_line(story: Story) -> None:
    bought(story, "S-1", on="2024-01-03", lines=[(1, "ROSE", 5)])
    bought(story, "S-2", on="2024-01-05", lines=[(1, "ROSE", 2)])
    (one, other) = returns.find(
        story.session,
        story.program,
        [
            Returned(1, "ana", "ROSE", 3, at("2024-02-01")),
            Returned(2, "ana", "ROSE", 9, at("2024-02-01")),
        ],
    )
    assert (one.left_over, other.left_over) == (0, 5)
    refund = Refund("C-1", at("2024-02-01"), (*one.lines, *other.lines), content="document C-1")
    story.take_back(refund)
    assert story.owed() == Owed()
    pieces = returns.matched_pieces(story.session, story.program, ["C-1", "C-2"])
    assert pieces == {("C-1", 1): 3, ("C-1", 2): 4}
    rows = story.session.scalars(select(RefundLineRecord.quantity).order_by(RefundLineRecord.id))
    assert [*rows] == [2, 1, 4]
    assert story.books_hold()


def test_a_return_that_finds_nothing_is_recorded_all_the_same(story: Story) -> None:
    refund = Refund("C-1", at("2024-02-01"), (), content="document C-1")
    assert story.take_back(refund) == [("C-1", 0, 0, True)]
    assert story.take_back(refund) == [("C-1", 0, 0, False)]
    named = RefundLine("S-1", None, None, document_line=7)
    assert named.document_line == 7
    assert story.books_hold()
