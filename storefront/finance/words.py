"""What the console calls the things that the engine names by a word."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from commissions.providers import ManualRail

Words = Mapping[str, LazyString]

QUEUE_STATES: Words = {
    "every": _l("every open state"),
    "on_hold": _l("on hold"),
    "ready": _l("ready"),
    "held": _l("held for review"),
}
QUEUE_KINDS: Words = {
    "every": _l("every kind"),
    "sale": _l("sales"),
    "override": _l("team shares"),
    "bonus": _l("bonuses"),
    "clawback": _l("clawbacks"),
}
QUEUE_SORTS: Words = {
    "newest": _l("newest first"),
    "oldest": _l("oldest first"),
    "largest": _l("largest first"),
    "due": _l("due first"),
}
BATCH_FILTERS: Words = {
    "every": _l("every state"),
    "waiting": _l("waiting for approval"),
    "approved": _l("approved"),
    "sent": _l("on their way"),
    "paid": _l("paid"),
    "failed": _l("failed"),
    "refused": _l("sent back"),
}
KINDS: Words = {
    "sale": _l("sale"),
    "override": _l("team share"),
    "leader": _l("group leader"),
    "bonus": _l("bonus"),
    "task": _l("task"),
    "adjustment": _l("adjustment"),
    "clawback": _l("clawback"),
}
PARTNER_KINDS: Words = {"koc": _l("KOC"), "distributor": _l("distributor"), "kol": _l("KOL")}
COMMISSION_STATES: Words = {
    "": _l("Booked"),
    "on_hold": _l("On hold"),
    "held": _l("Held for review"),
    "held_ready": _l("Held for review"),
    "ready": _l("Ready"),
    "in_payout": _l("In payout"),
    "paid": _l("Paid"),
    "rejected": _l("Rejected"),
    "reversed": _l("Reversed"),
}
BATCH_STATES: Words = {
    "built": _l("Waiting for approval"),
    "approved": _l("Approved"),
    "sent": _l("On its way"),
    "paid": _l("Paid"),
    "failed": _l("Failed"),
    "refused": _l("Sent back"),
}
PAYOUT_STATES: Words = {
    "reserved": _l("Ready to approve"),
    "approved": _l("Approved"),
    "sending": _l("Being sent"),
    "unknown": _l("Rail can't tell yet"),
    "sent": _l("Sent"),
    "settled": _l("Paid"),
    "failed": _l("Failed"),
    "returned": _l("Came back"),
}
PAYOUT_CHIPS: Mapping[str, tuple[str, str]] = {
    "reserved": ("ready", "ready"),
    "approved": ("in_payout", "check"),
    "sending": ("in_payout", "arrow"),
    "unknown": ("waiting", "hourglass"),
    "sent": ("in_payout", "arrow"),
    "settled": ("paid", "done"),
    "failed": ("bad", "cross"),
    "returned": ("bad", "undo"),
}
BATCH_CHIPS: Mapping[str, tuple[str, str]] = {
    "built": ("waiting", "hourglass"),
    "approved": ("in_payout", "check"),
    "sent": ("in_payout", "arrow"),
    "paid": ("paid", "done"),
    "failed": ("bad", "cross"),
    "refused": ("bad", "undo"),
}
WHY_NOT: Words = {
    "below the minimum payout": _l("below the minimum"),
    "no payout details": _l("no payout details yet"),
    "owes more than is ready": _l("owes more than is ready"),
    "nothing is left to pay": _l("nothing is left to pay"),
}
TOUCH_KINDS: Words = {
    "click": _l("link"),
    "shop_page": _l("shop page"),
    "coupon": _l("coupon"),
    "scan": _l("QR code"),
    "referral": _l("referral"),
}
ACCOUNTS: Words = {
    "accrued": _l("On hold"),
    "payable": _l("Ready to pay"),
    "in_payout": _l("In payout"),
    "expense:commission": _l("Commission expense"),
    "expense:bonus": _l("Bonus expense"),
    "cash:test": _l("Cash by the test rail"),
    "cash:manual": _l("Cash paid by hand"),
}
TRANSFERS: Words = {
    "accrual": _l("commission"),
    "override": _l("team share"),
    "bonus": _l("bonus"),
    "release": _l("hold over"),
    "clawback": _l("clawback"),
    "reject": _l("rejection"),
    "payout_reserve": _l("put in a payout"),
    "payout_settle": _l("paid out"),
    "payout_fail": _l("payout failed"),
    "payout_return": _l("payout came back"),
}
RAILS: Words = {"test": _l("test"), "manual": _l("by hand")}
ORDER_EVENTS: Words = {
    "placed": _l("Order placed"),
    "paid": _l("Order paid"),
    "shipped": _l("Shipped"),
    "delivered": _l("Delivered"),
    "completed": _l("Completed"),
    "cancelled": _l("Cancelled"),
    "expired": _l("Expired unpaid"),
    "refunded": _l("Refunded"),
}


def account(ref: str, names: Mapping[str, str]) -> str:
    """Return what a ledger account is called, with its partner's name, by ``role code``."""
    role, _blank, code = ref.partition(" ")
    called = say(ACCOUNTS, role)
    return f"{called}, {names.get(code, code)}" if code else called


def paid_to(rail: str, where: str) -> str:
    """Return how and where to somebody is paid, as a sentence."""
    if rail == ManualRail.name:
        return str(_("Paid by hand to %(where)s.", where=where))
    return str(_("Paid by the rail %(rail)s to %(where)s.", rail=say(RAILS, rail), where=where))


def say(words: Words, word: str) -> str:
    """Return what a word is called; a word that nobody has named stands for itself."""
    return str(words[word]) if word in words else word
