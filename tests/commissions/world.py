"""Two programs of different currencies and zones, each beside what the oracle says of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from sqlalchemy.orm import Session

from commissions import programs
from commissions.models import Program
from commissions.periods import Month, zone_of
from commissions.tiers import Tier
from tests.commissions.oracle import FLAT, OVERRIDE, RATES, ROSES, TIERS, Books, Person
from tests.commissions.oracle_payouts import Payments
from tests.factories import make_partner, make_plan, make_program, make_rule

BEGINNING = datetime(2026, 1, 20, tzinfo=UTC)
MINIMUM = 50
WINDOW = timedelta(days=30)
PLAN = make_plan(
    make_rule(1, stock_codes=("GIFT*",), flat_minor=FLAT),
    make_rule(2, stock_codes=("FREE*",), rate_bps=0),
    make_rule(3, stock_codes=("ROSE*",), partner_kinds=("koc",), rate_bps=RATES[ROSES]),
    make_rule(4),
    tiers=[Tier(kind, *rung) for kind, rungs in TIERS.items() for rung in rungs],
    override_bps=OVERRIDE,
)
KINDS = (
    ("EUR", "Europe/London", 14),
    ("JPY", "Asia/Tokyo", 0),
    ("KWD", "UTC", 3),
    ("CLF", "America/Santiago", 30),
    ("VND", "Asia/Ho_Chi_Minh", 7),
)
"""Currencies of all exponents, each with a zone and days of hold."""


@dataclass
class World:
    """One program, its partners, and the oracle's books and payouts of it."""

    program: Program
    partner_ids: dict[str, int]
    books: Books
    payments: Payments
    numbers: count[int] = field(default_factory=lambda: count(1))
    refunds: list[str] = field(default_factory=list)

    def month(self, at: datetime) -> Month:
        """Return the month in which an instant falls for the program."""
        return Month(*self.books.month_of(at))

    def ends_at(self, month: Month) -> datetime:
        """Return the first instant after a month."""
        following = datetime(*_after(month), 1, tzinfo=self.books.zone)
        return following.astimezone(UTC)

    def name(self, letter: str) -> str:
        """Return a reference that is new."""
        return f"{letter}{next(self.numbers)}"


def open_world(session: Session, kind: tuple[str, str, int]) -> World:
    """Open a program with a distributor and KOCs whose payouts end in all the ways there are."""
    currency, zone, hold_days = kind
    program = make_program(
        session,
        PLAN,
        code=currency.lower(),
        currency=currency,
        time_zone=zone,
        hold_days=hold_days,
        minimum_payout_minor=MINIMUM,
        window_days=WINDOW.days,
    )
    dora = Person("dora", "distributor", None, "bank of dora")
    people = [
        dora,
        Person("kim", "koc", dora, "unknown"),
        Person("ken", "koc", dora, "lost"),
        Person("lea", "koc", None, "bank of lea"),
        Person("rex", "koc", None, "reject"),
        Person("nil", "koc", dora, None),
    ]
    ids = {
        person.code: make_partner(
            session,
            program,
            person.code,
            kind=person.kind,
            sponsor_code=person.sponsor.code if person.sponsor else None,
            account=person.code,
            payout_rail="test" if person.destination else None,
            payout_destination=person.destination,
        ).id
        for person in people
    }
    books = Books(zone_of(zone), timedelta(days=hold_days), people)
    return World(program, ids, books, Payments(books, MINIMUM))


def again(session: Session, world: World) -> None:
    """Set the same terms and publish the same plan once more."""
    program = programs.find(session, world.program.code)
    version = programs.last_version(session, program)
    assert version
    programs.publish_plan(session, program, PLAN, effective_from=version.effective_from)


def _after(month: Month) -> tuple[int, int]:
    return (month.year + month.number // 12, month.number % 12 + 1)
