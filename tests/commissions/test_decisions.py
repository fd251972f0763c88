"""The small decisions, as tables: who earns, who is the buyer, which tier, which move."""

# ruff: noqa: RUF001 -- some people type with wide letters
from __future__ import annotations

from datetime import datetime

import pytest

from commissions import attribution, identity, risk, states, tiers
from commissions.errors import StateConflict
from commissions.risk import Identity
from commissions.states import (
    BATCH_MOVES,
    COMMISSION_MOVES,
    MONEY_LIES_IN,
    PAYOUT_MOVES,
    SALE_MOVES,
    BatchState,
    CommissionState,
    PayoutState,
    SaleState,
)
from commissions.tiers import Standing, Tier
from commissions.values import Buyer, Touch
from tests.factories import at, make_touch

MAI, LINH = 1, 2
PAID = at("2024-03-31 12:00")
IN_TIME, LAST_WEEK, TOO_OLD, TOO_LATE = (
    at(day) for day in ("2024-03-30", "2024-03-24", "2024-02-01", "2024-04-01")
)


@pytest.mark.parametrize(
    ("touches", "own", "earns", "reason", "verdicts"),
    [
        ([], [], None, "no touch", []),
        ([(MAI, IN_TIME)], [], MAI, "won", ["won"]),
        ([(MAI, TOO_OLD)], [], None, "outside the window", ["outside the window"]),
        ([(MAI, TOO_LATE)], [], None, "outside the window", ["after the sale"]),
        ([(MAI, LAST_WEEK), (LINH, IN_TIME)], [], LINH, "won", ["an earlier touch", "won"]),
        ([(LINH, IN_TIME), (MAI, LAST_WEEK)], [], LINH, "won", ["won", "an earlier touch"]),
        ([(MAI, IN_TIME), (LINH, IN_TIME)], [], LINH, "won", ["an earlier touch", "won"]),
        ([(MAI, IN_TIME), (LINH, TOO_OLD)], [], MAI, "won", ["won", "outside the window"]),
        ([(MAI, IN_TIME)], [MAI], None, "self-purchase", ["self-purchase"]),
        (
            [(LINH, LAST_WEEK), (MAI, IN_TIME)],
            [MAI],
            None,
            "self-purchase",
            ["an earlier touch", "self-purchase"],
        ),
        (
            [(MAI, LAST_WEEK), (LINH, IN_TIME)],
            [MAI],
            LINH,
            "won",
            ["an earlier touch", "won"],
        ),
    ],
)
def test_the_last_touch_in_the_window_earns_the_sale(
    touches: list[tuple[int, datetime]],
    own: list[int],
    earns: int | None,
    reason: str,
    verdicts: list[str],
) -> None:
    decided = attribution.attribute(
        [make_touch(partner, when) for partner, when in touches],
        paid_at=PAID,
        window_days=30,
        self_purchases=frozenset(own),
    )
    assert (decided.partner_id, decided.reason) == (earns, reason)
    assert [one.verdict for one in decided.verdicts] == verdicts
    assert decided.rule == "last_touch"


def test_a_touch_told_in_another_zone_is_the_same_instant() -> None:
    touch = Touch(MAI, "click", at("2024-03-31 19:00+07:00"))
    assert attribution.attribute([touch], paid_at=PAID, window_days=0).partner_id == MAI


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("mai@example.com", "mai@example.com"),
        (" Mai@Example.COM ", "mai@example.com"),
        ("mai+roses@example.com", "mai@example.com"),
        ("m.a.i@gmail.com", "mai@gmail.com"),
        ("m.a.i+x@googlemail.com", "mai@gmail.com"),
        ("m.a.i@example.com", "m.a.i@example.com"),
        ("ＭＡＩ＠example．com", "mai@example.com"),
        ("mai", None),
        ("@example.com", None),
        ("+roses@example.com", None),
        ("mai@", None),
        ("", None),
        (None, None),
    ],
)
def test_a_mail_address_has_one_spelling(typed: str | None, normal: str | None) -> None:
    assert identity.normal_email(typed) == normal


