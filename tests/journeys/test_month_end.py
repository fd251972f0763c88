"""The month closes: bonuses by tier are awarded, the month is sealed, late returns land behind it.

KOCs earn 1 % of a month's volume from 1,000.00 on and 2 % from 5,000.00 on; distributors 0.5 % of
their own and their team's from 2,000.00 on. Every sale earns 10 % besides.
"""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from commissions import programs
from commissions.closing import due_months
from commissions.errors import BooksBroken, MonthOpen, MonthSealed
from commissions.models import RefundRecord
from commissions.periods import parse_month
from commissions.tiers import Tier
from tests.factories import at, make_plan, make_program
from tests.story import NOTHING, House, Owed, Story, refused

TIERS = (
    Tier("koc", 1_000_00, 100),
    Tier("koc", 5_000_00, 200),
    Tier("distributor", 2_000_00, 50),
)


@pytest.fixture
def story(session: Session) -> Story:
    """A program with tiers, the distributor Dao, and in her team the KOCs Mai and Linh."""
    told = Story(session, make_program(session, make_plan(tiers=TIERS)))
    told.enrol("dao", kind="distributor")
    told.enrol("mai", sponsor_code="dao")
    told.enrol("linh", sponsor_code="dao")
    return told


def sold(story: Story, amount: int, *, by: str = "mai", on: str = "2024-01-10") -> str:
    """Sell and complete one order on a day, and return its reference."""
    reference = f"S-{by}-{on}-{amount}"
    story.sell(reference, by=by, on=on, amount=amount)
    story.complete(reference, on=on)
    return reference


def bonuses_of(story: Story) -> dict[str, int]:
    """Return the bonuses by reference, which is month and partner."""
    return {row.reference: row.amount_minor for row in story.commissions(kind="bonus")}


@pytest.mark.parametrize(
    ("volume", "bonus"),
    [
        (999_99, 0),
        (1_000_00, 10_00),
        (1_000_49, 10_00),
        (1_000_50, 10_01),
        (4_999_99, 50_00),
        (5_000_00, 100_00),
        (7_777_77, 155_56),
    ],
)
def test_the_tier_that_the_volume_reaches_pays_its_rate_of_the_whole_volume(
    story: Story, volume: int, bonus: int
) -> None:
    story.enrol("khoa")
    sold(story, volume, by="khoa")
    awarded = story.close("2024-01")
    assert awarded == ("2024-01", int(bonus > 0), bonus, True)
    assert story.house().bonus == bonus
    assert story.books_hold()


def test_a_bonus_is_earned_at_the_months_last_instant_and_due_after_the_hold(story: Story) -> None:
    sold(story, 1_000_00)
    story.close("2024-01")
    assert bonuses_of(story) == {"2024-01:mai": 10_00}
    assert story.owed(as_of="2024-01-31 23:59:59.999998") == Owed(accrued=100_00)
    assert story.owed(as_of="2024-01-31 23:59:59.999999") == Owed(accrued=110_00)
    assert story.house(as_of="2024-01-31 23:59:59.999999") == House(100_00, bonus=10_00)

    story.release(on="2024-02-09")
    assert story.owed() == Owed(accrued=10_00, payable=100_00)
    story.release(on="2024-03-01")
    assert story.owed() == Owed(accrued=10_00, payable=100_00), "due a microsecond before 2 March"
    story.release(on="2024-03-02")
    assert story.owed() == Owed(payable=110_00)
    assert story.pay_out(on="2024-03-03").amount_minor == 110_00
    assert story.house() == House(commission=100_00, bonus=10_00, cash=110_00)
    assert story.books_hold()


def test_a_distributors_volume_is_their_own_and_that_of_the_team(story: Story) -> None:
    sold(story, 500_00, by="dao")
    sold(story, 900_00, by="mai")
    sold(story, 600_00, by="linh")
    story.close("2024-01")
    assert bonuses_of(story) == {"2024-01:dao": 10_00}
    assert story.owed("dao") == Owed(accrued=60_00)
    assert story.books_hold()


def test_a_teams_returns_lower_the_distributors_volume_before_it_is_floored(story: Story) -> None:
    late = sold(story, 400_00, by="linh", on="2024-01-10")
    story.close("2024-01")
    sold(story, 2_300_00, by="dao", on="2024-02-10")
    story.refund(of=late, on="2024-02-12")
    story.close("2024-02")
    # 2,300.00 − 400.00 is below 2,000.00: Linh's minus is hers, and her team's.
    assert bonuses_of(story) == {}
    assert story.books_hold()


