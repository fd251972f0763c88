"""Orders brought to where finance meets them: completed long ago, their holds over or not.

And the first batch of payouts: building it, and what is done with it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from commissions import accrual, approval, conversions, ledger, partners, programs
from commissions.models import Payout, Program
from commissions.values import Completion, Sale, SaleLine, Touch
from storefront import clock, database
from tests.storefront.web import CODE, Browser

DAY = timedelta(days=1)
TONER = 329_000
PAYOUTS = "/finance/payouts"
BATCH = f"{PAYOUTS}/1"


def sell(
    session: Session, number: str, *, to: str = "linh", ago: int = 20, amount: int = TONER
) -> None:
    """Record an order that a partner brought and complete it, so many days ago."""
    program = programs.find(session, CODE)
    completed = clock.now(session) - ago * DAY
    paid = completed - 3 * DAY
    partner = partners.find(session, program, to)
    touch = Touch(partner.id, "click", paid - DAY)
    line = SaleLine(1, "TON-200", 1, amount, "skin-care")
    conversions.record(
        session, program, [Sale(number, paid, program.currency, (line,), touches=(touch,))]
    )
    accrual.accrue(session, program, [Completion(number, completed)], actor="warehouse")


def release(session: Session) -> None:
    """Make ready what is due."""
    program = programs.find(session, CODE)
    approval.release(session, program, at=clock.now(session), actor="jobs")


def two_ready_one_on_hold(engine: Engine) -> None:
    """Linh (test rail) and Mây (manual rail) have something ready, Linh something on hold."""
    with database.transaction(engine) as session:
        sell(session, "A-1", to="linh")
        sell(session, "A-2", to="may")
        sell(session, "A-3", to="linh", ago=2)
        release(session)


def books_balance(engine: Engine) -> bool:
    """Tell whether verification finds nothing."""
    with database.transaction(engine) as session:
        return ledger.verify(session).balanced


def program_of(session: Session) -> Program:
    """Return the shop's program."""
    return programs.find(session, CODE)


def now(session: Session) -> datetime:
    """Return the shop's time."""
    return clock.now(session)


def build(browser: Browser, *codes: str) -> int:
    """Build a batch for partners and return the answer's status."""
    return browser.post(PAYOUTS, page=f"{PAYOUTS}?lang=en", partners=list(codes)).status_code


def act(browser: Browser, what: str, **fields: object) -> int:
    """Do something with the first batch and return the answer's status."""
    return browser.post(f"{BATCH}/{what}", page=BATCH, **fields).status_code


def states(engine: Engine) -> dict[str, str]:
    """Return the state of every payout, by its rail."""
    with Session(engine) as session:
        return {payout.rail: payout.state for payout in session.scalars(select(Payout))}


def pay_to(engine: Engine, destination: str) -> None:
    """Let Mây be paid by hand to an account."""
    with database.transaction(engine) as session:
        may = partners.find(session, programs.find(session, CODE), "may")
        may.payout_destination = destination


def payout_of(engine: Engine, rail: str) -> int:
    with Session(engine) as session:
        return session.scalars(select(Payout.id).where(Payout.rail == rail)).one()
