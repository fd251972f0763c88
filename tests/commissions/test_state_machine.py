"""The whole engine under random steps in any order, each beside an oracle of the money.

200 examples of 50 steps on each database, in shards that can run beside each other. Each example
happens inside one transaction that is undone. What the oracle expects to be refused must be
refused, by that name; any other refusal fails.
"""

from __future__ import annotations

from collections import Counter

import hypothesis
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from commissions import ledger, payouts
from commissions.errors import FourEyes, KeyConflict, StateConflict
from commissions.models import Account, Transfer
from commissions.payouts import Built
from commissions.providers import TestRail
from tests.commissions import bookreading
from tests.commissions.bookreading import of_partners
from tests.commissions.trading import ANY, WHERE, Trading
from tests.commissions.trading_finance import Finance
from tests.commissions.world import World, again
from tests.databases import Databases

EXAMPLES = 200
STEPS = 50
SHARDS = 4
VERIFIED_EVERY = 10

RAIL = TestRail()
REFUSED_LATER = {"refuse", "settle", "fail", "return", "hold", "lift", "reject"}
"""Steps that, done again, may be refused: what they moved is further on."""
