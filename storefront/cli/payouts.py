"""``hoahong payouts``: build a batch, approve it as somebody else, send, settle, fail, return."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from commissions import payouts as engine_payouts
from commissions import programs, sets, settling
from commissions.errors import PayoutUnknown, StateConflict
from commissions.models import Batch, Partner, Payout, Program
from commissions.money import Money
from commissions.states import BatchState, PayoutState
from storefront import clock, database, payout_run
from storefront.cli.connection import engine_from_env
from storefront.cli.output import (
    TextType,
    as_json,
    by_whom,
    every_row,
    left_out,
    most_rows,
    program_code,
    progress,
    table,
    tell,
)

_NOT_SENT = frozenset({PayoutState.RESERVED, PayoutState.APPROVED})
_PERHAPS_SENT = frozenset({PayoutState.SENDING, PayoutState.UNKNOWN})
_ID = click.IntRange(1, 2**63 - 1)
_LONGEST_REASON = 400

_batch = click.argument("batch_id", type=_ID)
_payout = click.option("--payout", "payout_id", type=_ID, required=True, help="The payout's id.")
_reason = click.option(
    "--reason", type=TextType(_LONGEST_REASON), required=True, help="Why, for the records."
)


@click.group()
def payouts() -> None:
    """Payouts: one person builds a batch, another approves it."""


@payouts.command()
@program_code
@by_whom
@click.option(
    "--partner",
    "partner_codes",
    type=TextType(),
    multiple=True,
    help="Only this partner; repeatable.",
)
@every_row
@as_json
def build(
    *, program_code: str, actor: str, partner_codes: tuple[str, ...], all_: bool, json_: bool
) -> None:
    """Claim what is ready, one payout a partner, at or above the minimum."""
    with database.transaction(engine_from_env()) as session:
        program = programs.find(session, program_code)
        built = engine_payouts.build_batch(
            session,
            program,
            maker=actor,
            at=clock.now(session),
            partner_codes=partner_codes or None,
        )
        data = {
            "batch": built.batch.id if built.batch else None,
            "payouts": _shown(session, built.payouts),
            "skipped": built.skipped,
        }
        total = Money(sum(payout.amount_minor for payout in built.payouts), program.currency)
        said = (
            f"Batch {built.batch.id}: {len(built.payouts):,} payouts, {total}."
            if built.batch
            else "Nobody can be paid now."
        )
        skipped = [
            f"Skipped {one.partner_code}: {one.reason} ({Money(one.ready_minor, program.currency)})"
            for one in built.skipped
        ]
    most = most_rows(all_=all_)
    tell(data, said, *skipped[:most], *left_out(len(skipped), most), json_=json_)


@payouts.command()
@program_code
@by_whom
@_batch
@every_row
@as_json
def approve(*, program_code: str, actor: str, batch_id: int, all_: bool, json_: bool) -> None:
    """Approve a batch, as somebody other than its maker."""
    with database.transaction(engine_from_env()) as session:
        program = programs.find(session, program_code)
        batch = engine_payouts.approve(
            session, program, batch_id, checker=actor, at=clock.now(session)
        )
        _tell_batch(session, program, batch, all_=all_, json_=json_)


@payouts.command()
@program_code
@by_whom
@_reason
@_batch
@every_row
@as_json
def refuse(
    *, program_code: str, actor: str, reason: str, batch_id: int, all_: bool, json_: bool
) -> None:
    """Refuse a batch, as somebody other than its maker: what it claimed is ready again."""
    with database.transaction(engine_from_env()) as session:
        program = programs.find(session, program_code)
        batch = engine_payouts.refuse(
            session, program, batch_id, checker=actor, at=clock.now(session), reason=reason
        )
        _tell_batch(session, program, batch, all_=all_, json_=json_)


@payouts.command()
@program_code
@by_whom
@_batch
@every_row
@as_json
def send(*, program_code: str, actor: str, batch_id: int, all_: bool, json_: bool) -> None:
    """Hand an approved batch to its rails; safe to run again after any break."""
    engine = engine_from_env()
    with progress(json_=json_) as advance:
        payout_run.send_batch(
            engine,
            program_code,
            batch_id,
            payout_run.RAILS,
            actor=actor,
            now=clock.read(engine),
            advance=advance,
        )
    with database.transaction(engine) as session:
        program = programs.find(session, program_code)
        batch, _ = engine_payouts.find_batch(session, program, batch_id)
        _tell_batch(session, program, batch, all_=all_, json_=json_)


@payouts.command()
@program_code
@by_whom
@_batch
@click.option("--payout", "payout_id", type=_ID, help="Only this payout of the batch.")
@every_row
@as_json
def settle(
    *,
    program_code: str,
    actor: str,
    batch_id: int,
    payout_id: int | None,
    all_: bool,
    json_: bool,
) -> None:
    """Record that the money of a batch's sent payouts has arrived."""
    with database.transaction(engine_from_env()) as session:
        program = programs.find(session, program_code)
        batch, listed = engine_payouts.find_batch(session, program, batch_id)
        wanted = _to_settle(batch, listed, payout_id)
        settling.settle(session, program, wanted, at=clock.now(session), actor=actor)
        _tell_batch(session, program, batch, all_=all_, json_=json_)


