"""Checks of what the books owe: partners' accounts against commissions, payouts against claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ScalarSelect, String, and_, case, cast, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from commissions.ledger.verifying_parts import Check, of_program
from commissions.models import Account, Commission, Payout, PayoutItem, Transfer
from commissions.states import MONEY_LIES_IN, CommissionState, PayoutState

POSTED_AS = {
    "sale": "accrual",
    "override": "override",
    "bonus": "bonus",
    "clawback": "clawback",
}
"""The code of the transfer that books a commission, by the commission's kind."""

_DONE = (PayoutState.FAILED, PayoutState.RETURNED)


def _open_commissions(scope: int | None) -> Check:
    """Each of a partner's accounts holds that partner's open commissions, no more and no less."""
    role = case(*((Commission.state == state, place) for state, place in MONEY_LIES_IN.items()))
    owed = (
        select(
            Commission.partner_id,
            role.label("role"),
            func.sum(Commission.amount_minor).label("owed"),
        )
        .where(Commission.state.in_([*MONEY_LIES_IN]), *of_program(Commission.program_id, scope))
        .group_by(Commission.partner_id, role)
        .subquery("owed")
    )
    held = (
        select(Account.partner_id, Account.role, Account.balance_minor)
        .where(Account.partner_id.is_not(None), *of_program(Account.program_id, scope))
        .subquery("held")
    )
    both = union_all(
        select(held.c.partner_id, held.c.role, held.c.balance_minor, literal(0).label("owed")),
        select(owed.c.partner_id, owed.c.role, literal(0), owed.c.owed),
    ).subquery("both")
    balance, total = func.sum(both.c.balance_minor), func.sum(both.c.owed)
    query = (
        select(both.c.partner_id, both.c.role, balance.label("balance_minor"), total.label("owed"))
        .group_by(both.c.partner_id, both.c.role)
        .having(balance != total)
    )
    detail = "partner {partner_id}: {role} holds {balance_minor}, open commissions make {owed}"
    return detail, query


def _commission_transfer(scope: int | None) -> Check:
    """Each commission that isn't nothing was booked by one transfer of its amount and time."""
    code = case(*((Commission.kind == kind, code) for kind, code in POSTED_AS.items()))
    query = (
        select(
            Commission.id,
            Commission.kind,
            Commission.reference,
            Commission.amount_minor,
            Commission.effective_at,
            func.coalesce(Transfer.amount_minor, 0).label("moved"),
            Transfer.effective_at.label("moved_at"),
        )
        .outerjoin(
            Transfer,
            and_(
                Transfer.program_id == Commission.program_id,
                Transfer.code == code,
                Transfer.reference == Commission.reference,
                Transfer.cause_id == Commission.id,
            ),
        )
        .where(
            or_(
                func.coalesce(Transfer.amount_minor, 0) != func.abs(Commission.amount_minor),
                Transfer.effective_at != Commission.effective_at,
            ),
            *of_program(Commission.program_id, scope),
        )
    )
    detail = (
        "commission {id} ({kind} {reference}) is {amount_minor} of {effective_at},"
        " its transfer moved {moved}, effective {moved_at}"
    )
    return detail, query


def _payout_claims(scope: int | None) -> Check:
    """A payout is the sum of the commissions that it claimed, at their amounts."""
    claimed = func.coalesce(func.sum(PayoutItem.amount_minor), 0)
    owed = func.coalesce(func.sum(Commission.amount_minor), 0)
    query = (
        select(Payout.id, Payout.amount_minor, claimed.label("claimed"), owed.label("owed"))
        .outerjoin(PayoutItem, PayoutItem.payout_id == Payout.id)
        .outerjoin(Commission, Commission.id == PayoutItem.commission_id)
        .where(*of_program(Payout.program_id, scope))
        .group_by(Payout.id, Payout.amount_minor)
        .having(or_(claimed != Payout.amount_minor, owed != Payout.amount_minor))
    )
    detail = "payout {id} is {amount_minor}, it claimed {claimed} of commissions that make {owed}"
    return detail, query


