"""The sum behind each amount: which lines, which base, which rate, what was taken back, and why.

Decides nothing: amounts are the commissions' own, lines are sorted by the frozen rules, and a
line's share is computed by largest remainder. Set-based: any number of sums costs as many
statements as one, and two for each plan version among them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from commissions.earnings import receipt_rows
from commissions.earnings.deals import Deal, DealLine
from commissions.earnings.receipt_rows import Booked, Found
from commissions.earnings.values import Brought, Part, Sum, SumLine
from commissions.models import Program
from commissions.money import split
from commissions.plans import Plans
from commissions.rules import Rule
from commissions.tiers import Tier

_LIVE_PAYOUT = ("in_payout", "paid")


def sums(
    session: Session,
    program: Program,
    commission_ids: Collection[int],
    *,
    partner_id: int | None = None,
) -> dict[int, Sum]:
    """Return how amounts came about, by commission id; of estimates by the sale's id below zero.

    ``partner_id`` says whose estimates are meant: the seller's, unless told. Ids that this
    program doesn't have are left out.
    """
    found = receipt_rows.read(session, program, commission_ids, partner_id=partner_id)
    plans = Plans(session, program)
    return {row.id: _sum(row, found, plans) for row in found.rows}


def _sum(row: Booked, found: Found, plans: Plans) -> Sum:
    deal = found.deals.get(row.sale_id or 0)
    original = found.originals.get(row.original_id or 0)
    parts = _parts(row, deal, found)
    return Sum(
        id=row.id,
        kind=row.kind,
        state=row.state,
        partner_id=row.partner_id,
        partner_code=row.partner_code,
        partner_name=row.partner_name,
        seller_name=found.sellers.get(deal.partner_id) if deal else None,
        parts=parts,
        base_minor=row.base_minor if row.id > 0 else sum(part.base_minor for part in parts),
        amount_minor=row.amount_minor if row.id > 0 else sum(part.amount_minor for part in parts),
        plan_number=deal.plan_number if deal else _number(row, found, plans),
        tier=_tier(row, plans) if row.kind == "bonus" else None,
        month=row.reference.partition(":")[0] if row.kind == "bonus" else None,
        sale_reference=row.sale_reference,
        paid_at=row.paid_at,
        effective_at=row.effective_at,
        due_at=row.due_at,
        reason=found.reasons.get(row.id),
        brought=_brought(row, found),
        original_id=row.original_id,
        original_minor=original,
        taken=tuple(found.taken[row.id]),
        payout=found.payouts.get(row.id) if row.state in _LIVE_PAYOUT else None,
    )


def _parts(row: Booked, deal: Deal | None, found: Found) -> tuple[Part, ...]:
    if row.id < 0:
        return _estimated_parts(row, deal) if deal else ()
    if row.kind == "clawback" and deal:
        return (_taken_part(row, deal, found),)
    if deal is None:
        return (Part((), row.base_minor, row.rate_bps, None, None, row.amount_minor),)
    lines = _lines_of(deal, row.rule_id)
    before = _before_completion(row, lines, found)
    rule = _rule(deal, row.rule_id)
    return (_part(row.base_minor, row.amount_minor, rule, row.rate_bps, _sold(lines, before)),)


def _part(
    base_minor: int,
    amount_minor: int,
    rule: Rule | None,
    rate_bps: int | None,
    lines: Sequence[SumLine],
) -> Part:
    shares = split(amount_minor, [abs(line.base_minor) for line in lines])
    return Part(
        lines=tuple(
            SumLine(
                line.line_no,
                line.stock_code,
                line.quantity,
                line.amount_minor,
                line.returned_quantity,
                line.returned_minor,
                share,
            )
            for line, share in zip(lines, shares, strict=True)
        ),
        base_minor=base_minor,
        rate_bps=rate_bps,
        flat_minor=rule.flat_minor if rule else None,
        rule_name=rule.name if rule else None,
        amount_minor=amount_minor,
    )


def _estimated_parts(row: Booked, deal: Deal) -> tuple[Part, ...]:
    """Return what an order would earn if it were completed as it stands."""
    back = {line.line_no: (line.returned_quantity, line.returned_minor) for line in deal.lines}
    quoted = deal.quote()
    if row.kind == "override":
        lines = _sold(_lines_of(deal, None), back)
        amount = deal.estimate(row.partner_id)
        return (_part(quoted.base_minor, amount, None, deal.plan.override_bps, lines),)
    return tuple(
        _part(
            group.base_minor,
            group.amount_minor,
            group.rule,
            group.rule.rate_bps,
            _sold(_lines_of(deal, group.rule.id), back),
        )
        for group in quoted.groups
        if group.rule.pays
    )


def _taken_part(row: Booked, deal: Deal, found: Found) -> Part:
    """Return the pieces that one refund took back of a commission."""
    wanted = {line.line_no: line for line in _lines_of(deal, row.rule_id)}
    lines = [
        SumLine(one.line_no, wanted[one.line_no].stock_code, one.quantity, -one.base_minor, 0, 0, 0)
        for one in found.returned[deal.sale_id]
        if one.refund_id == row.refund_id and one.line_no in wanted
    ]
    return _part(row.base_minor, row.amount_minor, _rule(deal, row.rule_id), row.rate_bps, lines)


def _lines_of(deal: Deal, rule_id: int | None) -> list[DealLine]:
    """Return the lines under a rule; without one, all lines under rules that pay."""
    return [
        line
        for line in deal.lines
        if (rule := deal.rule_of(line)).pays and rule_id in {None, rule.id}
    ]


def _rule(deal: Deal, rule_id: int | None) -> Rule | None:
    return next((rule for rule in deal.plan.rules if rule_id and rule.id == rule_id), None)


def _before_completion(
    row: Booked, lines: Sequence[DealLine], found: Found
) -> dict[int, tuple[int, int]]:
    """Return pieces and base of each line that came back before the order was completed.

    Those are the first returns that were recorded: as many as the base is short of what was sold.
    """
    missing = sum(line.amount_minor for line in lines) - row.base_minor
    numbers = {line.line_no for line in lines}
    back: dict[int, tuple[int, int]] = {}
    for one in found.returned[row.sale_id or 0]:
        if missing <= 0:
            break
        if one.line_no in numbers:
            pieces, base = back.get(one.line_no, (0, 0))
            back[one.line_no] = (pieces + one.quantity, base + one.base_minor)
            missing -= one.base_minor
    return back


def _sold(lines: Sequence[DealLine], back: dict[int, tuple[int, int]]) -> list[SumLine]:
    return [
        SumLine(
            line.line_no,
            line.stock_code,
            line.quantity,
            line.amount_minor,
            *back.get(line.line_no, (0, 0)),
            0,
        )
        for line in lines
    ]


def _brought(row: Booked, found: Found) -> Brought | None:
    decision = found.decisions.get(row.sale_id or 0)
    if decision is None or row.paid_at is None:
        return None
    won = next((touch for touch in decision.touches if touch["verdict"] == decision.reason), None)
    touched_at = datetime.fromisoformat(won["occurred_at"]) if won else None
    return Brought(
        rule=decision.rule,
        reason=decision.reason,
        touch_kind=won["kind"] if won else None,
        touched_at=touched_at,
        days_before=(row.paid_at - touched_at).days if touched_at else None,
    )


def _number(row: Booked, found: Found, plans: Plans) -> int | None:
    """Return the number of the plan version that a month's bonus went by."""
    if row.kind != "bonus":
        return None
    return found.plan_numbers.get(plans.in_force(row.effective_at).id or 0)


def _tier(row: Booked, plans: Plans) -> Tier | None:
    """Return the rung that a month's volume reached, of the partner's kind if it fits."""
    reached = [
        tier
        for tier in plans.in_force(row.effective_at).tiers
        if tier.threshold_minor <= row.base_minor and tier.rate_bps == row.rate_bps
    ]
    same_kind = [tier for tier in reached if tier.partner_kind == row.partner_kind]
    return max(same_kind or reached, key=lambda tier: tier.threshold_minor, default=None)