def test_a_month_of_returns_alone_earns_nothing_and_owes_no_bonus(story: Story) -> None:
    sale = sold(story, 1_000_00, on="2024-01-10")
    story.close("2024-01")
    story.refund(of=sale, on="2024-02-12")
    assert story.close("2024-02") == ("2024-02", 0, 0, True)
    sold(story, 1_000_00, on="2024-03-10")
    story.close("2024-03")
    assert bonuses_of(story) == {"2024-01:mai": 10_00, "2024-03:mai": 10_00}
    assert story.owed() == Owed(accrued=120_00)
    assert story.books_hold()


def test_a_return_in_the_same_month_lowers_the_bonus(story: Story) -> None:
    sale = sold(story, 5_000_00)
    story.refund(1, of=sale, on="2024-01-20")
    story.close("2024-01")
    assert bonuses_of(story)["2024-01:mai"] == 45_00
    assert bonuses_of(story)["2024-01:dao"] == 22_50
    assert story.books_hold()


def test_a_refund_of_a_sealed_months_sale_lands_at_the_first_instant_of_the_open_month(
    story: Story,
) -> None:
    sale = sold(story, 1_000_00, on="2024-01-10")
    story.close("2024-01")
    told = story.refund(5, of=sale, on="2024-01-25")
    assert told.amount_minor == -50_00
    refund = story.session.query(RefundRecord).one()
    assert refund.occurred_at == at("2024-01-25")
    assert refund.effective_at == at("2024-02-01")
    assert story.owed(as_of="2024-01-31 23:59:59.999999") == Owed(accrued=110_00)
    assert story.owed(as_of="2024-02-01") == Owed(accrued=60_00)
    assert bonuses_of(story) == {"2024-01:mai": 10_00}, "what was awarded stays"

    sold(story, 1_400_00, on="2024-02-10")
    story.close("2024-02")
    assert "2024-02:mai" not in bonuses_of(story), "1,400.00 less the late 500.00"
    assert story.books_hold()


def test_a_rejected_sale_counts_for_no_tier_and_a_stopped_one_does(story: Story) -> None:
    rejected = sold(story, 600_00, by="mai")
    sold(story, 1_000_00, by="linh")
    story.refund(1, of=rejected, on="2024-01-12")
    mine, hers, _ = (row.id for row in story.commissions())
    story.reject(mine)
    story.hold(hers)
    sold(story, 999_99, by="mai", on="2024-01-20")
    story.close("2024-01")
    assert bonuses_of(story) == {"2024-01:linh": 10_00}
    assert story.books_hold()


def test_a_bonus_can_be_stopped_lifted_and_rejected(story: Story) -> None:
    sold(story, 1_000_00)
    story.close("2024-01")
    bonus = story.id_of("bonus")
    story.hold(bonus, on="2024-02-02")
    story.release(on="2024-03-10")
    assert story.owed() == Owed(accrued=10_00, payable=100_00)
    story.lift(bonus, on="2024-03-11")
    story.reject(bonus, on="2024-03-12")
    assert story.owed() == Owed(payable=100_00)
    assert story.house() == House(commission=100_00)
    assert story.books_hold()


def test_the_plan_in_force_at_the_months_last_instant_has_the_tiers(story: Story) -> None:
    sold(story, 1_000_00, on="2024-01-10")
    doubled = make_plan(tiers=[Tier("koc", 1_000_00, 200)])
    programs.publish_plan(
        story.session, story.program, doubled, effective_from=at("2024-01-31 23:00")
    )
    story.close("2024-01")
    assert bonuses_of(story) == {"2024-01:mai": 20_00}
    assert story.books_hold()


def test_a_month_before_the_first_plan_has_no_tiers_and_closes(session: Session) -> None:
    program = make_program(session, make_plan(tiers=TIERS), since=at("2024-02-01"))
    story = Story(session, program)
    story.sell(by=None, on="2024-01-10")
    assert due_months(session, program, parse_month("2024-02")) == [
        parse_month("2024-01"),
        parse_month("2024-02"),
    ]
    assert story.close("2024-01") == ("2024-01", 0, 0, True)
    assert story.close("2024-02") == ("2024-02", 0, 0, True)
    assert story.books_hold()


def test_every_step_of_a_sealed_month_can_be_replayed_and_changes_nothing(story: Story) -> None:
    def january() -> None:
        sale = sold(story, 1_000_00, on="2024-01-10")
        story.refund(1, of=sale, on="2024-01-20")
        story.sell("S-2", on="2024-01-11")
        story.cancel("S-2")
        story.close("2024-01")

    january()
    before = story.owed(), story.house(), len(story.commissions())
    january()
    assert (story.owed(), story.house(), len(story.commissions())) == before
    assert story.owed() == Owed(accrued=90_00)
    assert story.award("2024-01", on="2024-02-01").new is False
    assert story.books_hold()


