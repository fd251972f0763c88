"""What one partner earned: the money line, the list, and the sum behind each amount."""

from __future__ import annotations

from sqlalchemy import event
from sqlalchemy.orm import Session

from commissions import earnings
from commissions.earnings import Sum, Totals
from commissions.models import Commission
from commissions.periods import parse_month
from commissions.tiers import Tier
from tests.factories import at, make_line, make_plan, make_program, make_rule
from tests.story import Story

PLAN = make_plan(
    make_rule(1, stock_codes=("VASE*",), rate_bps=1_200),
    make_rule(2, stock_codes=("CARD",), flat_minor=50),
    make_rule(3, rate_bps=800),
    tiers=[Tier("koc", 100_00, 100), Tier("distributor", 100_00, 150)],
    override_bps=300,
)


def totals(story: Story, code: str = "mai") -> tuple[int, ...]:
    """Return a partner's money line as plain numbers."""
    return tuple(earnings.totals(story.session, story.program, story.partner(code).id))


def sum_of(story: Story, kind: str = "sale") -> Sum:
    """Return the sum of the only commission of a kind."""
    commission_id = story.id_of(kind)
    return earnings.sums(story.session, story.program, [commission_id])[commission_id]


def rows(story: Story, code: str = "mai", **wanted: object) -> list[tuple[object, ...]]:
    """Return a partner's list as plain rows."""
    found = earnings.listed(story.session, story.program, story.partner(code).id, **wanted)  # type: ignore[arg-type]  # reason: named by the test
    return [(one.kind, one.state, one.amount_minor, one.sale_reference) for one in found]


def team(session: Session) -> Story:
    """Return a story of Mai, led by the distributor Dao."""
    story = Story(session, make_program(session, PLAN, minimum_payout_minor=0))
    story.enrol("dao", kind="distributor")
    story.enrol("mai", sponsor_code="dao")
    return story


# The money line.


def test_a_partner_without_sales_has_nothing_anywhere(story: Story) -> None:
    assert totals(story) == (0, 0, 0, 0, 0, 0)
    after = at("2024-01-01")
    partner_id = story.partner("mai").id
    assert earnings.next_release(story.session, story.program, partner_id, after=after) is None
    assert rows(story) == []


def test_money_moves_along_the_line_and_is_never_lost(story: Story) -> None:
    story.sell(amount=100_00)
    assert totals(story) == (10_00, 0, 0, 0, 0, 0)
    story.complete(on="2024-01-10")
    assert totals(story) == (0, 10_00, 0, 0, 0, 0)
    story.release(on="2024-02-09")
    assert totals(story) == (0, 0, 0, 10_00, 0, 0)
    payout = story.build_one("2024-02-10")
    assert totals(story) == (0, 0, 0, 0, 10_00, 0)
    story.approve(payout, on="2024-02-10")
    story.send(payout, on="2024-02-10")
    story.settle(payout, on="2024-02-11")
    assert totals(story) == (0, 0, 0, 0, 0, 10_00)
    story.give_back(payout, on="2024-02-20")
    assert totals(story) == (0, 0, 0, 10_00, 0, 0)
    assert story.books_hold()


def test_what_comes_back_before_completion_lowers_the_estimate(session: Session) -> None:
    story = team(session)
    story.sell(lines=[make_line(1, 100_00, stock_code="VASE-1"), make_line(2, 50_00)])
    # 12 % of 100.00 and 8 % of 50.00; the sponsor has 3 % of 150.00
    assert (totals(story)[0], totals(story, "dao")[0]) == (16_00, 4_50)
    story.refund(4, line=1)
    # 12 % of 60.00 and 8 % of 50.00; 3 % of 110.00
    assert (totals(story)[0], totals(story, "dao")[0]) == (11_20, 3_30)
    story.refund(reference="all")
    assert (totals(story)[0], totals(story, "dao")[0]) == (0, 0)


def test_a_cancelled_order_is_no_longer_estimated(story: Story) -> None:
    story.sell()
    story.cancel("S-1")
    assert totals(story) == (0, 0, 0, 0, 0, 0)
    assert rows(story) == [("sale", "reversed", 10_00, "S-1")]
    (one,) = earnings.listed(story.session, story.program, story.partner("mai").id)
    assert one.reason == "out of stock"


