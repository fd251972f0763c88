"""One program told step by step, as the shop and finance would: the tests' bookkeeper.

Each step calls the engine's verb and nothing else; ``owed`` and ``house`` read the ledger. After
a refusal everything that the refused step did is undone, as the edge undoes it.
"""

# ruff: noqa: ANN401 -- terms and columns are whatever the engine has
from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from commissions import (
    accrual,
    approval,
    bonuses,
    clawbacks,
    closing,
    conversions,
    ledger,
    partners,
    payouts,
    settling,
)
from commissions.accrual import Accrued
from commissions.approval import Released
from commissions.bonuses import Awarded
from commissions.clawbacks import TakenBack
from commissions.conversions import Recorded
from commissions.errors import HoahongError
from commissions.models import Commission, Partner, Payout, Program, Seal
from commissions.payouts import Built
from commissions.periods import parse_month
from commissions.providers import TestRail
from commissions.values import Completion, Refund, RefundLine, Sale, SaleLine
from tests.factories import HOUR, at, make_line, make_partner, make_program, make_sale, make_touch

RAIL = TestRail()


class Owed(NamedTuple):
    """What one partner is owed: on hold, ready, claimed by a payout. In minor units."""

    accrued: int = 0
    payable: int = 0
    in_payout: int = 0


class House(NamedTuple):
    """What the house bore and paid: commissions, bonuses, cash that left. In minor units."""

    commission: int = 0
    bonus: int = 0
    cash: int = 0


NOTHING = Owed()