def test_nothing_new_is_booked_into_a_sealed_month(story: Story) -> None:
    sold(story, 1_000_00, on="2024-01-01")
    story.sell("S-late", on="2024-01-30")
    story.close("2024-01")
    told = "sealed month", "2024-02-01T00:00:00+00:00 or later"
    with refused(story.session, MonthSealed, *told, "S-late:1"):
        story.complete("S-late", on="2024-01-31 23:59:59.999999")
    with refused(story.session, MonthSealed, *told, "reject"):
        story.reject(story.id_of(), on="2024-01-31")
    with refused(story.session, MonthSealed, *told, "release"):
        story.release(on="2024-01-31 12:00")
    story.complete("S-late", on="2024-02-01")
    assert story.owed() == Owed(accrued=120_00)
    assert story.books_hold()


def test_months_are_closed_in_order_after_they_end_and_after_their_bonuses(story: Story) -> None:
    sold(story, 1_000_00, on="2024-01-10")
    sold(story, 1_000_00, on="2024-03-10")
    with refused(story.session, MonthOpen, "runs until 2024-02-01"):
        story.award("2024-01", on="2024-01-31 23:59:59.999999")
    with refused(story.session, MonthOpen, "runs until 2024-02-01"):
        story.seal("2024-01", on="2024-01-31")
    with refused(story.session, MonthOpen, "award them"):
        story.seal("2024-01", on="2024-02-01")
    with refused(story.session, MonthOpen, "2024-01", "before 2024-02"):
        story.award("2024-02", on="2024-03-01")
        story.seal("2024-02", on="2024-03-01")
    wanted = due_months(story.session, story.program, parse_month("2024-03"))
    assert [str(month) for month in wanted] == ["2024-01", "2024-02", "2024-03"]
    for month in wanted:
        story.close(str(month))
    assert due_months(story.session, story.program, parse_month("2024-03")) == []
    assert bonuses_of(story) == {"2024-01:mai": 10_00, "2024-03:mai": 10_00}
    assert story.seal("2024-02", on="2024-03-01").transfers == 0
    assert story.books_hold()


def test_bonuses_of_a_sealed_month_come_too_late(story: Story) -> None:
    sold(story, 1_000_00, on="2024-03-10")
    story.close("2024-03")
    with refused(story.session, MonthSealed, "2024-02", "can't be awarded any more"):
        story.award("2024-02", on="2024-04-01")
    assert story.books_hold()


def test_a_program_in_which_nothing_happened_has_no_month_to_close(story: Story) -> None:
    assert due_months(story.session, story.program, parse_month("2024-03")) == []
    assert story.close("2024-01").amount_minor == 0
    assert story.owed() == NOTHING
    assert story.books_hold()


@pytest.mark.parametrize(
    ("zone", "completed", "month"),
    [
        ("Asia/Ho_Chi_Minh", "2024-01-31 16:59:59", "2024-01"),
        ("Asia/Ho_Chi_Minh", "2024-01-31 17:00:00", "2024-02"),
        ("Europe/London", "2024-03-31 22:59:59", "2024-03"),
        ("Europe/London", "2024-03-31 23:00:00", "2024-04"),
        ("Europe/London", "2024-10-31 23:59:59", "2024-10"),
        ("America/New_York", "2024-03-01 04:59:59", "2024-02"),
        ("Pacific/Kiritimati", "2024-02-29 10:00:00", "2024-03"),
    ],
)
def test_a_month_is_one_of_the_programs_zone(
    session: Session, zone: str, completed: str, month: str
) -> None:
    program = make_program(session, make_plan(tiers=TIERS), time_zone=zone)
    story = Story(session, program)
    story.enrol("mai")
    sold(story, 1_000_00, on=completed)
    story.close(month, on="2024-12-31")
    assert bonuses_of(story) == {f"{month}:mai": 10_00}
    assert story.books_hold()


def test_a_month_is_not_sealed_over_books_that_do_not_hold(story: Story) -> None:
    sold(story, 1_000_00)
    story.award("2024-01", on="2024-02-01")
    session = story.session
    with refused(session, BooksBroken, "2024-01 stays open", "stores 110"):
        session.connection().exec_driver_sql(
            "update accounts set balance_minor = balance_minor + 1 where role = 'accrued'"
        )
        story.seal("2024-01", on="2024-02-01")
    story.seal("2024-01", on="2024-02-01")
    assert story.books_hold()