def test_a_refund_after_payment_is_a_debt_that_the_line_shows(story: Story) -> None:
    story.sell()
    story.complete(on="2024-01-10")
    story.release(on="2024-02-09")
    story.pay_out(on="2024-02-10")
    story.refund(5, on="2024-02-20")
    assert totals(story) == (0, 0, 0, -5_00, 0, 10_00)
    found = earnings.totals(story.session, story.program, story.partner("mai").id)
    assert found == Totals(0, 0, 0, -5_00, 0, 10_00)
    assert found.sum_minor == 5_00


def test_the_next_release_counts_one_day_of_the_programs_zone(session: Session) -> None:
    story = Story(session, make_program(session, time_zone="Asia/Ho_Chi_Minh"))
    story.enrol("mai")
    for number, completed in enumerate(
        ("2024-01-10 16:59:59", "2024-01-10 17:00:00", "2024-01-11 16:00:00"), 1
    ):
        story.sell(f"S-{number}", amount=number * 100_00)
        story.complete(f"S-{number}", on=completed)
    story.refund(5, of="S-2", on="2024-01-12")
    partner_id = story.partner("mai").id

    first = earnings.next_release(session, story.program, partner_id, after=at("2024-01-20"))
    assert first == (at("2024-02-09 16:59:59"), 10_00)
    late = earnings.next_release(session, story.program, partner_id, after=at("2024-02-10 01:00"))
    assert late == (at("2024-02-10 01:00"), 50_00)
    story.release(on="2024-02-09 16:59:59")
    then = earnings.next_release(session, story.program, partner_id, after=at("2024-01-20"))
    assert then == (at("2024-02-09 17:00"), 40_00)


# The list.


def test_the_list_goes_back_in_time_page_by_page(story: Story) -> None:
    for number in range(1, 6):
        story.sell(f"S-{number}", on=f"2024-01-0{number}", amount=number * 10_00)
    for number in range(1, 4):
        story.complete(f"S-{number}", on="2024-01-10")
    story.refund(5, of="S-1", on="2024-01-11")
    everything = rows(story)
    assert everything == [
        ("clawback", "on_hold", -50, "S-1"),
        ("sale", "on_hold", 3_00, "S-3"),
        ("sale", "on_hold", 2_00, "S-2"),
        ("sale", "on_hold", 1_00, "S-1"),
        ("sale", "estimated", 5_00, "S-5"),
        ("sale", "estimated", 4_00, "S-4"),
    ]
    partner_id = story.partner("mai").id
    paged, before = [], None
    while page := earnings.listed(
        story.session, story.program, partner_id, before_id=before, limit=2
    ):
        paged += [(one.kind, one.state, one.amount_minor, one.sale_reference) for one in page]
        before = page[-1].id
    assert paged == everything
    assert rows(story, states=["estimated"]) == everything[4:]
    assert rows(story, since=at("2024-01-11")) == everything[:1]
    by_reference = earnings.listed(story.session, story.program, partner_id)
    assert [taken.amount_minor for taken in by_reference[3].clawbacks] == [-50]


def test_the_list_of_each_state_is_what_the_ledger_holds(session: Session) -> None:
    story = team(session)
    for number in range(1, 5):
        story.sell(f"S-{number}", lines=[make_line(1, number * 100_00, stock_code="VASE-1")])
    story.complete("S-1", "S-2", "S-3", on="2024-01-10")
    story.refund(3, of="S-1", on="2024-01-12")
    story.hold(story.commissions(reference="S-2:1")[0].id)
    story.release(on="2024-02-09")
    story.reject(story.commissions(reference="S-2:1")[0].id, on="2024-02-10")
    story.refund(2, of="S-3", on="2024-02-11")
    for code in ("mai", "dao"):
        found = earnings.listed(session, story.program, story.partner(code).id)
        listed = dict.fromkeys(("estimated", "on_hold", "held", "ready", "in_payout", "paid"), 0)
        for one in found:
            if one.state in listed:
                listed[one.state] += one.amount_minor
        assert tuple(listed.values()) == totals(story, code)
    told = {
        (one.kind, one.state): one.reason
        for one in earnings.listed(session, story.program, story.partner("mai").id)
    }
    assert told["sale", "rejected"] == "fraud"
    assert told["clawback", "ready"] == "return"
    assert told["sale", "ready"] is None


# The team.


