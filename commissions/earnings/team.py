"""A sponsor's team: what each member sold in a month, and what that earned the sponsor.

Volume is counted as the month's bonus counts it: bases of own sales less those taken back, rejected
ones left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from commissions.models import Commission, Conversion, Partner, Program
from commissions.periods import Month, zone_of
from commissions.states import CommissionState


class Member(NamedTuple):
    """One member of a team: volume of the month, overrides of the month and of all time."""

    code: str
    name: str
    handle: str
    volume_minor: int
    override_minor: int
    override_ever_minor: int


def team(session: Session, program: Program, sponsor_id: int, *, month: Month) -> list[Member]:
    """Return the partners whom a sponsor leads, by name, in minor units."""
    members = session.execute(
        select(Partner.id, Partner.code, Partner.name, Partner.handle)
        .where(Partner.program_id == program.id, Partner.sponsor_id == sponsor_id)
        .order_by(Partner.name, Partner.id)
    ).all()
    volumes = _sums(session.execute(_volumes(program, sponsor_id, month)).all())
    earned = session.execute(_overrides(program, sponsor_id, month)).all()
    in_month, ever = _sums(earned, place=1), _sums(earned, place=2)
    return [
        Member(
            code=member.code,
            name=member.name,
            handle=member.handle,
            volume_minor=volumes.get(member.id, 0),
            override_minor=in_month.get(member.id, 0),
            override_ever_minor=ever.get(member.id, 0),
        )
        for member in members
    ]


def _sums(rows: Sequence[Row[Any]], *, place: int = 1) -> dict[int, int]:
    return {row[0]: int(row[place] or 0) for row in rows}


def _volumes(program: Program, sponsor_id: int, month: Month) -> Select[Any]:
    original, zone = aliased(Commission), zone_of(program.time_zone)
    return (
        select(Commission.partner_id, func.sum(Commission.base_minor))
        .join(Partner, Partner.id == Commission.partner_id)
        .outerjoin(original, original.id == Commission.original_id)
        .where(
            Partner.sponsor_id == sponsor_id,
            Commission.program_id == program.id,
            Commission.effective_at >= month.starts_at(zone),
            Commission.effective_at < month.ends_at(zone),
            Commission.state != CommissionState.REJECTED,
            or_(Commission.kind == "sale", original.kind == "sale"),
        )
        .group_by(Commission.partner_id)
    )


def _overrides(program: Program, sponsor_id: int, month: Month) -> Select[Any]:
    original, zone = aliased(Commission), zone_of(program.time_zone)
    of_month = (Commission.effective_at >= month.starts_at(zone)) & (
        Commission.effective_at < month.ends_at(zone)
    )
    return (
        select(
            Conversion.partner_id,
            func.sum(case((of_month, Commission.amount_minor), else_=0)),
            func.sum(Commission.amount_minor),
        )
        .select_from(Commission)
        .join(Conversion, Conversion.sale_id == Commission.sale_id)
        .outerjoin(original, original.id == Commission.original_id)
        .where(
            Commission.program_id == program.id,
            Commission.partner_id == sponsor_id,
            Commission.state != CommissionState.REJECTED,
            or_(Commission.kind == "override", original.kind == "override"),
        )
        .group_by(Conversion.partner_id)
    )
