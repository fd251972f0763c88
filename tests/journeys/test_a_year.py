"""One program through a whole year of trade: sales, returns, months, payouts that fail and debts.

The sums are kept beside the books in the plainest way, and compared with them month by month.
"""

from __future__ import annotations

import random
from collections import Counter

from sqlalchemy.orm import Session

from commissions import ledger, statements
from commissions.periods import parse_month
from commissions.tiers import Tier
from tests.factories import make_line, make_plan, make_program, make_rule
from tests.story import Owed, Story

PLAN = make_plan(
    make_rule(1, stock_codes=("VASE",), rate_bps=1_200),
    make_rule(2, rate_bps=800),
    tiers=[Tier("koc", 500_00, 100), Tier("distributor", 800_00, 50)],
    override_bps=200,
)
TEAM = ("dao", "mai", "linh")


def test_a_year_of_trade_is_told_alike_by_balances_statements_and_payouts(
    session: Session,
) -> None:
    draw = random.Random("a year")
    program = make_program(session, PLAN, time_zone="Asia/Ho_Chi_Minh", hold_days=14)
    story = Story(session, program)
    story.enrol("dao", kind="distributor")
    for code in TEAM[1:]:
        story.enrol(code, sponsor_code="dao")
    paid: Counter[str] = Counter()
    for number in range(1, 13):
        month = parse_month(f"2024-{number:02}")
        trade(story, draw, str(month))
        story.close(str(month), on=f"{month.next()}-02")
        story.release(on=f"{month.next()}-02")
        paid += pay(story, draw, f"{month.next()}-05")
        told = Counter[str]()
        for row in statements.by_partner_and_month(session, story.program):
            told[row.partner_code] += row.net_minor
        held = {code: sum(story.owed(code)) for code in TEAM}
        assert {code: told[code] - paid[code] for code in TEAM} == held
        house = story.house()
        assert house.commission + house.bonus == sum(told.values())
        assert house.cash == paid.total()
    report = ledger.verify(session, story.program)
    assert (report.balanced, report.seals) == (True, 12)
    assert paid.total() > 1_000_00, "a year in which nothing happened proves nothing"
    assert story.owed("mai") != Owed()
    assert story.books_hold()


def trade(story: Story, draw: random.Random, month: str) -> None:
    """Sell, complete, cancel and take back eight orders of a month."""
    for number in range(8):
        day = f"{month}-{draw.randint(1, 27):02}"
        reference = f"{month}/{number}"
        lines = [
            make_line(1, draw.randint(1, 300_00), quantity=draw.randint(1, 5), stock_code="VASE"),
            make_line(2, draw.randint(1, 90_00), quantity=draw.randint(1, 5)),
        ]
        story.sell(reference, by=draw.choice(TEAM), on=f"{day} 10:00", lines=lines)
        if number == 0:
            story.cancel(reference, on=f"{day} 11:00")
            continue
        if number == 1:
            story.refund(1, of=reference, line=draw.randint(1, 2), on=f"{day} 11:00")
        story.complete(reference, on=f"{day} 12:00")
        if number in {2, 3}:
            story.refund(1, of=reference, line=number - 1, on=f"{day} 13:00")
        if number == 4:
            story.refund(of=reference, on=f"{day} 13:00", reason="fraud")
        if number == 5 and month > "2024-01":
            # A return of an order of a month that is sealed, told with its own date.
            earlier = f"2024-{int(month[-2:]) - 1:02}"
            story.refund(of=f"{earlier}/6", on=f"{earlier}-28", reference=f"late {month}")


def pay(story: Story, draw: random.Random, day: str) -> Counter[str]:
    """Pay everybody who can be paid; some payouts fail, some come back. Return what stays paid."""
    paid: Counter[str] = Counter()
    codes = {story.partner(code).id: code for code in TEAM}
    for payout in story.build(day).payouts:
        story.approve(payout, on=day)
        story.send(payout, on=day)
        end = draw.choice(["arrives", "arrives", "arrives", "fails", "comes back"])
        if end == "fails":
            story.fail(payout, on=day)
            continue
        story.settle(payout, on=day)
        if end == "comes back":
            story.give_back(payout, on=day)
            continue
        paid[codes[payout.partner_id]] += payout.amount_minor
    return paid
