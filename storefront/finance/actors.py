"""Who acted, as finance reads it: the books keep a mail or a word for what acts by itself."""

from __future__ import annotations

from flask_babel import gettext as _

from commissions.states import PayoutState
from storefront.accounts import people
from storefront.jobs import ACTOR

_TOLD_BY_THE_RAIL = frozenset({PayoutState.SETTLED, PayoutState.FAILED, PayoutState.UNKNOWN})


def person(mail: str | None, payout_state: str = "") -> str:
    """Return the name of whoever acted; ``payout_state`` is where they moved a payout, if one.

    The jobs run all day and ask the rails what became of payouts: then it is the rail that told.
    """
    if mail == ACTOR and payout_state in _TOLD_BY_THE_RAIL:
        return str(_("the rail"))
    return people.person(mail)
