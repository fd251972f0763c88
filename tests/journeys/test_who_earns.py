"""Who earns a sale: the last touch in the window, never the buyer; and the sponsor above."""

from __future__ import annotations

from typing import Any

import pytest

from commissions import clicks
from commissions.models import AttributionDecision
from commissions.values import Buyer
from tests.factories import (
    at,
    make_buyer,
    make_click,
    make_line,
    make_plan,
    make_program,
    make_rule,
    make_sale,
    make_touch,
)
from tests.story import NOTHING, Owed, Story

PAID = at("2024-03-31 12:00")


def decision(story: Story) -> tuple[int | None, str, list[str]]:
    """Return whom the only sale's decision named, why, and each touch's verdict."""
    row = story.session.query(AttributionDecision).one()
    return row.partner_id, row.reason, [touch["verdict"] for touch in row.touches]


@pytest.mark.parametrize(
    ("touched", "estimate", "reason"),
    [
        ("2024-03-01 11:59:59.999999", 0, "outside the window"),
        ("2024-03-01 12:00", 10_00, "won"),
        ("2024-03-31 12:00", 10_00, "won"),
        ("2024-03-31 12:00:00.000001", 0, "outside the window"),
        ("2024-03-01 12:00+01:00", 0, "outside the window"),
    ],
)
def test_a_click_earns_from_thirty_days_before_the_payment_to_the_payment_itself(
    story: Story, touched: str, estimate: int, reason: str
) -> None:
    sale = make_sale(paid_at=PAID, touches=(make_touch(story.partner("mai"), at(touched)),))
    assert story.record(sale).estimated_minor == estimate
    assert decision(story)[1] == reason
    story.complete(on="2024-04-01")
    assert story.owed() == Owed(accrued=estimate)
    assert story.books_hold()


def test_the_window_of_a_program_may_be_nothing_at_all(story: Story) -> None:
    program = make_program(story.session, code="instant", window_days=0)
    instant = Story(story.session, program)
    mai = instant.enrol("mai")
    early = make_touch(mai, at("2024-03-31 11:59:59.999999"))
    assert instant.record(make_sale("S-1", paid_at=PAID, touches=(early,))).partner_id is None
    same = make_touch(mai, PAID)
    assert instant.record(make_sale("S-2", paid_at=PAID, touches=(same,))).partner_id == mai.id


def test_the_last_of_several_touches_earns_and_all_are_kept_with_their_verdicts(
    story: Story,
) -> None:
    mai, linh = story.partner("mai"), story.enrol("linh")
    touches = (
        make_touch(mai, at("2024-01-01")),
        make_touch(mai, at("2024-03-20"), "coupon"),
        make_touch(linh, at("2024-03-25"), "scan"),
        make_touch(mai, at("2024-03-24"), "shop_page"),
        make_touch(mai, at("2024-04-01")),
    )
    recorded = story.record(make_sale(paid_at=PAID, touches=touches))
    assert recorded.partner_id == linh.id
    verdicts = ["outside the window", "an earlier touch", "won", "an earlier touch"]
    assert decision(story) == (linh.id, "won", [*verdicts, "after the sale"])


def test_of_two_touches_at_the_same_instant_the_one_told_last_earns(story: Story) -> None:
    mai, linh = story.partner("mai"), story.enrol("linh")
    touches = make_touch(linh, at("2024-03-25")), make_touch(mai, at("2024-03-25"))
    assert story.record(make_sale(paid_at=PAID, touches=touches)).partner_id == mai.id


def test_touches_of_a_visitor_are_found_again_oldest_first(story: Story) -> None:
    mai = story.partner("mai")
    late = make_click(story.session, story.program, mai, when=at("2024-03-20"), visitor="v-7")
    early = make_click(story.session, story.program, mai, when=at("2024-03-10"), visitor="v-7")
    make_click(story.session, story.program, mai, when=at("2024-03-15"), visitor="v-8")
    seen = clicks.of_visitor(story.session, story.program, "v-7", since=at("2024-03-10"))
    assert seen == [early, late]
    later = clicks.of_visitor(story.session, story.program, "v-7", since=at("2024-03-11"))
    assert later == [late]


def test_a_touch_of_another_programs_partner_is_no_touch(story: Story) -> None:
    stranger = Story(story.session, make_program(story.session, code="tulips")).enrol("tom")
    sale = make_sale(paid_at=PAID, touches=(make_touch(stranger, at("2024-03-20")),))
    assert story.record(sale).partner_id is None
    assert decision(story) == (None, "no touch", [])


@pytest.mark.parametrize(
    ("buyer", "is_mai"),
    [
        ({"account": "u-1"}, True),
        ({"account": "U-1"}, False),
        ({"email": "mai.tran@gmail.com"}, True),
        ({"email": "M.a.i.Tran+roses@GoogleMail.com "}, True),
        ({"email": "maitran@example.com"}, False),
        ({"phone": "0901 234 567"}, True),
        ({"phone": "+84 901 234 567"}, True),
        ({"phone": "0084-901-234-567"}, True),
        ({"phone": "+84 (0)901.234.567"}, True),
        ({"phone": "+84 901 234 568"}, False),
        ({"phone": "no phone", "email": "no mail"}, False),
        ({}, False),
    ],
)
def test_a_buyer_who_is_the_partner_earns_nothing(
    story: Story, buyer: dict[str, Any], *, is_mai: bool
) -> None:
    story.enrol("mai", account="u-1", email="maitran@gmail.com", phone="0901234567", country="VN")
    recorded = story.sell(buyer=make_buyer(**buyer))
    assert (recorded.partner_id is None) == is_mai
    assert decision(story)[1] == ("self-purchase" if is_mai else "won")
    story.complete()
    assert story.owed() == (NOTHING if is_mai else Owed(accrued=10_00))
    assert story.books_hold()


