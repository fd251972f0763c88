"""What the books must hold, worked out again from the rules in plain Python, without a database.

Amounts are whole minor units. Each event answers with the refusal that it has to meet; None
means that it is done, and only then has it changed anything here. Payouts are in
``oracle_payouts``.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from math import floor
from zoneinfo import ZoneInfo

from commissions.errors import (
    HoahongError,
    MonthOpen,
    MonthSealed,
    RefundTooLarge,
    StateConflict,
    TimeInvalid,
)

Refusal = type[HoahongError] | None

GIFTS, SAMPLES, ROSES, ALL = 1, 2, 3, 4
FLAT = 70
RATES = {SAMPLES: 0, ROSES: 825, ALL: 1_000}
OVERRIDE = 333
TIERS = {"koc": [(20_000, 100), (60_000, 250)], "distributor": [(30_000, 150)]}
"""By kind: from which month's volume on, which rate of it, in basis points."""

PLACE = {
    "on_hold": "accrued",
    "held": "accrued",
    "ready": "payable",
    "held_ready": "payable",
    "in_payout": "in_payout",
}
STOPPED = {"on_hold": "held", "ready": "held_ready"}
LIFTED = {"held": "on_hold", "held_ready": "ready"}


def half_up(amount: Fraction) -> int:
    """Round an amount above nothing to a whole one, halves up."""
    return floor(amount + Fraction(1, 2))


def rule_of(stock: str, kind: str) -> int:
    """Tell by which rule of the plan a line falls, from its stock code and the seller's kind."""
    if stock.startswith("GIFT"):
        return GIFTS
    if stock.startswith("FREE"):
        return SAMPLES
    return ROSES if stock.startswith("ROSE") and kind == "koc" else ALL


def earns(rule: int, base: int) -> int:
    """Tell what a base above nothing earns under a rule."""
    return FLAT if rule == GIFTS else half_up(Fraction(base * RATES[rule], 10_000))


@dataclass(eq=False)
class Person:
    """A partner; without a destination there is no way to pay them."""

    code: str
    kind: str
    sponsor: Person | None
    destination: str | None


@dataclass(eq=False)
class Line:
    """A line of an order, and how much of it came back."""

    stock: str
    pieces: int
    amount: int
    back: int = 0
    refunded: int = 0

    @property
    def left(self) -> int:
        return self.pieces - self.back

    def take(self, pieces: int) -> int:
        """Send pieces back; return the base that goes with them."""
        self.back += pieces
        before, self.refunded = (
            self.refunded,
            half_up(Fraction(self.amount * self.back, self.pieces)),
        )
        return self.refunded - before


@dataclass(eq=False)
class Order:
    """An order, and who brought it (None: nobody)."""

    reference: str
    paid_at: datetime
    seller: Person | None
    lines: list[Line]
    state: str = "paid"


@dataclass(eq=False)
class Sum:
    """One sum earned, or taken back of ``original``; ``taken`` counts what was taken of it."""

    partner: Person
    kind: str
    reference: str
    base: int
    amount: int
    state: str
    effective: datetime
    due: datetime | None
    order: Order | None = None
    rule: int | None = None
    original: Sum | None = None
    taken_base: int = 0
    taken: int = 0


