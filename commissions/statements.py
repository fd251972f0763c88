"""What partners earned, by month: read from the ledger's transfers, nothing else.

Months are calendar months of ``effective_at`` in the program's zone. Books nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from commissions.models import Account, Partner, Program, Transfer
from commissions.periods import Month, month_of, months_between, zone_of
from commissions.progress import Advance, untold

_EARNED = ("accrual", "override", "bonus")
_TAKEN = ("clawback", "reject")


class MonthStatement(NamedTuple):
    """One partner's month in minor units; ``reversed_minor`` is what was taken back, positive."""

    partner_code: str
    month: str
    sale_minor: int
    override_minor: int
    bonus_minor: int
    reversed_minor: int
    net_minor: int


def by_partner_and_month(
    session: Session, program: Program, *, advance: Advance = untold
) -> Iterator[MonthStatement]:
    """Yield every month of every partner that isn't all nothing, by partner code and month."""
    sums: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    months = _months(session, program)
    for done, month in enumerate(months, start=1):
        for code, partner_code, amount in session.execute(_month_sums(program, month)):
            sums[partner_code, str(month)][code] = int(amount)
        advance("adding up months", done, len(months))
    for key in sorted(sums):
        yield _statement(*key, sums[key])


def _months(session: Session, program: Program) -> list[Month]:
    first, last = session.execute(
        select(func.min(Transfer.effective_at), func.max(Transfer.effective_at)).where(
            Transfer.program_id == program.id
        )
    ).one()
    if first is None:
        return []
    zone = zone_of(program.time_zone)
    return months_between(month_of(first, zone), month_of(last, zone))


def _month_sums(program: Program, month: Month) -> Select[tuple[str, str, int]]:
    """Return the sums of a month by transfer code and partner: what came in, what was taken."""
    zone = zone_of(program.time_zone)
    partner_side = case(
        (Transfer.code.in_(_TAKEN), Transfer.debit_account_id),
        else_=Transfer.credit_account_id,
    )
    return (
        select(Transfer.code, Partner.code, func.sum(Transfer.amount_minor))
        .join(Account, Account.id == partner_side)
        .join(Partner, Partner.id == Account.partner_id)
        .where(
            Transfer.program_id == program.id,
            Transfer.code.in_((*_EARNED, *_TAKEN)),
            Transfer.effective_at >= month.starts_at(zone),
            Transfer.effective_at < month.ends_at(zone),
        )
        .group_by(Transfer.code, Partner.code)
    )


def _statement(partner_code: str, month: str, sums: Mapping[str, int]) -> MonthStatement:
    sale, override, bonus = (sums.get(code, 0) for code in _EARNED)
    taken = sum(sums.get(code, 0) for code in _TAKEN)
    net = sale + override + bonus - taken
    return MonthStatement(partner_code, month, sale, override, bonus, taken, net)
