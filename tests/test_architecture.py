"""The shape of the project is as designed, and the checkers find what isn't."""

from __future__ import annotations

import fnmatch
import statistics
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests import architecture
from tests.architecture import Source

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {"commissions", "storefront", "migrations", "tests"}
# The command, and the script that Alembic runs.
ENTRY_POINTS = ("storefront.cli", "storefront.drawings.__main__", "migrations.env")

ENGINE = architecture.read(ROOT, "commissions")
STOREFRONT = architecture.read(ROOT, "storefront")
PRODUCT = [*ENGINE, *STOREFRONT]
ALL = [*PRODUCT, *architecture.read(ROOT, "migrations", "tests")]

Checker = Callable[[Iterable[Source]], Iterable[str]]


def none(faults: Iterable[str]) -> None:
    """Fail with one line for each fault."""
    found = sorted(faults)
    if found:
        pytest.fail("\n".join(found), pytrace=False)


# Who may import whom.


def test_every_module_of_the_engine_is_of_a_known_kind() -> None:
    none(architecture.unclassified_modules(ENGINE))


def test_the_engine_knows_no_web_no_screen_and_no_command_line() -> None:
    none(architecture.forbidden_packages(ENGINE))


def test_imports_in_the_engine_run_from_verbs_down_to_words() -> None:
    none(architecture.forbidden_directions(ENGINE))


def test_no_module_lies_dead() -> None:
    users = [*PRODUCT, *architecture.read(ROOT, "migrations")]
    found = architecture.dead_modules(users, ENTRY_POINTS)
    # Alembic finds the steps by their folder.
    none(fault for fault in found if not fault.startswith("migrations.versions"))


def test_the_top_folder_holds_the_packages_and_nothing_else() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    patterns = [line.rstrip("/") for line in ignored if line.endswith("/")]
    folders = {
        path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")
    }
    unknown = {
        name for name in folders - FOLDERS if not any(fnmatch.fnmatch(name, p) for p in patterns)
    }
    assert not unknown


# Transactions, the books, the clock.


def test_only_the_edge_ends_a_transaction_and_in_one_place() -> None:
    none(architecture.ended_transactions(PRODUCT))


def test_only_the_ledger_writes_the_books() -> None:
    none(architecture.foreign_writers(PRODUCT))


def test_the_engine_never_asks_what_time_it_is() -> None:
    none(architecture.read_clocks(ENGINE))


# Signatures.


def test_what_touches_the_database_takes_its_session_first() -> None:
    none(architecture.misplaced_sessions(ENGINE))


def test_no_yes_or_no_is_passed_without_its_name() -> None:
    none(architecture.positional_booleans(ENGINE))


def test_what_comes_after_the_third_argument_is_named() -> None:
    none(architecture.many_positional(ENGINE))


def test_money_is_never_a_float() -> None:
    none(architecture.floats(ENGINE))


# Sizes.


def test_no_function_is_longer_than_a_screen() -> None:
    none(architecture.long_functions(source for source in ALL if not is_migration(source)))


def test_no_file_is_longer_than_one_room() -> None:
    none(architecture.long_files(source for source in ALL if not is_migration(source)))


def test_functions_are_small() -> None:
    """Signature and body count, the docstring doesn't: half under 8 lines, nine in ten under 26."""
    lengths = architecture.function_lengths(PRODUCT)
    assert statistics.median(lengths) < 8
    assert sum(length <= 25 for length in lengths) >= 0.9 * len(lengths)


def is_migration(source: Source) -> bool:
    """Tell whether a file is a step of the database's history, as long as its tables are many."""
    return architecture.within(source.module, "migrations.versions")


# A test that can't fail is worthless: each checker finds a planted fault, and lets honest code be.

