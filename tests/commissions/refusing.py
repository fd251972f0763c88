"""A program in which everything has happened once, and the check of a refusal in it.

By the reference of its sales: ``late`` (paid in January, not completed), ``paid`` (not completed),
``held`` (completed, on hold), ``gone`` (cancelled), ``back`` (completed, and come back in whole),
``ready`` (released, and claimed by a batch that Anna built). January is sealed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest

from commissions.errors import HoahongError
from commissions.models import Partner, Payout, PlanVersion
from tests.factories import at
from tests.story import Story, refused

NAIVE = datetime(2024, 3, 1)  # noqa: DTZ001 -- that is the point
LATER = at("2024-03-10")
WHO = {"actor": "thu", "reason": "a reason"}

Step = Callable[[Story], Any]
Refusal = tuple[str, type[HoahongError], str, Step]
"""What is refused, the named error, what its sentence says, and the step that is tried."""


@pytest.fixture
def world(story: Story) -> Story:
    """The program that the docstring above describes."""
    story.sell("ready", on="2024-01-02")
    story.complete("ready", on="2024-01-02")
    story.sell("late", on="2024-01-20")
    story.close("2024-01")
    for reference in ("paid", "held", "gone", "back"):
        story.sell(reference, on="2024-02-05")
    story.complete("held", "back", on="2024-02-10")
    story.cancel("gone")
    story.refund(of="back", on="2024-02-11", reference="all of it")
    story.release(on="2024-02-12")
    story.build("2024-02-12")
    return story


def payout_of(world: Story) -> Payout:
    """Return the only payout."""
    return world.session.query(Payout).one()


def check(world: Story, refusals: Sequence[Refusal]) -> None:
    """See that each step is refused by name, with a sentence, and that it changes nothing."""
    before = everything(world)
    for what, error, told, step in refusals:
        try:
            with refused(world.session, error, told):
                step(world)
        except (AssertionError, pytest.fail.Exception) as fault:
            pytest.fail(f"{what}: {fault}", pytrace=False)
        assert everything(world) == before, f"{what}: something changed"
    assert world.books_hold()


def everything(world: Story) -> tuple[Any, ...]:
    """Return what the books say and what stands in every state."""
    counted = [world.session.query(table).count() for table in (Payout, Partner, PlanVersion)]
    return world.owed(), world.house(), world.commissions(), counted
