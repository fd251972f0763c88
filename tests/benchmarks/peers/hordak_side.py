"""django-hordak doing the same work; runs in the peers' environment, as a program.

``setup PARTNERS`` makes its tables and accounts; ``client SECONDS SEED`` posts one transfer a
transaction by ``transfer_to``; ``bulk COUNT`` makes ready transactions and legs in one
transaction by ``bulk_create``, with its deferred sum-to-zero trigger.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable

import django

from tests.benchmarks import timing

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.peers.hordak_settings"
django.setup()

# Models can be imported once Django is set up, not before.
from django.core.management import call_command
from django.db import transaction
from hordak.models import Account, Leg, Transaction
from moneyed import Money

AMOUNT = Money("1.25", "EUR")
MERCHANT = "merchant"


def setup(partners: int) -> None:
    """Make the tables, one merchant's account and one for each partner."""
    call_command("migrate", verbosity=0)
    with transaction.atomic():
        # Roots of their own, written at once: one by one, each would look at all the others.
        made = [_root(number, f"p{number}", "LI") for number in range(partners)]
        Account.objects.bulk_create([*made, _root(partners, MERCHANT, "EX")])


def _root(number: int, name: str, kind: str) -> Account:
    place = {"lft": 1, "rght": 2, "tree_id": number + 1, "level": 0}
    return Account(name=name, code=str(number), type=kind, currencies=["EUR"], **place)


def accounts() -> tuple[Account, list[Account]]:
    """Return the merchant's account and the partners'."""
    return Account.objects.get(name=MERCHANT), list(Account.objects.filter(type="LI"))


def client(seconds: float, seed: int) -> None:
    """Post transfers from the merchant to partners drawn at random until time is up."""
    merchant, partners = accounts()
    work = _transfer(merchant, partners, random.Random(seed))
    for _ in range(timing.WARM_UP):
        work()
    timing.wait_for_start()
    begin = time.perf_counter()
    latencies = timing.timed(work, seconds)
    timing.tell(latencies, time.perf_counter() - begin)


def _transfer(
    merchant: Account, partners: list[Account], draw: random.Random
) -> Callable[[], bool]:
    def work() -> bool:
        with transaction.atomic():
            draw.choice(partners).transfer_to(merchant, AMOUNT)  # credits the first
        return True

    return work


def bulk(count: int) -> None:
    """Write transfers of which it is known who and how much; tell the seconds, and the writing's.

    Objects are made within the clock, as ours makes its rows from the transfers that it is given.
    """
    merchant, partners = accounts()
    draw = random.Random(4)
    ready = [draw.choice(partners) for _ in range(count)]
    begin = time.perf_counter()
    made = [Transaction() for _ in ready]
    legs = [leg for one, to in zip(made, ready, strict=True) for leg in _legs(one, merchant, to)]
    built = time.perf_counter()
    with transaction.atomic():
        Transaction.objects.bulk_create(made)
        for leg in legs:
            leg.transaction_id = leg.transaction.pk
        Leg.objects.bulk_create(legs)
    end = time.perf_counter()
    said = {"done": count, "seconds": end - begin, "writing": end - built}
    sys.stdout.write(json.dumps(said))


def _legs(of: Transaction, merchant: Account, partner: Account) -> list[Leg]:
    return [
        Leg(transaction=of, account=merchant, debit=AMOUNT),
        Leg(transaction=of, account=partner, credit=AMOUNT),
    ]


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["setup", partners]:
            setup(int(partners))
        case ["client", seconds, seed]:
            client(float(seconds), int(seed))
        case ["bulk", count]:
            bulk(int(count))
