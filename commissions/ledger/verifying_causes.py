"""Checks of what each transfer says it is for: its cause exists and moves just such accounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import ColumnElement, String, and_, case, cast, func, literal, not_, or_, select
from sqlalchemy.orm import aliased

from commissions.ledger import chart
from commissions.ledger.verifying_claims import POSTED_AS
from commissions.ledger.verifying_parts import Check, of_program
from commissions.models import Account, Commission, Payout, Transfer

_debit, _credit = aliased(Account, name="debit"), aliased(Account, name="credit")
_OPEN = (chart.ACCRUED, chart.PAYABLE)


def _causes(scope: int | None) -> Check:
    """Each transfer has the commission or payout that caused it, and their accounts."""
    owner = func.coalesce(Commission.partner_id, Payout.partner_id)
    query = (
        select(Transfer.id, Transfer.code, Transfer.reference)
        .join(_debit, _debit.id == Transfer.debit_account_id)
        .join(_credit, _credit.id == Transfer.credit_account_id)
        .outerjoin(Commission, and_(Transfer.cause_id == Commission.id, _of_a_commission()))
        .outerjoin(Payout, and_(Transfer.cause_id == Payout.id, not_(_of_a_commission())))
        .where(
            or_(
                owner.is_(None),
                func.coalesce(_debit.partner_id, owner) != owner,
                func.coalesce(_credit.partner_id, owner) != owner,
                Transfer.reference != _reference(),
                not_(_fits()),
            ),
            *of_program(Transfer.program_id, scope),
        )
    )
    return "transfer {id} ({code}:{reference}) isn't what its cause asks for", query


def _of_a_commission() -> ColumnElement[bool]:
    return Transfer.code.in_([*POSTED_AS.values(), "release", "reject"])


def _reference() -> ColumnElement[str]:
    """Return the reference that a transfer must have: what it books, or the id of its cause."""
    return case(
        (Transfer.code.in_([*POSTED_AS.values()]), Commission.reference),
        else_=cast(Transfer.cause_id, String),
    )


def _fits() -> ColumnElement[bool]:
    """Return the condition that a transfer's sides are those of its code."""
    expense = case(
        (Commission.kind == "bonus", literal(chart.EXPENSE_BONUS)),
        else_=literal(chart.EXPENSE_COMMISSION),
    )
    cash = literal(chart.CASH) + Payout.rail
    earned = and_(_debit.role == expense, _credit.role == chart.ACCRUED)
    taken = and_(_debit.role.in_(_OPEN), _credit.role == expense)
    sides: Mapping[str, ColumnElement[bool]] = {
        **{code: earned for kind, code in POSTED_AS.items() if kind != "clawback"},
        POSTED_AS["clawback"]: taken,
        "reject": taken,
        "release": _between(chart.ACCRUED, chart.PAYABLE),
        "payout_reserve": _between(chart.PAYABLE, chart.IN_PAYOUT),
        "payout_fail": _between(chart.IN_PAYOUT, chart.PAYABLE),
        "payout_settle": and_(_debit.role == chart.IN_PAYOUT, _credit.role == cash),
        "payout_return": and_(_debit.role == cash, _credit.role == chart.PAYABLE),
    }
    return case(*((Transfer.code == code, fits) for code, fits in sides.items()), else_=False)


def _between(debit: str, credit: str) -> ColumnElement[bool]:
    return and_(_debit.role == debit, _credit.role == credit)


CAUSE_CHECKS: Mapping[str, Callable[[int | None], Check]] = {"a transfer's cause": _causes}
