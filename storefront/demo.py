"""The demo: one order through the real code, from a KOC's link to a paid payout.

Plays on a database that begins empty, with made-up people; no money moves. Every step is a
transaction of its own, as it is in a shop.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from commissions import (
    accrual,
    approval,
    clawbacks,
    clicks,
    conversions,
    ledger,
    partners,
    payouts,
    programs,
    trail,
)
from commissions.models import Program
from commissions.rules import Plan, Rule
from commissions.tiers import Tier
from commissions.trail import Trail
from commissions.values import Buyer, Completion, Refund, RefundLine, Sale, SaleLine
from storefront import database, payout_run

CODE = "hoa-som"
ORDER = "HS-1001"
LINK = "linh-serum"
_BEGINS = datetime(2026, 9, 1, tzinfo=UTC)
_CLICKED = datetime(2026, 9, 7, 12, 4, tzinfo=UTC)
_PAID = _CLICKED + timedelta(minutes=21)
_COMPLETED = _PAID + timedelta(days=3)
_RETURNED = _COMPLETED + timedelta(days=2)
_RELEASED = _COMPLETED + timedelta(days=14)
_PAYDAY = _RELEASED + timedelta(days=1)

_TERMS = programs.Terms(
    code=CODE,
    name="Hoa Sớm",
    currency="VND",
    time_zone="Asia/Ho_Chi_Minh",
    window_days=30,
    hold_days=14,
    minimum_payout_minor=20_000,
)
_PLAN = Plan(
    rules=(
        Rule(1, "Gift cards and postage", stock_codes=("GIFT-*", "SHIP"), rate_bps=0),
        Rule(2, "Skin care", categories=("skin-care",), rate_bps=1_200),
        Rule(3, "Everything else", rate_bps=800),
    ),
    tiers=(Tier("koc", 5_000_000, 100), Tier("distributor", 20_000_000, 50)),
    override_bps=200,
)
_PARTNERS = (
    partners.PartnerTerms(
        "mai", "Mai Phạm", "mai", "distributor", payout_rail="test", payout_destination="9704-1122"
    ),
    partners.PartnerTerms(
        "linh",
        "Linh Trần",
        "linh",
        "koc",
        sponsor_code="mai",
        payout_rail="test",
        payout_destination="9704-3344",
    ),
)
_LINES = (
    SaleLine(1, "SER-030", 2, 778_000, "skin-care"),
    SaleLine(2, "TEA-OL100", 3, 435_000, "tea"),
    SaleLine(3, "SHIP", 1, 30_000),
)


def play(engine: Engine) -> tuple[Trail, ledger.Report]:
    """Play one order to its end, and return its trail and the verification of the books."""
    for step in (_set_up, _buy, _complete, _return_one, _release):
        _in_one_transaction(engine, step)
    batch_id = _in_one_transaction(engine, _build)
    with database.transaction(engine) as session:
        payouts.approve(
            session, programs.find(session, CODE), batch_id, checker="thu.ha", at=_PAYDAY
        )
    payout_run.send_batch(engine, CODE, batch_id, payout_run.RAILS, actor="thu.ha", now=_PAYDAY)
    payout_run.settle_arrived(engine, CODE, payout_run.RAILS, actor="bank", now=_PAYDAY)
    with database.transaction(engine) as session:
        program = programs.find(session, CODE)
        return trail.of_sale(session, program, ORDER), ledger.verify(session)


def _in_one_transaction(engine: Engine, step: Callable[[Session, Program], int]) -> int:
    with database.transaction(engine) as session:
        program = programs.set_terms(session, _TERMS)
        return step(session, program)


def _set_up(session: Session, program: Program) -> int:
    programs.publish_plan(session, program, _PLAN, effective_from=_BEGINS)
    _, linh = partners.enrol(session, program, _PARTNERS)
    partners.give_link(session, program, linh, code=LINK, target="/p/rose-serum")
    return linh.id


def _buy(session: Session, program: Program) -> int:
    link = partners.find_link(session, program, LINK)
    touches = clicks.record(
        session, program, [clicks.Visit(link.partner_id, _CLICKED, link_id=link.id)]
    )
    buyer = Buyer(email="ngoc.anh@example.com", phone="+84 90 123 45 67")
    sale = Sale(ORDER, _PAID, program.currency, _LINES, buyer, tuple(touches))
    return conversions.record(session, program, [sale])[0].estimated_minor


def _complete(session: Session, program: Program) -> int:
    done = accrual.accrue(session, program, [Completion(ORDER, _COMPLETED)], actor="warehouse")
    return done[0].amount_minor


def _return_one(session: Session, program: Program) -> int:
    refund = Refund("HS-1001-R1", _RETURNED, (RefundLine(ORDER, 2, 1),))
    return clawbacks.take_back(session, program, [refund], actor="service")[0].amount_minor


def _release(session: Session, program: Program) -> int:
    return approval.release(session, program, at=_RELEASED, actor="jobs").amount_minor


def _build(session: Session, program: Program) -> int:
    built = payouts.build_batch(session, program, maker="quang.minh", at=_PAYDAY)
    return built.payouts[0].batch_id