@dataclass
class Books:
    """One program's books."""

    zone: ZoneInfo
    hold: timedelta
    people: list[Person]
    orders: dict[str, Order] = field(default_factory=dict)
    sums: list[Sum] = field(default_factory=list)
    awarded: set[tuple[int, int]] = field(default_factory=set)
    sealed: list[tuple[int, int]] = field(default_factory=list)
    open_from: datetime | None = None
    house: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def balances(self) -> dict[tuple[str, str], int]:
        """Return what each person's accounts hold, by role and code, where it isn't nothing."""
        held: dict[tuple[str, str], int] = defaultdict(int)
        for one in self.sums:
            if one.state in PLACE:
                held[PLACE[one.state], one.partner.code] += one.amount
        return {key: amount for key, amount in held.items() if amount}

    def record(
        self, reference: str, seller: Person | None, lines: list[Line], *, at: datetime
    ) -> Refusal:
        self.orders[reference] = Order(reference, at, seller, lines)
        return None

    def cancel(self, reference: str) -> Refusal:
        order = self.orders[reference]
        if order.state == "completed":
            return StateConflict
        order.state = "cancelled"
        return None

    def complete(self, reference: str, *, at: datetime) -> Refusal:
        order = self.orders[reference]
        if order.state != "paid":
            return StateConflict if order.state == "cancelled" else None
        if at < order.paid_at:
            return TimeInvalid
        sums = self._earned(order, order.seller, at) if order.seller else []
        if sums and self._is_sealed(at):
            return MonthSealed
        order.state = "completed"
        self.sums += sums
        self.house["expense:commission"] += sum(one.amount for one in sums)
        return None

    def refund(
        self, reference: str, order_reference: str, taking: tuple[int | None, int], *, at: datetime
    ) -> Refusal:
        """Take pieces of a line back; without a line, the whole order."""
        order = self.orders[order_reference]
        if order.state == "cancelled":
            return StateConflict
        if at < order.paid_at:
            return TimeInvalid
        line_no, pieces = taking
        if line_no is None:
            wanted = [(line, line.left) for line in order.lines if line.left]
        else:
            wanted = [(order.lines[line_no - 1], pieces)]
            if pieces > order.lines[line_no - 1].left:
                return RefundTooLarge
        bases = [(line, line.take(count)) for line, count in wanted]
        self._claw_back(reference, order, bases, max(at, self.open_from or at))
        return None

    def release(self, instants: list[datetime]) -> Refusal:
        """Release what is due at the instants, each at the first that isn't before its due time."""
        due = [s for s in self.sums if s.state == "on_hold" and s.kind != "clawback"]
        due = [s for s in due if s.due and s.due <= instants[-1]]
        families = [[s, *(c for c in self.taken_of(s) if c.state == "on_hold")] for s in due]
        for family in families:
            at = next(i for i in instants if family[0].due and family[0].due <= i)
            if self._is_sealed(at) and sum(s.amount for s in family) != 0:
                return MonthSealed
        for family in families:
            for one in family:
                one.state = "ready"
        return None

    def stop_or_lift(self, one: Sum, moves: dict[str, str]) -> Refusal:
        """Move a sum and what was taken of it to Held, or back."""
        if one.state not in moves:
            return StateConflict
        for s in [one, *(c for c in self.taken_of(one) if c.state == one.state)]:
            s.state = moves[s.state]
        return None

    def reject(self, one: Sum) -> Refusal:
        family = [one, *self.taken_of(one)]
        if any(s.state not in PLACE or s.state == "in_payout" for s in family):
            return StateConflict
        account = "expense:bonus" if one.kind == "bonus" else "expense:commission"
        self.house[account] -= sum(s.amount for s in family)
        for s in family:
            s.state = "rejected"
        return None

    def award(self, month: tuple[int, int], *, ends_at: datetime, now: datetime) -> Refusal:
        if month in self.awarded:
            return None
        if now < ends_at:
            return MonthOpen
        if self.open_from and ends_at <= self.open_from:
            return MonthSealed
        self.awarded.add(month)
        last = ends_at - timedelta(microseconds=1)
        for person in self.people:
            volume, amount = self._bonus(person, month)
            if amount:
                reference = f"{month[0]}-{month[1]:02d}:{person.code}"
                due = last + self.hold
                self.sums.append(
                    Sum(person, "bonus", reference, volume, amount, "on_hold", last, due)
                )
                self.house["expense:bonus"] += amount
        return None

    def seal(self, month: tuple[int, int], *, ends_at: datetime, now: datetime) -> Refusal:
        if month in self.sealed:
            return None
        if now < ends_at or month not in self.awarded or month != (self.first_open() or month):
            return MonthOpen
        self.sealed.append(month)
        self.open_from = ends_at
        return None

    def first_open(self) -> tuple[int, int] | None:
        """Return the month to be closed next; None before the first order."""
        if self.sealed:
            year, number = self.sealed[-1]
            return (year + number // 12, number % 12 + 1)
        paid = [order.paid_at for order in self.orders.values()]
        return self.month_of(min(paid)) if paid else None

    def month_of(self, at: datetime) -> tuple[int, int]:
        """Return the month in which an instant falls where the program is."""
        local = at.astimezone(self.zone)
        return (local.year, local.month)

    def taken_of(self, one: Sum) -> list[Sum]:
        """Return what was taken back of a sum."""
        return [s for s in self.sums if s.original is one]

    def _is_sealed(self, at: datetime) -> bool:
        return self.open_from is not None and at < self.open_from

    def _earned(self, order: Order, seller: Person, at: datetime) -> list[Sum]:
        bases: dict[int, int] = defaultdict(int)
        for line in order.lines:
            bases[rule_of(line.stock, seller.kind)] += line.amount - line.refunded
        paying = {rule: base for rule, base in sorted(bases.items()) if rule != SAMPLES and base}
        due = at + self.hold
        sums = [
            Sum(
                seller,
                "sale",
                f"{order.reference}:{rule}",
                base,
                earns(rule, base),
                "on_hold",
                at,
                due,
                order,
                rule,
            )
            for rule, base in paying.items()
        ]
        whole = sum(paying.values())
        if seller.sponsor and whole:
            amount = half_up(Fraction(whole * OVERRIDE, 10_000))
            reference = f"{order.reference}:override"
            above = (seller.sponsor, "override", reference, whole, amount, "on_hold", at, due)
            sums.append(Sum(*above, order))
        return sums

    def _claw_back(
        self, reference: str, order: Order, bases: list[tuple[Line, int]], at: datetime
    ) -> None:
        touched = [s for s in self.sums if s.order is order and s.kind in {"sale", "override"}]
        for one in [s for s in touched if s.state != "rejected"]:
            assert order.seller
            rules = [(rule_of(line.stock, order.seller.kind), base) for line, base in bases]
            base = sum(base for rule, base in rules if rule != SAMPLES and one.rule in {rule, None})
            if base:
                self._take(f"{reference}>{one.reference}", one, base, at)

    def _take(self, reference: str, one: Sum, base: int, at: datetime) -> None:
        one.taken_base += base
        whole = half_up(Fraction(one.amount * one.taken_base, one.base))
        amount, one.taken = whole - one.taken, whole
        follows = one.state in {"on_hold", "held", "held_ready"}
        taken = Sum(
            one.partner,
            "clawback",
            reference,
            -base,
            -amount,
            one.state if follows else "ready",
            max(at, one.effective),
            one.due if follows else None,
            original=one,
        )
        self.sums.append(taken)
        self.house["expense:commission"] -= amount
        if one.taken_base == one.base and one.state in {"on_hold", "held"}:
            for s in [one, *self.taken_of(one)]:
                s.state = "reversed"

    def _bonus(self, person: Person, month: tuple[int, int]) -> tuple[int, int]:
        """Return a person's volume of a month, and the bonus for it."""
        team = [p for p in self.people if p.sponsor is person and person.kind == "distributor"]
        volume = max(0, sum(self._volume(p, month) for p in (person, *team)))
        reached = [rate for least, rate in TIERS[person.kind] if least <= volume]
        return volume, half_up(Fraction(volume * reached[-1], 10_000)) if reached else 0

    def _volume(self, person: Person, month: tuple[int, int]) -> int:
        return sum(
            s.base
            for s in self.sums
            if s.partner is person
            and "sale" in {s.kind, s.original.kind if s.original else None}
            and s.state != "rejected"
            and self.month_of(s.effective) == month
        )
