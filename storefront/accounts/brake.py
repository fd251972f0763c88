"""A brake on guessing passwords: after so many wrong ones, right ones too wait for a pause to end.

Counts by the mail that was typed, whether an account has it or not, and by the address that asks.
Kept in memory and bounded: each process counts for itself, and forgets when it ends.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta
from threading import Lock

from werkzeug import Request

WINDOW = timedelta(minutes=15)
MOST_FOR_AN_ACCOUNT = 10
MOST_FROM_AN_ADDRESS = 30
"""More than one account's: the people of an office share an address."""

_MOST_KEPT = 10_000
_MINUTE = timedelta(minutes=1)
_ONE_HOUSEHOLD = 64


class Brake:
    """Tries of the last minutes, by account and by address; safe among threads."""

    def __init__(self, *, most_kept: int = _MOST_KEPT) -> None:
        """Begin without a memory; of more than so many names, those longest silent are dropped."""
        self._most_kept = most_kept
        self._tries: OrderedDict[str, list[datetime]] = OrderedDict()
        self._lock = Lock()

    def take(self, account: str, address: str, *, at: datetime) -> datetime | None:
        """Note a try before its password is compared; return when the pause ends, if there is one.

        A try in a pause isn't counted. What is noted stays unless ``forgive`` takes it back, so
        that many tries at once are as few as one after the other.
        """
        limits = _limits(account, address)
        with self._lock:
            pauses = [
                recent[0] + WINDOW
                for name, most in limits.items()
                if len(recent := self._recent(name, at)) >= most
            ]
            if pauses:
                return _next_minute(max(pauses))
            for name in limits:
                self._tries.setdefault(name, []).append(at)
                self._tries.move_to_end(name)
            while len(self._tries) > self._most_kept:
                self._tries.popitem(last=False)
        return None

    def forgive(self, account: str, address: str, *, at: datetime) -> None:
        """Forget an account's tries, and the address's one of this instant: it was right."""
        by_account, by_address = _limits(account, address)
        with self._lock:
            self._tries.pop(by_account, None)
            tries = self._tries.get(by_address, [])
            if at in tries:
                tries.remove(at)

    def _recent(self, name: str, at: datetime) -> list[datetime]:
        """Return a name's tries that still count; the others are forgotten."""
        recent = [one for one in self._tries.get(name, []) if at - one < WINDOW]
        if recent:
            self._tries[name] = recent
        else:
            self._tries.pop(name, None)
        return recent


def address_of(request: Request) -> str:
    """Return where a request comes from, as far as it can be known.

    A proxy on this machine tells it in the last entry of X-Forwarded-For; nobody else is believed.
    Of an IPv6 address the part counts that one household has.
    """
    seen = request.remote_addr or ""
    if _parsed(seen) is None or _is_ours(seen):
        seen = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or seen
    address = _parsed(seen)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, _ONE_HOUSEHOLD), strict=False))
    return str(address or "unknown")


def _limits(account: str, address: str) -> Mapping[str, int]:
    return {
        f"account {account.casefold()}": MOST_FOR_AN_ACCOUNT,
        f"address {address}": MOST_FROM_AN_ADDRESS,
    }


def _next_minute(at: datetime) -> datetime:
    """Return the next full minute: whoever comes when it is told to may try."""
    full = at.replace(second=0, microsecond=0)
    return full if full == at else full + _MINUTE


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _is_ours(text: str) -> bool:
    address = _parsed(text)
    return address is not None and address.is_loopback