def test_a_team_is_told_by_volume_and_what_it_earned(session: Session) -> None:
    story = team(session)
    story.enrol("an", sponsor_code="dao")
    story.enrol("thu")
    dao = story.partner("dao").id
    story.sell("S-1", by="mai", amount=100_00)
    story.sell("S-2", by="mai", on="2024-02-02", amount=50_00)
    story.sell("S-3", by="thu", amount=999_00)
    story.complete("S-1", "S-3", on="2024-01-31")
    story.complete("S-2", on="2024-02-03")
    story.refund(4, of="S-1", on="2024-02-05")
    january, february = (
        earnings.team(session, story.program, dao, month=parse_month(month))
        for month in ("2024-01", "2024-02")
    )
    # 3 % of 100.00 in January; of 50.00 less the 40.00 that came back in February
    assert [tuple(one)[1:] for one in january] == [
        ("An", "an", 0, 0, 0),
        ("Mai", "mai", 100_00, 3_00, 3_30),
    ]
    assert [tuple(one)[1:] for one in february] == [
        ("An", "an", 0, 0, 0),
        ("Mai", "mai", 10_00, 30, 3_30),
    ]
    assert sum(story.owed("dao")) == 3_30


# The sums.


def test_the_sum_of_a_sale_tells_lines_base_rate_and_reason(session: Session) -> None:
    story = team(session)
    lines = [make_line(n, amount, stock_code=f"VASE-{n}") for n, amount in ((1, 33_33), (2, 66_67))]
    story.sell(lines=[*lines, make_line(3, 10_00)])
    story.complete(on="2024-01-10")
    one = story.commissions(kind="sale")[0]
    found = earnings.sums(session, story.program, [one.id])[one.id]
    assert (found.kind, found.state, found.partner_code) == ("sale", "on_hold", "mai")
    (part,) = found.parts
    assert (part.base_minor, part.rate_bps, part.flat_minor) == (100_00, 12_00, None)
    assert (part.rule_name, found.plan_number, part.amount_minor) == ("rule 1", 1, 12_00)
    # 33.33 × 12 % = 3.9996 and 66.67 × 12 % = 8.0004: the one cent left over goes to line 1
    assert [(x.line_no, x.quantity, x.amount_minor, x.share_minor) for x in found.lines] == [
        (1, 10, 33_33, 4_00),
        (2, 10, 66_67, 8_00),
    ]
    assert found.brought is not None
    assert (found.brought.rule, found.brought.reason) == ("last_touch", "won")
    assert (found.brought.touch_kind, found.brought.days_before) == ("click", 0)
    assert (found.sale_reference, found.due_at) == ("S-1", at("2024-02-09"))
    assert (found.taken, found.payout, found.reason) == ((), None, None)


def test_what_came_back_before_and_after_completion_is_told_apart(session: Session) -> None:
    story = team(session)
    story.sell(lines=[make_line(1, 100_00, stock_code="VASE-1"), make_line(2, 50_00)])
    story.refund(2, line=1, on="2024-01-08")
    story.complete(on="2024-01-10")
    story.refund(4, line=1, on="2024-01-12", reason="broken")
    story.release(on="2024-02-09")
    story.refund(1, line=1, on="2024-02-20")
    one = story.commissions(kind="sale")[0]
    found = earnings.sums(session, story.program, [one.id])[one.id]
    (line,) = found.lines
    assert (line.quantity, line.amount_minor) == (10, 100_00)
    assert (line.returned_quantity, line.returned_minor, line.base_minor) == (2, 20_00, 80_00)
    assert (found.base_minor, found.amount_minor) == (80_00, 9_60)
    assert [(t.amount_minor, t.base_minor, t.state, t.reason) for t in found.taken] == [
        (-4_80, -40_00, "ready", "broken"),
        (-1_20, -10_00, "ready", "return"),
    ]
    assert (found.taken_minor, found.left_minor) == (-6_00, 3_60)
    taken = found.taken[0].id
    clawback = earnings.sums(session, story.program, [taken])[taken]
    assert (clawback.kind, clawback.original_id, clawback.original_minor) == (
        "clawback",
        found.id,
        9_60,
    )
    assert [(x.line_no, x.quantity, x.amount_minor, x.share_minor) for x in clawback.lines] == [
        (1, 4, -40_00, -4_80)
    ]
    assert (clawback.base_minor, clawback.amount_minor, clawback.reason) == (
        -40_00,
        -4_80,
        "broken",
    )


def test_a_flat_sum_has_no_rate(session: Session) -> None:
    story = team(session)
    story.sell(lines=[make_line(1, 7_00, stock_code="CARD")])
    story.complete(on="2024-01-10")
    (part,) = sum_of(story).parts
    assert (part.rate_bps, part.flat_minor, part.amount_minor) == (None, 50, 50)


