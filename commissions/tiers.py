"""Which tier a month's volume reaches, and the bonus for the closed month.

Decides from volumes in minor units; never queries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from commissions.errors import PlanInvalid
from commissions.money import share_of
from commissions.teams import DISTRIBUTOR


@dataclass(frozen=True, slots=True)
class Tier:
    """A rung: from this volume on, this rate of the whole volume."""

    partner_kind: str
    threshold_minor: int
    rate_bps: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A partner at a month's end: own net volume, and the sponsor whose team it adds to."""

    partner_id: int
    kind: str
    sponsor_id: int | None
    volume_minor: int


@dataclass(frozen=True, slots=True)
class Bonus:
    """What a partner earns for a month: the volume that counted, and the tier that it reached."""

    partner_id: int
    volume_minor: int
    tier: Tier
    amount_minor: int


def bonuses(standings: Sequence[Standing], tiers: Iterable[Tier]) -> list[Bonus]:
    """Return the bonuses above nothing, in the order of the standings.

    A distributor's volume is its own plus that of its directly sponsored partners, summed
    first and floored at nothing once; everyone else's is their own, floored at nothing.
    """
    rungs = sorted(tiers, key=lambda tier: tier.threshold_minor)
    teams = _team_volumes(standings)
    earned = (_bonus(standing, _volume(standing, teams), rungs) for standing in standings)
    return [bonus for bonus in earned if bonus and bonus.amount_minor]


def check_tiers(tiers: Sequence[Tier]) -> None:
    """Raise PlanInvalid when a kind's tiers repeat a threshold or a higher one pays less."""
    for kind in {tier.partner_kind for tier in tiers}:
        rungs = sorted(
            (tier for tier in tiers if tier.partner_kind == kind), key=lambda t: t.threshold_minor
        )
        for lower, higher in pairwise(rungs):
            if lower.threshold_minor == higher.threshold_minor:
                message = f"Two {kind} tiers begin at {higher.threshold_minor}: keep one."
                raise PlanInvalid(message)
            if higher.rate_bps < lower.rate_bps:
                message = (
                    f"The {kind} tier from {higher.threshold_minor} pays less than the one"
                    f" from {lower.threshold_minor}: raise its rate."
                )
                raise PlanInvalid(message)


def _team_volumes(standings: Iterable[Standing]) -> dict[int, int]:
    teams: dict[int, int] = {}
    for standing in standings:
        if standing.sponsor_id is not None:
            known = teams.get(standing.sponsor_id, 0)
            teams[standing.sponsor_id] = known + standing.volume_minor
    return teams


def _volume(standing: Standing, teams: Mapping[int, int]) -> int:
    team = teams.get(standing.partner_id, 0) if standing.kind == DISTRIBUTOR else 0
    return max(0, standing.volume_minor + team)


def _bonus(standing: Standing, volume: int, rungs: Sequence[Tier]) -> Bonus | None:
    reached = [
        tier
        for tier in rungs
        if tier.partner_kind == standing.kind and tier.threshold_minor <= volume
    ]
    if not reached:
        return None
    amount = share_of(volume, reached[-1].rate_bps)
    return Bonus(standing.partner_id, volume, reached[-1], amount)