@payouts.command()
@program_code
@by_whom
@_payout
@_reason
@as_json
def fail(*, program_code: str, actor: str, payout_id: int, reason: str, json_: bool) -> None:
    """Record that a payout will never arrive: what it claimed is ready again."""
    with database.transaction(engine_from_env()) as session:
        program = programs.find(session, program_code)
        [payout] = settling.fail(
            session, program, [payout_id], at=clock.now(session), actor=actor, reason=reason
        )
        (shown,) = _shown(session, [payout])
        tell(shown, f"Payout {payout.id} is {payout.state}.", json_=json_)


@payouts.command("return")
@program_code
@by_whom
@_payout
@_reason
@as_json
def return_(*, program_code: str, actor: str, payout_id: int, reason: str, json_: bool) -> None:
    """Record that settled money came back: what it paid is ready again."""
    with database.transaction(engine_from_env()) as session:
        program = programs.find(session, program_code)
        [payout] = settling.take_return(
            session, program, [payout_id], at=clock.now(session), actor=actor, reason=reason
        )
        (shown,) = _shown(session, [payout])
        tell(shown, f"Payout {payout.id} is {payout.state}.", json_=json_)


def _tell_batch(
    session: Session, program: Program, batch: Batch, *, all_: bool, json_: bool
) -> None:
    _, listed = engine_payouts.find_batch(session, program, batch.id)
    shown = _shown(session, listed)
    data = {
        "batch": batch.id,
        "state": batch.state,
        "maker": batch.maker,
        "checker": batch.checker,
        "payouts": shown,
    }
    tell(data, f"Batch {batch.id} is {batch.state}{_ended(listed)}.", json_=json_)
    if not json_:
        names = ("id", "partner", "name", "amount", "rail", "destination", "state")
        amounts = ({"amount": str(Money(p.amount_minor, program.currency))} for p in listed)
        rows = [one | amount for one, amount in zip(shown, amounts, strict=True)]
        table(
            ("payout", *names[1:]),
            [[row[name] for name in names] for row in rows],
            most=most_rows(all_=all_),
        )


def _ended(listed: Sequence[Payout]) -> str:
    """Return how many payouts of a batch have come to which end, to follow its state."""
    ends = Counter(payout.state for payout in listed)
    told = [
        f"{ends[state]:,} {state}"
        for state in (PayoutState.SETTLED, PayoutState.FAILED, PayoutState.RETURNED)
        if ends[state]
    ]
    return f": {', '.join(told)}" if told else ""


def _to_settle(batch: Batch, listed: Sequence[Payout], payout_id: int | None) -> list[int]:
    """Return the payouts to settle: the named one, or all that were sent.

    Raises PayoutUnknown, and StateConflict where nothing was sent that could have arrived.
    """
    named = [payout for payout in listed if payout_id in {None, payout.id}]
    if not named:
        raise PayoutUnknown(f"Batch {batch.id} has no payout {payout_id}: look at its list.")
    sent = [payout.id for payout in named if payout.state == PayoutState.SENT]
    states = {payout.state for payout in named}
    if not sent and states & _NOT_SENT:
        what = f"Batch {batch.id}" if payout_id is None else f"Payout {payout_id}"
        how = "approve it and send it" if batch.state == BatchState.BUILT else "send it"
        raise StateConflict(f"{what} wasn't sent yet, so nothing of it has arrived: {how} first.")
    if not sent and payout_id is None and states & _PERHAPS_SENT:
        raise StateConflict(
            f"Of batch {batch.id} the rail must tell what was sent: send it again, which asks the"
            " rail, or settle by --payout what was seen to arrive."
        )
    return sent if payout_id is None else [payout_id]


def _shown(session: Session, listed: Sequence[Payout]) -> list[dict[str, object]]:
    """Return payouts as programs read them, each with its partner's code and name."""
    names = ("id", "partner_id", "amount_minor", "rail", "destination", "state", "key")
    partners = {
        one.id: {"partner": one.code, "name": one.name}
        for one in session.scalars(
            select(Partner).where(sets.among(session, Partner.id, [p.partner_id for p in listed]))
        )
    }
    return [
        {name: getattr(payout, name) for name in names} | partners[payout.partner_id]
        for payout in listed
    ]
