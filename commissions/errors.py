"""The engine's named refusals: each carries one sentence that tells what to do.

Decides the names. Does not decide how an edge shows them.
"""

from __future__ import annotations


class HoahongError(Exception):
    """A refusal that a person can act on; its text is one sentence for that person."""


class NotFound(HoahongError):
    """What was named isn't there."""


class ProgramUnknown(NotFound):
    """No program has this code."""


class PartnerUnknown(NotFound):
    """No partner of the program has this code."""


class LinkUnknown(NotFound):
    """No referral link has this code."""


class SaleUnknown(NotFound):
    """No sale has this reference: it was never reported as paid."""


class CommissionUnknown(NotFound):
    """No commission of the program has this id."""


class BatchUnknown(NotFound):
    """No payout batch of the program has this id."""


class PayoutUnknown(NotFound):
    """No payout of the program has this id."""


class Invalid(HoahongError):
    """What was given can't be taken as it is."""


class CurrencyUnknown(Invalid):
    """The code isn't one of ISO 4217."""


class AmountInvalid(Invalid):
    """The amount is negative, zero, too large, or has too many decimals."""


class CurrencyMismatch(Invalid):
    """The amount is in another currency than the program."""


class TimeInvalid(Invalid):
    """The time has no zone, or comes before what it must follow."""


class SaleInvalid(Invalid):
    """The sale has no line, an empty reference, or a line twice."""


class RefundTooLarge(Invalid):
    """More is to be refunded than was sold and not refunded yet."""


class PlanInvalid(Invalid):
    """The plan has a rule that can never win, no catch-all, or terms that can't hold."""


class PartnerInvalid(Invalid):
    """The partner's terms can't hold, such as a third level."""


class Conflict(HoahongError):
    """What was given contradicts what the books hold."""


class KeyConflict(Conflict):
    """A transfer of the same key but other content is in the books."""


class SaleConflict(Conflict):
    """A sale of the same reference but other content is recorded."""


class RefundConflict(Conflict):
    """A refund of the same reference but other content is recorded."""


class PlanConflict(Conflict):
    """A published plan version would be edited, or dates run backwards."""


class StateConflict(Conflict):
    """The move isn't allowed from the state in which the thing is."""


class MonthSealed(Conflict):
    """A new transfer would be effective in a sealed month."""


class MonthOpen(Conflict):
    """What must come before the seal is missing: the month runs, or an earlier one is open."""


class NoPlanInForce(Conflict):
    """No plan version was in force when the sale was paid."""


class FourEyes(Conflict):
    """A batch must be approved by somebody other than its maker."""


class PayoutDetailsMissing(Conflict):
    """The partner has no payout details."""


class BooksBroken(HoahongError):
    """Verification found a fault in the books; nothing is sealed on top of it."""
