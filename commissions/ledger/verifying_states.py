"""Checks of states: each is where its last recorded move left it, and no move is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from commissions.ledger.verifying_parts import Check, of_program
from commissions.models import Batch, Commission, Payout, SaleRecord, StateChange
from commissions.states import BatchState, CommissionState, PayoutState, SaleState

_Moving = type[SaleRecord] | type[Commission] | type[Batch] | type[Payout]

_BEGINNINGS: Mapping[str, Sequence[str]] = {
    "sale": [SaleState.PAID],
    "commission": [
        CommissionState.ON_HOLD,
        CommissionState.HELD,
        CommissionState.READY,
        CommissionState.HELD_READY,
    ],
    "batch": [BatchState.BUILT],
    "payout": [PayoutState.RESERVED],
}
"""The states in which things begin; a clawback begins as what it takes back, others on hold."""

_SUBJECTS: Mapping[str, tuple[_Moving, ColumnElement[bool]]] = {
    "sale": (SaleRecord, SaleRecord.state.in_(_BEGINNINGS["sale"])),
    "commission": (
        Commission,
        case(
            (Commission.kind == "clawback", Commission.state.in_(_BEGINNINGS["commission"])),
            else_=Commission.state == CommissionState.ON_HOLD,
        ),
    ),
    "batch": (Batch, Batch.state.in_(_BEGINNINGS["batch"])),
    "payout": (Payout, Payout.state.in_(_BEGINNINGS["payout"])),
}
"""What has a state, and the condition under which it hasn't moved yet."""


def _last_move(scope: int | None) -> Check:
    """Each state is the one to which the last move led, or the first one where nothing moved."""
    faults = union_all(
        *(
            _strayed(word, table, scope, begins=begins)
            for word, (table, begins) in _SUBJECTS.items()
        )
    ).subquery("strayed")
    return "{subject} {id} is {state}, but its last recorded move was to {moved_to}", select(faults)


def _strayed(word: str, table: _Moving, scope: int | None, *, begins: ColumnElement[bool]) -> Any:  # noqa: ANN401  # reason: four tables, one shape of row
    last = (
        select(StateChange.subject_id, func.max(StateChange.id).label("id"))
        .where(StateChange.subject == word)
        .group_by(StateChange.subject_id)
        .subquery()
    )
    return (
        select(
            literal(word).label("subject"),
            table.id.label("id"),
            table.state.label("state"),
            func.coalesce(StateChange.to_state, "none").label("moved_to"),
        )
        .outerjoin(last, last.c.subject_id == table.id)
        .outerjoin(StateChange, StateChange.id == last.c.id)
        .where(
            or_(StateChange.to_state != table.state, and_(StateChange.id.is_(None), ~begins)),
            *of_program(table.program_id, scope),
        )
    )


def _moves_follow(scope: int | None) -> Check:
    """Each move begins where the one before it ended, the first in a state of the beginning."""
    before = func.lag(StateChange.to_state).over(
        partition_by=(StateChange.subject, StateChange.subject_id), order_by=StateChange.id
    )
    moves = select(
        StateChange.id,
        StateChange.subject,
        StateChange.subject_id,
        StateChange.from_state,
        before.label("before"),
    )
    if scope is not None:
        moves = moves.where(or_(*(_of_subject(word, scope) for word in _SUBJECTS)))
    chain = moves.subquery("chain")
    starts = or_(
        *(
            and_(chain.c.subject == word, chain.c.from_state.in_(states))
            for word, states in _BEGINNINGS.items()
        )
    )
    query = select(
        chain.c.id,
        chain.c.subject,
        chain.c.subject_id,
        chain.c.from_state,
        func.coalesce(chain.c.before, "no state at all").label("before"),
    ).where(or_(chain.c.before != chain.c.from_state, and_(chain.c.before.is_(None), ~starts)))
    detail = (
        "{subject} {subject_id}: move {id} begins at {from_state}, the one before led to {before}"
    )
    return detail, query


def _of_subject(word: str, scope: int) -> ColumnElement[bool]:
    table, _ = _SUBJECTS[word]
    return and_(
        StateChange.subject == word,
        StateChange.subject_id.in_(select(table.id).where(table.program_id == scope)),
    )


def _clawback_stands_with_original(scope: int | None) -> Check:
    """What is taken back while on hold, or held, is so for as long as what it takes back is.

    A clawback begins in the state of its original, without a move that would tell.
    """
    original = aliased(Commission)
    query = (
        select(Commission.id, Commission.state, original.state.label("original_state"))
        .join(original, original.id == Commission.original_id)
        .where(
            Commission.state.in_([CommissionState.ON_HOLD, CommissionState.HELD]),
            Commission.state != original.state,
            *of_program(Commission.program_id, scope),
        )
    )
    return "clawback {id} is {state}, but what it takes back is {original_state}", query


STATE_CHECKS: Mapping[str, Callable[[int | None], Check]] = {
    "a state": _last_move,
    "a state's moves": _moves_follow,
    "a clawback's state": _clawback_stands_with_original,
}
