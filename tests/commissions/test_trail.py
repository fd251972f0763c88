"""The trail of one order: everything that the books know of it, in order."""

from __future__ import annotations

from sqlalchemy.orm import Session

from commissions import earnings, trail
from commissions.errors import SaleUnknown
from tests.factories import at, make_line, make_plan, make_program, make_rule
from tests.story import Story, refused

PLAN = make_plan(
    make_rule(1, stock_codes=("VASE*",), rate_bps=1_200),
    make_rule(2, rate_bps=800),
    override_bps=200,
)


def test_the_trail_leads_from_the_touch_to_the_bank(session: Session) -> None:
    story = Story(session, make_program(session, PLAN))
    story.enrol("dao", kind="distributor", payout_destination=None)
    story.enrol("mai", sponsor_code="dao")
    story.sell("other", amount=7_00)
    story.sell(lines=[make_line(1, 50_00, stock_code="VASE-1"), make_line(2, 25_00)])
    story.complete(on="2024-01-10")
    story.refund(2, line=1, on="2024-01-12")
    story.release(on="2024-02-09")
    payout = story.pay_out(on="2024-02-10")

    found = trail.of_sale(session, story.program, "S-1")
    assert (found.reference, found.state, found.partner_code) == ("S-1", "completed", "mai")
    assert (found.paid_at, found.completed_at) == (at("2024-01-05 12:00"), at("2024-01-10"))
    assert found.decision == "last_touch: won"
    assert [touch["verdict"] for touch in found.touches] == ["won"]
    assert found.quote is not None
    assert [group.amount_minor for group in found.quote.groups] == [6_00, 2_00]
    assert found.override_bps == 200
    assert [line.line_no for line in found.lines] == [1, 2]
    assert [(c.partner_code, c.kind, c.amount_minor, c.state) for c in found.commissions] == [
        ("mai", "sale", 6_00, "paid"),
        ("mai", "sale", 2_00, "paid"),
        ("dao", "override", 1_50, "ready"),
        ("mai", "clawback", -1_20, "paid"),
        ("dao", "clawback", -20, "ready"),
    ]
    told = [(one.code, one.debit, one.credit, one.amount_minor) for one in found.transfers]
    assert told == [
        ("accrual", "expense:commission", "accrued mai", 6_00),
        ("accrual", "expense:commission", "accrued mai", 2_00),
        ("override", "expense:commission", "accrued dao", 1_50),
        ("clawback", "accrued mai", "expense:commission", 1_20),
        ("clawback", "accrued dao", "expense:commission", 20),
        ("release", "accrued mai", "payable mai", 4_80),
        ("release", "accrued mai", "payable mai", 2_00),
        ("release", "accrued dao", "payable dao", 1_30),
        ("payout_reserve", "payable mai", "in_payout mai", 6_80),
        ("payout_settle", "in_payout mai", "cash:test", 6_80),
    ]
    assert [(m.subject, m.to_state) for m in found.moves if m.subject == "payout"] == [
        ("payout", "approved"),
        ("payout", "sending"),
        ("payout", "sent"),
        ("payout", "settled"),
    ]
    assert {m.subject_id for m in found.moves if m.subject == "payout"} == {payout.id}
    assert found.moves[0][2:6] == ("paid", "completed", at("2024-01-10"), "shop")
    assert story.books_hold()


def test_what_came_back_before_completion_is_not_quoted(session: Session) -> None:
    story = Story(session, make_program(session, PLAN))
    story.enrol("mai")
    story.sell(lines=[make_line(1, 50_00, stock_code="VASE-1"), make_line(2, 25_00)])
    story.refund(4, line=1, on="2024-01-08")

    def quoted() -> tuple[list[int], list[tuple[int, ...]], list[int]]:
        found = trail.of_sale(session, story.program, "S-1")
        assert found.quote is not None
        amounts = [group.amount_minor for group in found.quote.groups]
        sold = [line.base_minor for line in found.lines]
        return amounts, [tuple(one) for one in found.returned], sold

    # 12 % of 30.00 and 8 % of 25.00
    expected = ([3_60, 2_00], [(1, 4, 20_00)], [50_00, 25_00])
    assert quoted() == expected
    estimate = earnings.totals(session, story.program, story.partner("mai").id).estimated_minor
    assert sum(quoted()[0]) == estimate
    story.complete(on="2024-01-10")
    assert [row.amount_minor for row in story.commissions()] == expected[0]
    story.refund(2, line=1, on="2024-01-12")
    assert quoted() == expected, "what comes back later is a clawback's business"
    story.reject(story.commissions(kind="sale")[0].id, on="2024-01-13")
    story.refund(1, line=1, on="2024-01-14")
    assert quoted() == expected


def test_a_cancelled_order_is_quoted_no_more(story: Story) -> None:
    story.sell()
    story.cancel("S-1")
    found = trail.of_sale(story.session, story.program, "S-1")
    assert (found.state, found.partner_code, found.quote) == ("cancelled", "mai", None)


def test_the_trail_of_a_sale_that_nobody_brought_is_short(story: Story) -> None:
    story.sell(by=None)
    story.cancel("S-1")
    found = trail.of_sale(story.session, story.program, "S-1")
    assert (found.state, found.decision) == ("cancelled", "last_touch: no touch")
    assert (found.partner_code, found.quote, found.override_bps) == (None, None, 0)
    assert (found.commissions, found.transfers) == ((), ())
    assert [move.reason for move in found.moves] == ["out of stock"]


def test_an_order_never_reported_leaves_no_trail(story: Story) -> None:
    with refused(story.session, SaleUnknown, "never reported as paid"):
        trail.of_sale(story.session, story.program, "S-9")