PLANTED = [
    (architecture.unclassified_modules, "commissions.magic", "'''New.'''"),
    (architecture.unclassified_modules, "commissions.magic.part", "'''New.'''"),
    (architecture.forbidden_packages, "commissions.rules", "import flask"),
    (architecture.forbidden_packages, "commissions.rules", "from storefront import settings"),
    (architecture.forbidden_packages, "commissions.payouts", "import stripe"),
    (architecture.forbidden_packages, "commissions", "from rich import print"),
    (architecture.forbidden_directions, "commissions.accrual", "from commissions import payouts"),
    (architecture.forbidden_directions, "commissions.accrual", "import commissions.payouts as p"),
    (architecture.forbidden_directions, "commissions.money", "from commissions.models import Seal"),
    (architecture.forbidden_directions, "commissions.rules", "from commissions import ledger"),
    (
        architecture.forbidden_directions,
        "commissions.ledger.x",
        "def f(): import commissions.rules",
    ),
    (architecture.forbidden_directions, "commissions.providers.x", "from commissions import sets"),
    (architecture.forbidden_directions, "commissions.payouts", "from commissions import providers"),
    (architecture.forbidden_directions, "commissions.booking", "from commissions import accrual"),
    (
        architecture.forbidden_directions,
        "commissions.sets",
        "if TYPE_CHECKING:\n    from commissions.ledger import Posting",
    ),
    (architecture.ended_transactions, "commissions.payouts", "session.commit()"),
    (architecture.ended_transactions, "commissions.payouts", "with session.begin(): pass"),
    (architecture.ended_transactions, "storefront.links", "db.session.rollback()"),
    (
        architecture.foreign_writers,
        "commissions.payouts",
        "from commissions.models import Transfer\nsession.execute(insert(Transfer))",
    ),
    (
        architecture.foreign_writers,
        "commissions.payouts",
        "from commissions.models import Account as A\nsession.execute(sa.update(A).values(x=1))",
    ),
    (
        architecture.foreign_writers,
        "commissions.payouts",
        "from commissions import models, sets\nsets.insert_rows(session, models.Entry, rows)",
    ),
    (
        architecture.foreign_writers,
        "storefront.finance",
        "from commissions.models.ledger import Seal\nsession.add(Seal(month='2026-01'))",
    ),
    (architecture.foreign_writers, "storefront.x", "text('UPDATE accounts SET balance_minor = 0')"),
    (architecture.read_clocks, "commissions.approval", "now = datetime.now(UTC)"),
    (architecture.read_clocks, "commissions.approval", "now = dt.datetime.utcnow()"),
    (architecture.read_clocks, "commissions.approval", "now = time.time()"),
    (architecture.read_clocks, "commissions.approval", "from time import time"),
    (architecture.misplaced_sessions, "commissions.payouts", "def f(program, session): pass"),
    (architecture.misplaced_sessions, "commissions.payouts", "def f(program, *, session): pass"),
    (architecture.positional_booleans, "commissions.payouts", "def f(session, dry=False): pass"),
    (architecture.positional_booleans, "commissions.payouts", "def f(a, dry: bool | None): pass"),
    (architecture.many_positional, "commissions.payouts", "def f(a, b, c, d): pass"),
    (architecture.floats, "commissions.money", "def f(amount: float): pass"),
    (architecture.floats, "commissions.money", "total = float(text)"),
    (architecture.floats, "commissions.money", "share = base * 0.08"),
    (architecture.long_functions, "commissions.x", "def f():\n" + "    pass\n" * 60),
    (architecture.long_files, "commissions.x", "pass\n" * 401),
]
HONEST = [
    (architecture.unclassified_modules, "commissions.ledger.posting", "'''Known.'''"),
    (architecture.unclassified_modules, "storefront.anything", "'''The edge is free.'''"),
    (architecture.forbidden_packages, "commissions.sets", "import json\nimport sqlalchemy.orm"),
    (architecture.forbidden_packages, "commissions.providers.stripe_connect", "import stripe"),
    (architecture.forbidden_packages, "storefront.cli", "import click"),
    (architecture.forbidden_directions, "commissions.accrual", "from commissions import ledger"),
    (architecture.forbidden_directions, "commissions.ledger.a", "from commissions.ledger import b"),
    (
        architecture.forbidden_directions,
        "commissions.payouts",
        "from commissions.providers.rail import Outcome",
    ),
    (
        architecture.forbidden_directions,
        "commissions.rules",
        "if TYPE_CHECKING:\n    from commissions.models import PlanRule",
    ),
    (architecture.ended_transactions, "storefront.database", "session.commit()"),
    (architecture.ended_transactions, "commissions.sets", "with session.begin_nested(): pass"),
    (
        architecture.foreign_writers,
        "commissions.ledger.posting",
        "from commissions.models import Transfer\nsession.execute(insert(Transfer))",
    ),
    (
        architecture.foreign_writers,
        "commissions.statements",
        "from commissions.models import Transfer\nsession.execute(select(Transfer))",
    ),
    (
        architecture.foreign_writers,
        "storefront.accounts",
        "from storefront.accounts.models import Account\nsession.add(Account())",
    ),
    (architecture.read_clocks, "commissions.approval", "def release(session, *, now): use(now)"),
    (architecture.misplaced_sessions, "commissions.x", "def f(self, session, program): pass"),
    (architecture.positional_booleans, "commissions.x", "def f(session, *, dry=False): pass"),
    (architecture.many_positional, "commissions.x", "def f(self, a, b, c, *, d, e): pass"),
    (architecture.many_positional, "commissions.x", "def _f(a, b, c, d): pass"),
    (architecture.floats, "commissions.money", "rate = Decimal('0.08')"),
    (architecture.long_functions, "commissions.x", "def f():\n" + "    pass\n" * 59),
    (architecture.long_files, "commissions.x", "pass\n" * 400),
]


@pytest.mark.parametrize(("checker", "module", "text"), PLANTED)
def test_a_planted_fault_is_found(checker: Checker, module: str, text: str) -> None:
    assert list(checker([Source(module, text)]))


@pytest.mark.parametrize(("checker", "module", "text"), HONEST)
def test_honest_code_is_let_be(checker: Checker, module: str, text: str) -> None:
    assert not list(checker([Source(module, text)]))


def test_a_module_that_no_entry_point_leads_to_is_dead() -> None:
    sources = [
        Source("storefront.cli", "from commissions import payouts"),
        Source("commissions", '"""A package lives while a module of it does."""'),
        Source("commissions.payouts", "from commissions.ledger import post"),
        Source("commissions.ledger", "from commissions.ledger.posting import post"),
        Source("commissions.ledger.posting", "def post(): pass"),
        Source("commissions.old", "from commissions import older"),
        Source("commissions.older", "from commissions import old"),
    ]
    found = architecture.dead_modules(sources, ["storefront.cli"])
    assert {fault.partition(":")[0] for fault in found} == {"commissions.old", "commissions.older"}


def test_a_functions_length_counts_its_signature_and_not_its_docstring() -> None:
    text = "def f(\n    a,\n):\n    '''Two\n    lines.'''\n    return a\n"
    assert architecture.function_lengths([Source("commissions.x", text)]) == [4]
