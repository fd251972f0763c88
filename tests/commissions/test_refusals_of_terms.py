"""Bad terms of trade, as a table: partners and plans that can't hold.

Each step is tried in the program that ``refusing.world`` describes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from commissions import errors, partners, programs
from commissions.rules import Plan
from tests.commissions.refusing import NAIVE, Refusal, Step, check, world
from tests.factories import TERMS, at, make_plan, make_rule, make_terms
from tests.story import Story

__all__ = ["world"]
DAO = make_terms("dao", kind="distributor")
UNDER_DAO = make_terms("linh", kind="distributor", sponsor_code="dao")


def enrol(*terms: partners.PartnerTerms) -> Step:
    """Enrol partners, one call each."""
    return lambda w: [partners.enrol(w.session, w.program, [one]) for one in terms]


def set_terms(**changes: Any) -> Step:  # noqa: ANN401 -- terms of any kind
    """Set the program's terms, but for what is changed."""
    return lambda w: programs.set_terms(w.session, replace(TERMS, **changes))


TERMS_OF_TRADE: list[Refusal] = [
    (
        "a third level from below",
        errors.PartnerInvalid,
        "Partner khoa would be a third level",
        enrol(DAO, UNDER_DAO, make_terms("khoa", sponsor_code="linh")),
    ),
    (
        "a third level from above",
        errors.PartnerInvalid,
        "Partner khoa would be a third level",
        enrol(
            make_terms("linh", kind="distributor"),
            make_terms("khoa", sponsor_code="linh"),
            DAO,
            UNDER_DAO,
        ),
    ),
    (
        "a sponsor of oneself",
        errors.PartnerInvalid,
        "third level",
        enrol(make_terms("dao", kind="distributor", sponsor_code="dao")),
    ),
    (
        "two who sponsor each other",
        errors.PartnerInvalid,
        "third level",
        lambda w: partners.enrol(
            w.session,
            w.program,
            [make_terms("dao", kind="distributor", sponsor_code="linh"), UNDER_DAO],
        ),
    ),
    (
        "a sponsor who is no distributor",
        errors.PartnerInvalid,
        "no distributor",
        enrol(make_terms("linh", sponsor_code="mai")),
    ),
    (
        "a distributor with a team who becomes a KOC",
        errors.PartnerInvalid,
        "no distributor",
        enrol(DAO, UNDER_DAO, make_terms("dao")),
    ),
    (
        "a sponsor nobody knows",
        errors.PartnerInvalid,
        "add them first",
        enrol(make_terms("linh", sponsor_code="nobody")),
    ),
    ("a partner of no kind", errors.PartnerInvalid, "choose koc", enrol(make_terms(kind="star"))),
    ("a partner without a name", errors.PartnerInvalid, "no name", enrol(make_terms(name=""))),
    ("an endless name", errors.Invalid, "the name", enrol(make_terms(name="x" * 401))),
    ("an endless country", errors.Invalid, "the country", enrol(make_terms(country="x" * 25))),
    (
        "half a sign where money is sent",
        errors.Invalid,
        "the payout destination",
        enrol(make_terms(payout_destination="DE\ud800")),
    ),
    ("an endless program", errors.Invalid, "The name of program", set_terms(name="x" * 401)),
    (
        "an endless rule",
        errors.Invalid,
        "The name of rule 1",
        lambda w: publish(w, make_plan(replace(make_rule(1), name="x" * 401))),
    ),
    (
        "a link to nowhere",
        errors.Invalid,
        "The target of link",
        lambda w: partners.give_link(
            w.session, w.program, w.partner("mai"), code="spring", target="/" * 401
        ),
    ),
    ("a mail that is none", errors.PartnerInvalid, "which is none", enrol(make_terms(email="me"))),
    (
        "a phone that is none",
        errors.PartnerInvalid,
        "which is none",
        enrol(make_terms(phone="12", country="VN")),
    ),
    (
        "a national phone of no country",
        errors.PartnerInvalid,
        "which is none",
        enrol(make_terms(phone="0901234567")),
    ),
    (
        "a link with a slash",
        errors.Invalid,
        "leave out slashes",
        lambda w: partners.give_link(w.session, w.program, w.partner("mai"), code="VN/07"),
    ),
    (
        "a handle of dots alone",
        errors.Invalid,
        "more than dots",
        enrol(make_terms("linh", handle="..")),
    ),
    (
        "a handle of somebody else",
        errors.PartnerInvalid,
        "share handle mai",
        enrol(make_terms("linh", handle="mai")),
    ),
    (
        "a partner twice",
        errors.PartnerInvalid,
        "give each partner once",
        lambda w: partners.enrol(w.session, w.program, [make_terms("linh"), make_terms("linh")]),
    ),
    (
        "a partner without a code",
        errors.Invalid,
        "printable signs",
        enrol(make_terms("", handle="x")),
    ),
    ("a partner without a handle", errors.Invalid, "printable", enrol(make_terms(handle=""))),
    (
        "a plan without a catch-all",
        errors.PlanInvalid,
        "add one without conditions",
        lambda w: publish(w, make_plan(make_rule(1, stock_codes=("A",)))),
    ),
    (
        "a rule that can never win",
        errors.PlanInvalid,
        "Rule 2 (rule 2) can never win",
        lambda w: publish(w, make_plan(make_rule(1), make_rule(2))),
    ),
    (
        "a plan whose date runs backwards",
        errors.PlanConflict,
        "give changed rules a later effective_from",
        lambda w: publish(w, make_plan(override_bps=1), since="2023-12-31"),
    ),
    (
        "a published plan that is edited",
        errors.PlanConflict,
        "never edited",
        lambda w: publish(w, make_plan(override_bps=1), since="2024-01-01"),
    ),
    (
        "a plan from no time of any zone",
        errors.TimeInvalid,
        "no time zone",
        lambda w: programs.publish_plan(w.session, w.program, make_plan(), effective_from=NAIVE),
    ),
    ("another currency", errors.Conflict, "keeps its books in EUR", set_terms(currency="GBP")),
    ("another zone", errors.Conflict, "time zone never changes", set_terms(time_zone="Asia/Tokyo")),
    ("no currency", errors.CurrencyUnknown, "'EURO'", set_terms(currency="EURO")),
    ("no zone", errors.TimeInvalid, "IANA", set_terms(time_zone="Mars")),
    ("no code", errors.Invalid, "printable", set_terms(code="")),
    ("a window of minus a day", errors.Invalid, "window_days is -1", set_terms(window_days=-1)),
    ("an endless hold", errors.Invalid, "give 0 to 3650", set_terms(hold_days=3651)),
    ("a close of minus a day", errors.Invalid, "close_after", set_terms(close_after_days=-1)),
    ("a debt to pay out", errors.AmountInvalid, "-1", set_terms(minimum_payout_minor=-1)),
    ("a minimum too large", errors.AmountInvalid, "can't", set_terms(minimum_payout_minor=10**16)),
    (
        "a program nobody applied",
        errors.ProgramUnknown,
        "apply a program file",
        lambda w: programs.find(w.session, "tulips"),
    ),
    (
        "a partner nobody enrolled",
        errors.PartnerUnknown,
        "enrol them first",
        lambda w: w.partner("nobody"),
    ),
    (
        "a link nobody gave",
        errors.LinkUnknown,
        "no link 'nowhere'",
        lambda w: partners.find_link(w.session, w.program, "nowhere"),
    ),
    (
        "a link of somebody else",
        errors.Conflict,
        "choose another code",
        lambda w: [
            partners.give_link(w.session, w.program, w.enrol(code), code="spring")
            for code in ("mai", "linh")
        ],
    ),
    (
        "a link that moves",
        errors.Conflict,
        "choose another code",
        lambda w: [
            partners.give_link(w.session, w.program, w.partner("mai"), code="spring", target=target)
            for target in ("/roses", "/vases")
        ],
    ),
]


def publish(world: Story, plan: Plan, *, since: str = "2024-06-01") -> object:
    """Publish a plan version."""
    return programs.publish_plan(world.session, world.program, plan, effective_from=at(since))


def test_bad_terms_of_trade_are_refused_by_name(world: Story) -> None:
    check(world, TERMS_OF_TRADE)