def _payout_items(scope: int | None) -> Check:
    """A payout claims its own partner's commissions, each at its amount."""
    query = (
        select(
            PayoutItem.payout_id,
            PayoutItem.commission_id,
            PayoutItem.amount_minor.label("claimed"),
            Payout.partner_id,
            Commission.amount_minor,
            Commission.partner_id.label("owner_id"),
        )
        .join(Payout, Payout.id == PayoutItem.payout_id)
        .join(Commission, Commission.id == PayoutItem.commission_id)
        .where(
            or_(
                PayoutItem.amount_minor != Commission.amount_minor,
                Payout.partner_id != Commission.partner_id,
                Payout.program_id != Commission.program_id,
            ),
            *of_program(Payout.program_id, scope),
        )
    )
    detail = (
        "payout {payout_id} of partner {partner_id} claims {claimed} of commission"
        " {commission_id}, which is {amount_minor} of partner {owner_id}"
    )
    return detail, query


def _payout_transfers(scope: int | None) -> Check:
    """A payout has been reserved, settled, failed and returned as its state says, in full."""
    moves = {
        code: _moved(code)
        for code in ("payout_reserve", "payout_settle", "payout_fail", "payout_return")
    }
    settled = Payout.state.in_([PayoutState.SETTLED, PayoutState.RETURNED])
    wanted: dict[str, Any] = {
        "payout_reserve": literal(value=True),
        "payout_settle": settled,
        "payout_fail": Payout.state == PayoutState.FAILED,
        "payout_return": Payout.state == PayoutState.RETURNED,
    }
    wrong = [
        moves[code] != case((when, Payout.amount_minor), else_=0) for code, when in wanted.items()
    ]
    query = select(
        Payout.id,
        Payout.state,
        Payout.amount_minor,
        *(moved.label(code) for code, moved in moves.items()),
    ).where(or_(*wrong), *of_program(Payout.program_id, scope))
    detail = (
        "payout {id} of {amount_minor} is {state}, but its transfers moved {payout_reserve}"
        " reserved, {payout_settle} settled, {payout_fail} failed, {payout_return} returned"
    )
    return detail, query


def _moved(code: str) -> ScalarSelect[int]:
    transfer = aliased(Transfer)
    return (
        select(func.coalesce(func.sum(transfer.amount_minor), 0))
        .where(
            transfer.program_id == Payout.program_id,
            transfer.code == code,
            transfer.reference == cast(Payout.id, String),
            transfer.cause_id == Payout.id,
        )
        .correlate(Payout)
        .scalar_subquery()
    )


def _claimed_once(scope: int | None) -> Check:
    """A commission in payout or paid is claimed by one payout that lives, any other by none."""
    lives = func.count(Payout.id)
    claimed = Commission.state.in_([CommissionState.IN_PAYOUT, CommissionState.PAID])
    query = (
        select(Commission.id, Commission.state, lives.label("lives"))
        .outerjoin(PayoutItem, PayoutItem.commission_id == Commission.id)
        .outerjoin(Payout, and_(Payout.id == PayoutItem.payout_id, Payout.state.not_in(_DONE)))
        .where(*of_program(Commission.program_id, scope))
        .group_by(Commission.id, Commission.state)
        .having(lives != case((claimed, 1), else_=0))
    )
    return "commission {id} is {state} and claimed by {lives} payouts that live", query


CLAIM_CHECKS: Mapping[str, Callable[[int | None], Check]] = {
    "partners' accounts": _open_commissions,
    "a commission's transfer": _commission_transfer,
    "a payout's claims": _payout_claims,
    "a payout's items": _payout_items,
    "a payout's transfers": _payout_transfers,
    "claimed once": _claimed_once,
}