@dataclass
class Story:
    """A program and what happens to it."""

    session: Session
    program: Program

    def enrol(self, code: str, **terms: Any) -> Partner:
        """Enrol a partner, a KOC with payout details unless told otherwise."""
        return make_partner(self.session, self.program, code, **terms)

    def partner(self, code: str) -> Partner:
        """Return the partner of a code."""
        return partners.find(self.session, self.program, code)

    # The shop's steps.

    def sell(
        self,
        reference: str = "S-1",
        *,
        by: str | None = "mai",
        on: str = "2024-01-05 12:00",
        lines: Sequence[SaleLine] | None = None,
        amount: int = 100_00,
        **changes: Any,
    ) -> Recorded:
        """Record a paid sale that a partner's click of an hour before brought."""
        paid_at = at(on)
        if by is not None:
            changes.setdefault("touches", (make_touch(self.partner(by), paid_at - HOUR),))
        sale = make_sale(
            reference,
            paid_at=paid_at,
            currency=changes.pop("currency", self.program.currency),
            lines=tuple(lines or (make_line(amount_minor=amount),)),
            **changes,
        )
        return self.record(sale)

    def record(self, sale: Sale) -> Recorded:
        """Record a paid sale as it is."""
        return conversions.record(self.session, self.program, [sale])[0]

    def complete(self, *references: str, on: str = "2024-01-10") -> list[Accrued]:
        """Complete sales."""
        completions = [Completion(reference, at(on)) for reference in references or ("S-1",)]
        return accrual.accrue(self.session, self.program, completions, actor="shop")

    def cancel(self, *references: str, on: str = "2024-01-06") -> None:
        """Cancel sales before completion."""
        conversions.cancel(
            self.session, self.program, references, at=at(on), actor="shop", reason="out of stock"
        )

    def refund(
        self,
        pieces: int | None = None,
        *,
        of: str = "S-1",
        line: int | None = None,
        on: str = "2024-01-20",
        reference: str | None = None,
        reason: str = "return",
    ) -> TakenBack:
        """Take pieces of one line back (line 1 unless told), or all that is left of a sale."""
        line = 1 if pieces is not None and line is None else line
        named = reference or f"R-{of}-{line}-{pieces}-{on}"
        return self.take_back(Refund(named, at(on), (RefundLine(of, line, pieces),), reason))[0]

    def take_back(self, *refunds: Refund) -> list[TakenBack]:
        """Take refunds back as they are."""
        return clawbacks.take_back(self.session, self.program, refunds, actor="shop")

    # Finance's steps.

    def release(self, on: str) -> Released:
        """Release what is due."""
        return approval.release(self.session, self.program, at=at(on), actor="job")

    def hold(self, *ids: int, on: str = "2024-01-15") -> None:
        """Stop commissions."""
        approval.hold(self.session, self.program, ids, at=at(on), actor="thu", reason="odd traffic")

    def lift(self, *ids: int, on: str = "2024-01-16") -> None:
        """Lift the stop."""
        approval.lift(self.session, self.program, ids, at=at(on), actor="thu", reason="explained")

    def reject(self, *ids: int, on: str = "2024-01-17") -> None:
        """Refuse commissions."""
        approval.reject(self.session, self.program, ids, at=at(on), actor="thu", reason="fraud")

    def award(self, month: str, *, on: str) -> Awarded:
        """Award a month's bonuses."""
        return bonuses.award(
            self.session, self.program, parse_month(month), now=at(on), actor="job"
        )

    def seal(self, month: str, *, on: str) -> Seal:
        """Seal a month."""
        return closing.seal(self.session, self.program, parse_month(month), now=at(on), actor="job")

    def close(self, month: str, *, on: str | None = None) -> Awarded:
        """Award a month's bonuses and seal it, at the first instant after it unless told."""
        when = on or f"{parse_month(month).next()}-01"
        awarded = self.award(month, on=when)
        self.seal(month, on=when)
        return awarded

    def build(self, on: str, *, of: Sequence[str] | None = None, maker: str = "anna") -> Built:
        """Build a batch."""
        return payouts.build_batch(
            self.session, self.program, maker=maker, at=at(on), partner_codes=of
        )

    def build_one(self, on: str) -> Payout:
        """Build a batch that has one payout, and return that."""
        (payout,) = self.build(on).payouts
        return payout

    def approve(self, payout: Payout, *, on: str, checker: str = "binh") -> Payout:
        """Approve the batch of a payout."""
        payouts.approve(self.session, self.program, payout.batch_id, checker=checker, at=at(on))
        return payout

    def refuse(self, payout: Payout, *, on: str, checker: str = "binh") -> Payout:
        """Refuse the batch of a payout."""
        payouts.refuse(
            self.session,
            self.program,
            payout.batch_id,
            checker=checker,
            at=at(on),
            reason="wrong month",
        )
        return payout

    def send(self, payout: Payout, *, on: str) -> Payout:
        """Send a payout by the test rail and write down what the rail said."""
        when = at(on)
        for order in settling.begin_sending(
            self.session, self.program, [payout.id], at=when, actor="job"
        ):
            told = {payout.id: RAIL.send(order)}
            settling.record_outcomes(self.session, self.program, told, at=when, actor="job")
        return payout

    def settle(self, payout: Payout, *, on: str) -> Payout:
        """Record that the money has arrived."""
        settling.settle(self.session, self.program, [payout.id], at=at(on), actor="bank")
        return payout

    def fail(self, payout: Payout, *, on: str) -> Payout:
        """Record that the money will never arrive."""
        settling.fail(
            self.session,
            self.program,
            [payout.id],
            at=at(on),
            actor="bank",
            reason="account closed",
        )
        return payout

    def give_back(self, payout: Payout, *, on: str) -> Payout:
        """Record that settled money came back."""
        settling.take_return(
            self.session, self.program, [payout.id], at=at(on), actor="bank", reason="name differs"
        )
        return payout

    def pay_out(self, on: str) -> Payout:
        """Pay everything that is ready to one partner, from the batch to the bank's word."""
        payout = self.build_one(on)
        self.approve(payout, on=on)
        self.send(payout, on=on)
        self.settle(payout, on=on)
        return payout

    # What the books say.

    def owed(self, code: str = "mai", *, as_of: str | None = None) -> Owed:
        """Return what a partner is owed now, or was at the end of an instant."""
        partner_id = self.partner(code).id
        refs = (
            ledger.accrued(partner_id),
            ledger.payable(partner_id),
            ledger.in_payout(partner_id),
        )
        return Owed(*(self._balance(ref, as_of) for ref in refs))

    def house(self, *, as_of: str | None = None) -> House:
        """Return what the house bore and paid."""
        refs = (ledger.expense("sale"), ledger.expense("bonus"), ledger.cash("test"))
        commission, bonus, cash = (self._balance(ref, as_of) for ref in refs)
        return House(commission, bonus, -cash)

    def commissions(self, **wanted: Any) -> list[Any]:
        """Return the commissions in the order of their ids, as the database has them now."""
        self.session.flush()
        rows = self.session.execute(
            select(*Commission.__table__.columns)
            .where(Commission.program_id == self.program.id)
            .order_by(Commission.id)
        ).all()
        return [
            row for row in rows if all(getattr(row, key) == value for key, value in wanted.items())
        ]

    def states(self, **wanted: Any) -> list[str]:
        """Return the states of commissions."""
        return [row.state for row in self.commissions(**wanted)]

    def id_of(self, kind: str = "sale") -> int:
        """Return the id of the only commission of a kind."""
        (row,) = self.commissions(kind=kind)
        return int(row.id)

    def books_hold(self) -> bool:
        """Tell whether verification finds nothing; a finding fails the test with its sentence."""
        findings = ledger.verify(self.session).findings
        if findings:
            pytest.fail("\n".join(f"{one.check}: {one.detail}" for one in findings))
        return True

    def _balance(self, ref: ledger.AccountRef, as_of: str | None) -> int:
        when = at(as_of) if as_of else None
        return ledger.balance(self.session, self.program, ref, as_of=when)


def begin(session: Session) -> Story:
    """Return the story of a program that pays ten percent, with Mai as its KOC."""
    story = Story(session, make_program(session))
    story.enrol("mai")
    return story


@contextmanager
def refused(session: Session, error: type[HoahongError], *words: str) -> Iterator[None]:
    """Expect a named refusal of one sentence that says the words; undo what was begun."""
    with pytest.raises(error) as caught, session.begin_nested():
        yield
    session.expire_all()
    said = str(caught.value)
    assert said.endswith("."), said
    for word in words:
        assert word in said, f"{word!r} isn't in: {said}"
