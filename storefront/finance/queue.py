"""The review queue: which commissions are open, how they are filtered, and one of them in full.

Reads. What is decided about them is ``commissions.approval``'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, UnaryExpression, func, select
from sqlalchemy.orm import Session

from commissions import sets
from commissions.errors import CommissionUnknown
from commissions.models import (
    Commission,
    Partner,
    Program,
    SaleRecord,
    StateChange,
)
from commissions.states import CommissionState

MOST_SHOWN = 200
HELD = (CommissionState.HELD, CommissionState.HELD_READY)
_STATES: Mapping[str, tuple[str, ...]] = {
    "every": (CommissionState.ON_HOLD, CommissionState.READY, *HELD),
    "on_hold": (CommissionState.ON_HOLD,),
    "ready": (CommissionState.READY,),
    "held": HELD,
}
_KINDS = ("every", "sale", "override", "bonus", "clawback")
_SORTS: Mapping[str, tuple[UnaryExpression[Any], ...]] = {
    "newest": (Commission.effective_at.desc(), Commission.id.desc()),
    "oldest": (Commission.effective_at.asc(), Commission.id.asc()),
    "largest": (Commission.amount_minor.desc(), Commission.id.asc()),
    "due": (Commission.due_at.asc(), Commission.id.asc()),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the queue is shown, as words of the address; an unknown word counts as none."""

    state: str = "every"
    kind: str = "every"
    sort: str = "newest"
    partner: str = ""

    @classmethod
    def read(cls, words: Mapping[str, str]) -> Filters:
        """Read the filters from an address."""
        return cls(
            state=_one_of(words.get("state"), tuple(_STATES)),
            kind=_one_of(words.get("kind"), _KINDS),
            sort=_one_of(words.get("sort"), tuple(_SORTS)),
            partner=words.get("partner", "")[:120],
        )

    def words(self, **changes: str) -> dict[str, str]:
        """Return the filters as words of an address, without those that change nothing."""
        usual, one = Filters(), replace(self, **changes)
        names = ("state", "kind", "sort", "partner")
        return {
            name: getattr(one, name) for name in names if getattr(one, name) != getattr(usual, name)
        }


class Row(NamedTuple):
    """One open commission, as the table shows it."""

    id: int
    kind: str
    partner_code: str
    partner_name: str
    order: str | None
    base_minor: int
    rate_bps: int | None
    amount_minor: int
    state: str
    effective_at: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Totals:
    """How many commissions a state has, and their sum."""

    count: int
    amount_minor: int


class Why(NamedTuple):
    """The last word on a commission's state: what was said, by whom, when."""

    reason: str | None
    actor: str
    at: datetime


class Detail(NamedTuple):
    """One commission in full: its row, and its moves."""

    row: Row
    moves: Sequence[StateChange]


def rows(session: Session, program: Program, filters: Filters) -> list[Row]:
    """Return what the filters let through, in their order, as many as a page shows."""
    statement = _select().where(*_where(program, filters)).order_by(*_SORTS[filters.sort])
    return [Row(*row) for row in session.execute(statement.limit(MOST_SHOWN))]


def totals(session: Session, program: Program, filters: Filters) -> dict[str, Totals]:
    """Return count and sum by state of all that the filters let through, shown or not."""
    found = session.execute(
        select(
            Commission.state,
            func.count(),
            func.coalesce(func.sum(Commission.amount_minor), 0),
        )
        .join(Partner, Partner.id == Commission.partner_id)
        .where(*_where(program, filters))
        .group_by(Commission.state)
    )
    by_state = {state: Totals(count, int(amount)) for state, count, amount in found}
    held = [by_state.pop(state) for state in HELD if state in by_state]
    if held:
        by_state["held"] = Totals(sum(x.count for x in held), sum(x.amount_minor for x in held))
    return by_state


def partners(session: Session, program: Program) -> list[tuple[str, str]]:
    """Return code and name of everyone who has an open commission, by name."""
    found = session.execute(
        select(Partner.code, Partner.name)
        .join(Commission, Commission.partner_id == Partner.id)
        .where(Commission.program_id == program.id, Commission.state.in_(_STATES["every"]))
        .distinct()
        .order_by(Partner.name)
    )
    return [(code, name) for code, name in found]


def why_held(session: Session, ids: Sequence[int]) -> dict[int, Why]:
    """Return why commissions are held, by their ids."""
    found = session.execute(
        select(
            StateChange.subject_id,
            StateChange.reason,
            StateChange.actor,
            StateChange.effective_at,
        )
        .where(
            StateChange.subject == "commission",
            sets.among(session, StateChange.subject_id, ids),
            StateChange.to_state.in_(HELD),
        )
        .order_by(StateChange.id)
    )
    return {row.subject_id: Why(row.reason, row.actor, row.effective_at) for row in found}


def detail(session: Session, program: Program, commission_id: int) -> Detail:
    """Return one commission of the program in full; raises CommissionUnknown."""
    statement = _select().where(Commission.program_id == program.id, Commission.id == commission_id)
    found = session.execute(statement).one_or_none()
    if found is None:
        raise CommissionUnknown(f"Program {program.code} has no commission {commission_id}.")
    moves = session.scalars(
        select(StateChange)
        .where(StateChange.subject == "commission", StateChange.subject_id == commission_id)
        .order_by(StateChange.id)
    ).all()
    return Detail(Row(*found), moves)


def _one_of(word: str | None, known: Sequence[str]) -> str:
    return word if word is not None and word in known else known[0]


def _select() -> Select[Any]:
    return (
        select(
            Commission.id,
            Commission.kind,
            Partner.code,
            Partner.name,
            SaleRecord.reference,
            Commission.base_minor,
            Commission.rate_bps,
            Commission.amount_minor,
            Commission.state,
            Commission.effective_at,
            Commission.due_at,
        )
        .join(Partner, Partner.id == Commission.partner_id)
        .outerjoin(SaleRecord, SaleRecord.id == Commission.sale_id)
    )


def _where(program: Program, filters: Filters) -> list[ColumnElement[bool]]:
    where = [
        Commission.program_id == program.id,
        Commission.state.in_(_STATES[filters.state]),
    ]
    if filters.kind != "every":
        where.append(Commission.kind == filters.kind)
    if filters.partner:
        where.append(Partner.code == filters.partner)
    return where