def test_the_sum_of_an_override_names_the_seller_and_the_base(session: Session) -> None:
    story = team(session)
    story.sell(lines=[make_line(1, 100_00, stock_code="VASE-1"), make_line(2, 50_00)])
    story.refund(2, line=2, on="2024-01-08")
    story.complete(on="2024-01-10")
    found = sum_of(story, "override")
    assert (found.partner_code, found.seller_name) == ("dao", "Mai")
    (part,) = found.parts
    # 3 % of 100.00 + 40.00
    assert (part.base_minor, part.rate_bps, part.amount_minor) == (140_00, 3_00, 4_20)
    assert [(x.line_no, x.base_minor, x.share_minor) for x in part.lines] == [
        (1, 100_00, 3_00),
        (2, 40_00, 1_20),
    ]


def test_the_sum_of_a_bonus_tells_month_volume_and_tier(session: Session) -> None:
    story = team(session)
    story.sell(lines=[make_line(1, 250_00, stock_code="VASE-1")])
    story.complete(on="2024-01-10")
    story.award("2024-01", on="2024-02-01")
    of_mai = next(
        one.id
        for one in story.commissions(kind="bonus")
        if one.partner_id == story.partner("mai").id
    )
    found = earnings.sums(session, story.program, [of_mai])[of_mai]
    assert (found.month, found.base_minor, found.amount_minor) == ("2024-01", 250_00, 2_50)
    assert found.tier == Tier("koc", 100_00, 100)
    assert (found.plan_number, found.sale_reference, found.lines) == (1, None, ())


def test_a_paid_sum_names_its_payout(story: Story) -> None:
    story.sell()
    story.complete(on="2024-01-10")
    story.release(on="2024-02-09")
    payout = story.pay_out(on="2024-02-10")
    found = sum_of(story).payout
    assert found is not None
    assert (found.id, found.state, found.rail) == (payout.id, "settled", "test")
    assert found.settled_at == at("2024-02-10")
    story.give_back(payout, on="2024-02-20")
    assert sum_of(story).payout is None


def test_an_estimate_has_a_part_for_each_rule_and_belongs_to_its_reader(session: Session) -> None:
    story = team(session)
    story.sell(lines=[make_line(1, 100_00, stock_code="VASE-1"), make_line(2, 50_00)])
    (mine,) = earnings.listed(session, story.program, story.partner("mai").id)
    found = earnings.sums(session, story.program, [mine.id])[mine.id]
    assert [(p.base_minor, p.rate_bps, p.amount_minor) for p in found.parts] == [
        (100_00, 12_00, 12_00),
        (50_00, 8_00, 4_00),
    ]
    assert (found.state, found.amount_minor, found.base_minor) == ("estimated", 16_00, 150_00)
    dao = story.partner("dao").id
    (led,) = earnings.listed(session, story.program, dao)
    found = earnings.sums(session, story.program, [led.id], partner_id=dao)[led.id]
    assert (found.kind, found.seller_name, found.amount_minor) == ("override", "Mai", 4_50)
    stranger = story.enrol("thu").id
    assert earnings.sums(session, story.program, [led.id], partner_id=stranger) == {}


def test_another_programs_sums_are_not_told(story: Story) -> None:
    story.sell()
    story.complete(on="2024-01-10")
    other = make_program(story.session, code="tulips")
    assert earnings.sums(story.session, other, [story.id_of()]) == {}


def test_reading_many_costs_no_more_statements_than_reading_one(session: Session) -> None:
    story = team(session)
    partner_id = story.partner("mai").id

    def statements() -> int:
        ran: list[str] = []
        connection = session.connection()

        def note(*told: object) -> None:
            ran.append(str(told[2]))

        event.listen(connection, "before_cursor_execute", note)
        earnings.totals(session, story.program, partner_id)
        page = earnings.listed(session, story.program, partner_id)
        earnings.sums(session, story.program, [one.id for one in page])
        event.remove(connection, "before_cursor_execute", note)
        return len(ran)

    def trade(first: int, last: int) -> None:
        for number in range(first, last):
            story.sell(f"S-{number}")
            story.sell(f"O-{number}")
            story.complete(f"S-{number}")
            story.refund(1, of=f"S-{number}")
        session.flush()

    trade(1, 2)
    one = statements()
    trade(2, 12)
    assert statements() == one
    assert session.query(Commission).count() > 40


def test_a_rejected_sum_that_came_back_later_keeps_its_base(story: Story) -> None:
    story.sell()
    story.complete(on="2024-01-10")
    story.reject(story.id_of())
    story.refund(4, on="2024-01-20")
    found = sum_of(story)
    assert (found.state, found.reason, found.base_minor) == ("rejected", "fraud", 100_00)
    assert [line.returned_minor for line in found.lines] == [0]