@pytest.mark.parametrize(
    ("typed", "country", "normal"),
    [
        ("0901234567", "VN", "+84901234567"),
        ("0901 234 567", "VN", "+84901234567"),
        ("+84901234567", "VN", "+84901234567"),
        ("+84901234567", None, "+84901234567"),
        ("+84 (0) 901-234-567", "GB", "+84901234567"),
        ("0084901234567", "VN", "+84901234567"),
        ("84901234567", "VN", "+84901234567"),
        ("０９０１２３４５６７", "VN", "+84901234567"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("0901234567", None, None),
        ("12", "VN", None),
        ("+999123", None, None),
        ("call me", "VN", None),
        ("", "VN", None),
        (None, None, None),
    ],
)
def test_a_phone_number_has_one_spelling(
    typed: str | None, country: str | None, normal: str | None
) -> None:
    assert identity.normal_phone(typed, country) == normal


WHOLE = Identity(MAI, "u-1", "mai@gmail.com", "+84901234567", "VN")
BARE = Identity(MAI, None, None, None, None)


@pytest.mark.parametrize(
    ("buyer", "partner", "by"),
    [
        (Buyer(account="u-1"), WHOLE, "account"),
        (Buyer(account="u-2", email="m.ai@gmail.com"), WHOLE, "email"),
        (Buyer(phone="0901 234 567"), WHOLE, "phone"),
        (Buyer(account="u-2", email="linh@gmail.com", phone="0901234568"), WHOLE, None),
        (Buyer(), WHOLE, None),
        (Buyer(), BARE, None),
        (Buyer(account="", email="", phone=""), BARE, None),
        (Buyer(email="no mail", phone="no phone"), BARE, None),
        (Buyer(phone="0901234567"), BARE, None),
    ],
)
def test_the_buyer_is_the_partner_by_account_mail_or_phone(
    buyer: Buyer, partner: Identity, by: str | None
) -> None:
    assert risk.self_purchase(buyer, partner) == by


LADDER = [Tier("koc", 200, 200), Tier("koc", 100, 100), Tier("distributor", 300, 50)]


@pytest.mark.parametrize(
    ("standings", "bonuses"),
    [
        ([Standing(MAI, "koc", None, 99)], {}),
        ([Standing(MAI, "koc", None, 100)], {MAI: 1}),
        ([Standing(MAI, "koc", None, 199)], {MAI: 2}),
        ([Standing(MAI, "koc", None, 200)], {MAI: 4}),
        ([Standing(MAI, "koc", None, -5_000)], {}),
        ([Standing(MAI, "kol", None, 5_000)], {}),
        # a distributor: own and team, minus what a member owes, floored at nothing once
        (
            [Standing(LINH, "distributor", None, 100), Standing(MAI, "koc", LINH, 200)],
            {LINH: 2, MAI: 4},
        ),
        (
            [Standing(LINH, "distributor", None, 400), Standing(MAI, "koc", LINH, -101)],
            {},
        ),
        (
            [Standing(LINH, "distributor", None, -100), Standing(MAI, "koc", LINH, 400)],
            {LINH: 2, MAI: 8},
        ),
        (
            [Standing(LINH, "distributor", None, -900), Standing(MAI, "koc", LINH, 400)],
            {MAI: 8},
        ),
        # a team counts for distributors alone
        ([Standing(LINH, "koc", None, 0), Standing(MAI, "koc", LINH, 400)], {MAI: 8}),
        ([], {}),
    ],
)
def test_a_volume_earns_the_rate_of_the_highest_tier_that_it_reaches(
    standings: list[Standing], bonuses: dict[int, int]
) -> None:
    earned = tiers.bonuses(standings, LADDER)
    assert {bonus.partner_id: bonus.amount_minor for bonus in earned} == bonuses


def test_a_bonus_too_small_to_be_paid_is_none() -> None:
    assert tiers.bonuses([Standing(MAI, "koc", None, 49)], [Tier("koc", 1, 100)]) == []
    (bonus,) = tiers.bonuses([Standing(MAI, "koc", None, 50)], [Tier("koc", 1, 100)])
    assert (bonus.volume_minor, bonus.amount_minor) == (50, 1)


def test_without_tiers_nobody_earns_a_bonus() -> None:
    assert tiers.bonuses([Standing(MAI, "koc", None, 10**9)], []) == []


MACHINES = {
    "sale": (SALE_MOVES, SaleState),
    "commission": (COMMISSION_MOVES, CommissionState),
    "batch": (BATCH_MOVES, BatchState),
    "payout": (PAYOUT_MOVES, PayoutState),
}


@pytest.mark.parametrize("machine", MACHINES)
def test_a_move_that_is_not_allowed_is_refused_and_says_what_is(machine: str) -> None:
    moves, every_state = MACHINES[machine]
    for was in every_state:
        for to in every_state:
            if to in moves.get(was, ()):
                states.check_move(moves, was, to, what="It")
                continue
            with pytest.raises(StateConflict, match=f"It is {was} and can't become {to}; allowed"):
                states.check_move(moves, was, to, what="It")


def test_what_is_done_moves_no_more_and_holds_no_money() -> None:
    done = {CommissionState.REJECTED, CommissionState.REVERSED}
    assert done == {*CommissionState} - COMMISSION_MOVES.keys()
    assert {*CommissionState} - MONEY_LIES_IN.keys() == done | {CommissionState.PAID}
    assert {*PayoutState} - PAYOUT_MOVES.keys() == {PayoutState.FAILED, PayoutState.RETURNED}