def test_a_partner_of_whom_little_is_known_is_no_buyer_of_whom_little_is_known(
    story: Story,
) -> None:
    assert story.sell(buyer=Buyer()).partner_id is not None


def test_a_buyers_own_last_touch_hands_the_sale_to_nobody_else(story: Story) -> None:
    mai, linh = story.enrol("mai", account="u-1"), story.enrol("linh")
    touches = make_touch(linh, at("2024-03-20")), make_touch(mai, at("2024-03-25"))
    sale = make_sale(paid_at=PAID, touches=touches, buyer=make_buyer(account="u-1"))
    assert story.record(sale).partner_id is None
    assert decision(story) == (None, "self-purchase", ["an earlier touch", "self-purchase"])


def test_a_buyers_earlier_touch_does_not_take_the_sale_from_another(story: Story) -> None:
    mai, linh = story.enrol("mai", account="u-1"), story.enrol("linh")
    touches = make_touch(mai, at("2024-03-20")), make_touch(linh, at("2024-03-25"))
    sale = make_sale(paid_at=PAID, touches=touches, buyer=make_buyer(account="u-1"))
    assert story.record(sale).partner_id == linh.id


# The sponsor above.


def with_team(story: Story) -> Story:
    """A program of 12 % on vases, nothing on samples, 8 % on the rest; 2 % for the sponsor."""
    rules = (
        make_rule(1, stock_codes=("VASE*",), rate_bps=1_200),
        make_rule(2, stock_codes=("SAMPLE*",), rate_bps=0),
        make_rule(3, rate_bps=800),
    )
    plan = make_plan(*rules, override_bps=200)
    told = Story(story.session, make_program(story.session, plan, code="team"))
    told.enrol("dao", kind="distributor")
    told.enrol("mai", sponsor_code="dao")
    return told


LINES = (
    make_line(1, 100_00, stock_code="VASE-1"),
    make_line(2, 50_00, stock_code="SAMPLE-1"),
    make_line(3, 25_00, stock_code="ROSE"),
)


def test_a_sponsor_earns_on_the_base_for_which_the_seller_is_paid(story: Story) -> None:
    team = with_team(story)
    assert team.sell(lines=LINES).estimated_minor == 14_00
    assert team.complete() == [("S-1", 3, 16_50, True)]
    assert team.owed("mai") == Owed(accrued=14_00)
    assert team.owed("dao") == Owed(accrued=2_50), "2 % of 125.00; samples pay nobody"
    assert [row.base_minor for row in team.commissions()] == [100_00, 25_00, 125_00]

    team.refund(5, line=2, on="2024-01-20")
    assert (team.owed("mai"), team.owed("dao")) == (Owed(14_00), Owed(2_50))
    team.refund(5, line=1, on="2024-01-21")
    assert (team.owed("mai"), team.owed("dao")) == (Owed(8_00), Owed(1_50))
    team.refund(on="2024-01-22")
    assert (team.owed("mai"), team.owed("dao")) == (NOTHING, NOTHING)
    assert {*team.states()} == {"reversed"}
    assert team.books_hold()


def test_a_distributor_who_sells_alone_has_nobody_above(story: Story) -> None:
    team = with_team(story)
    team.sell(by="dao", lines=LINES)
    assert team.complete() == [("S-1", 2, 14_00, True)]
    assert team.owed("dao") == Owed(accrued=14_00)
    assert team.books_hold()


def test_the_sponsor_at_payment_is_paid_and_later_changes_move_nothing(story: Story) -> None:
    team = with_team(story)
    team.enrol("duc", kind="distributor")
    team.sell(lines=LINES)
    team.enrol("mai", sponsor_code="duc")
    team.complete()
    assert team.owed("dao") == Owed(accrued=2_50)
    team.refund(5, line=1, on="2024-01-20")
    assert team.owed("dao") == Owed(accrued=1_50)
    team.enrol("mai")
    team.refund(on="2024-01-21")
    assert team.owed("dao") == NOTHING
    assert team.owed("duc") == NOTHING
    assert team.books_hold()


def test_a_sale_paid_before_there_was_a_sponsor_has_none(story: Story) -> None:
    team = with_team(story)
    team.enrol("mai")
    team.sell(lines=LINES)
    team.enrol("mai", sponsor_code="dao")
    assert team.complete() == [("S-1", 2, 14_00, True)]
    assert team.owed("dao") == NOTHING
    assert team.books_hold()


def test_rejecting_the_sellers_commission_leaves_the_sponsors_to_be_decided(story: Story) -> None:
    team = with_team(story)
    team.sell(lines=LINES)
    team.complete()
    team.reject(*(row.id for row in team.commissions(kind="sale")))
    assert team.owed("mai") == NOTHING
    assert team.owed("dao") == Owed(accrued=2_50)
    team.reject(team.id_of("override"))
    assert team.owed("dao") == NOTHING
    assert team.house().commission == 0
    assert team.books_hold()


def test_a_partners_kind_and_terms_are_those_of_the_day_of_payment(story: Story) -> None:
    rules = (make_rule(1, partner_kinds=("kol",), rate_bps=2_000), make_rule(2))
    told = Story(story.session, make_program(story.session, make_plan(*rules), code="kinds"))
    told.enrol("mai", kind="kol")
    told.sell()
    told.enrol("mai", kind="koc")
    told.program.hold_days = 7
    told.complete(on="2024-01-10")
    assert told.owed() == Owed(accrued=20_00)
    assert told.release(on="2024-02-08") == (0, 0), "the hold of the day of payment was 30 days"
    assert told.release(on="2024-02-09") == (1, 20_00)
    assert told.books_hold()
