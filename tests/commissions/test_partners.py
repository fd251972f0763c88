"""Partners, their terms, links and programs: applied again they stay, changed they change."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from commissions import partners, plans, programs
from commissions.errors import Invalid, NoPlanInForce, PartnerInvalid, PartnerUnknown
from commissions.models import Partner
from commissions.partners import PartnerTerms
from commissions.tiers import Tier
from tests.factories import (
    TERMS,
    at,
    make_partner,
    make_plan,
    make_program,
    make_rule,
    make_terms,
)
from tests.story import Story, refused

FULL = PartnerTerms(
    code="mai",
    name="Mai Trần",
    handle="mai",
    kind="koc",
    sponsor_code="dao",
    country="VN",
    account="u-1",
    email="M.Ai@gmail.com",
    phone="0901 234 567",
    payout_rail="manual",
    payout_destination="VN12",
)


def by_code(story: Story) -> dict[str, Partner]:
    """Return all partners by code."""
    return {one.code: one for one in partners.everyone(story.session, story.program)}


def test_a_partners_terms_are_kept_in_their_normal_forms(story: Story) -> None:
    story.enrol("dao", kind="distributor")
    (mai,) = partners.enrol(story.session, story.program, [FULL])
    kept = partners.terms_of(mai, "dao")
    assert kept == partners.normal(FULL)
    assert (kept.email, kept.phone) == ("mai@gmail.com", "+84901234567")
    (again,) = partners.enrol(story.session, story.program, [kept])
    assert partners.terms_of(again, "dao") == kept


def test_partners_are_answered_in_the_order_given_and_sponsors_may_come_after(
    story: Story,
) -> None:
    terms = [make_terms("linh", sponsor_code="dao"), make_terms("dao", kind="distributor")]
    linh, dao = partners.enrol(story.session, story.program, terms)
    assert (linh.code, dao.code) == ("linh", "dao")
    assert linh.sponsor_id == dao.id
    assert [*by_code(story)] == ["dao", "linh", "mai"]
    codes = partners.ids_by_code(story.session, story.program, ["dao", "linh", "nobody"])
    assert codes == {"dao": dao.id, "linh": linh.id}


def test_handles_can_be_swapped_and_passed_on_in_one_call(story: Story) -> None:
    story.enrol("linh")
    story.enrol("mai", handle="linh-2")
    swapped = [make_terms("mai", handle="linh"), make_terms("linh", handle="mai")]
    partners.enrol(story.session, story.program, swapped)
    assert {code: one.handle for code, one in by_code(story).items()} == {
        "mai": "linh",
        "linh": "mai",
    }
    passed_on = [make_terms("new", handle="linh"), make_terms("mai", handle="mai-2")]
    partners.enrol(story.session, story.program, passed_on)
    assert by_code(story)["new"].handle == "linh"


def test_a_sponsor_can_be_taken_away_and_given_elsewhere(story: Story) -> None:
    for code in ("dao", "duc"):
        story.enrol(code, kind="distributor")
    assert story.enrol("mai", sponsor_code="dao").sponsor_id == story.partner("dao").id
    assert story.enrol("mai", sponsor_code="duc").sponsor_id == story.partner("duc").id
    assert story.enrol("mai").sponsor_id is None


def test_a_team_may_move_up_when_its_distributor_steps_down_in_the_same_call(
    story: Story,
) -> None:
    story.enrol("dao", kind="distributor")
    story.enrol("duc", kind="distributor")
    story.enrol("mai", sponsor_code="dao")
    partners.enrol(
        story.session,
        story.program,
        [make_terms("dao", sponsor_code="duc"), make_terms("mai", sponsor_code="duc")],
    )
    team = {one.code for one in by_code(story).values() if one.sponsor_id}
    assert team == {"dao", "mai"}


def test_partners_of_two_programs_may_share_code_and_handle(story: Story) -> None:
    other = make_partner(story.session, make_program(story.session, code="tulips"))
    assert other.id != story.partner("mai").id


def test_a_link_is_given_once_and_found_by_its_code(story: Story) -> None:
    mai = story.partner("mai")
    link = partners.give_link(story.session, story.program, mai, code="spring", target="/roses")
    again = partners.give_link(story.session, story.program, mai, code="spring", target="/roses")
    found = partners.find_link(story.session, story.program, "spring")
    assert link.id == again.id == found.id
    assert found.partner_id == mai.id


# Programs and their plans.


def test_a_programs_terms_can_change_but_for_currency_and_zone(session: Session) -> None:
    program = make_program(session)
    changed = make_program(session, name="Roses and more", hold_days=7, close_after_days=3)
    assert changed.id == program.id
    assert (program.name, program.hold_days, program.close_after_days) == ("Roses and more", 7, 3)
    assert [one.code for one in programs.everyone(session)] == ["roses"]
    assert programs.find(session, "roses").id == program.id
    assert programs.set_terms(session, TERMS).hold_days == 30


def test_a_plan_published_again_is_the_same_version(session: Session) -> None:
    program = make_program(session)
    first = programs.last_version(session, program)
    again = programs.publish_plan(session, program, make_plan(), effective_from=at("2024-01-01"))
    assert first is not None
    assert (again.id, again.number) == (first.id, 1)
    second = programs.publish_plan(
        session, program, make_plan(override_bps=100), effective_from=at("2024-02-01")
    )
    assert second.number == 2
    assert programs.last_version(session, program) is second


def test_a_plan_is_read_back_as_it_was_published(session: Session) -> None:
    rules = (
        make_rule(1, stock_codes=("A*", "B"), categories=("Garden",), partner_kinds=("kol",)),
        make_rule(2, stock_codes=("C",), flat_minor=5_00),
        make_rule(3, rate_bps=0),
    )
    tiers = [Tier("koc", 100, 10), Tier("kol", 100, 20)]
    plan = make_plan(*rules, tiers=tiers, override_bps=200)
    program = make_program(session, plan)
    version = programs.last_version(session, program)
    assert version is not None
    found = plans.Plans(session, program)
    read = found.by_id(version.id)
    assert programs.plan_fingerprint(read) == programs.plan_fingerprint(plan) == version.fingerprint
    assert found.in_force(at("2030-01-01")) is read


def test_a_version_is_in_force_until_the_next_one_begins(session: Session) -> None:
    program = make_program(session)
    programs.publish_plan(
        session, program, make_plan(override_bps=100), effective_from=at("2024-02-01")
    )
    found = plans.Plans(session, program)
    overrides = {
        moment: found.in_force(at(moment)).override_bps
        for moment in ("2024-01-01", "2024-01-31 23:59:59.999999", "2024-02-01", "2024-03-01")
    }
    assert [*overrides.values()] == [0, 0, 100, 100]
    with pytest.raises(NoPlanInForce, match="leave out what was paid before it"):
        found.in_force(at("2023-12-31 23:59:59.999999"))


def test_a_program_without_a_plan_is_told_to_publish_one_that_begins_in_time(
    session: Session,
) -> None:
    program = programs.set_terms(session, replace(TERMS, code="planless"))
    sold = at("2020-05-05")
    with pytest.raises(NoPlanInForce, match=r"publish one that is effective from 2020-05-05T"):
        plans.Plans(session, program).in_force(sold)
    programs.publish_plan(session, program, make_plan(), effective_from=sold)
    assert plans.Plans(session, program).in_force(sold).rules


def test_a_sale_earns_by_the_plan_of_the_day_on_which_it_was_paid(session: Session) -> None:
    program = make_program(session)
    doubled = make_plan(make_rule(1, rate_bps=2_000), override_bps=100)
    programs.publish_plan(session, program, doubled, effective_from=at("2024-01-06"))
    story = Story(session, program)
    story.enrol("dao", kind="distributor")
    story.enrol("mai", sponsor_code="dao")
    assert story.sell("S-1", on="2024-01-05").estimated_minor == 10_00
    assert story.sell("S-2", on="2024-01-06").estimated_minor == 20_00
    story.complete("S-1", "S-2", on="2024-01-10")
    assert story.owed("mai").accrued == 30_00
    assert story.owed("dao").accrued == 1_00
    story.refund(5, of="S-1")
    assert story.owed("mai").accrued == 25_00
    assert story.owed("dao").accrued == 1_00
    assert story.books_hold()


def test_new_payout_details_count_from_the_next_batch_on(story: Story) -> None:
    mai = story.partner("mai")
    story.sell()
    story.complete(on="2024-01-10")
    story.release(on="2024-02-09")
    payout = story.build_one("2024-02-10")
    partners.set_payout_details(
        story.session, story.program, mai.id, rail="manual", destination="ACB 5566"
    )
    assert (payout.rail, payout.destination) == ("test", "bank of mai")
    assert (mai.payout_rail, mai.payout_destination) == ("manual", "ACB 5566")


def test_payout_details_need_a_partner_of_the_program_a_rail_and_a_destination(
    story: Story,
) -> None:
    session, program, mai = story.session, story.program, story.partner("mai")
    other = make_program(session, code="tulips")
    with refused(session, PartnerUnknown, "has no partner"):
        partners.set_payout_details(session, other, mai.id, rail="test", destination="x")
    with refused(session, PartnerInvalid, "both a rail and a destination"):
        partners.set_payout_details(session, program, mai.id, rail="test", destination="")
    with refused(session, Invalid, "The destination"):
        partners.set_payout_details(session, program, mai.id, rail="test", destination="x" * 401)
    assert mai.payout_destination == "bank of mai"
