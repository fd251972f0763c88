"""Reading the books: one balance, a balance as of a time, and proving all of them."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from commissions import ledger, programs
from commissions.ledger import verifying
from commissions.models import Entry
from storefront import database
from tests.benchmarks import accrual_rows, books, timing
from tests.benchmarks.ground import Ground, WrongBooks
from tests.benchmarks.rows import Bar, Figures, Row, Sides
from tests.factories import TERMS

_MANY = 100_000
_FEW = 10
_OTHERS = 50
_SECONDS = 1
_BALANCE_PART = ("debits equal credits", "stored balance")


def _books_of_two(ground: Ground, kind: str) -> str:
    """Return books in which one partner has 100,000 entries and another ten."""

    def make(url: str) -> None:
        books.make_partners(url, _OTHERS)
        with books.opened(url) as engine, database.snapshot(engine) as session:
            many, few = books.partner_ids(session, programs.find(session, TERMS.code))[:2]
        count = ground.number(_MANY)
        owners = [many] * (count - _FEW) + [few, many] * _FEW
        books.post_all(url, books.add_commissions(url, owners))
        books.verify(url)

    return ground.prepared(kind, "two partners", make)


class _Balances:
    """The balances of two partners, and of the first as of half its time."""

    def __init__(self, ground: Ground, kind: str) -> None:
        self._url = ground.databases(kind).copy(_books_of_two(ground, kind))
        self._count = ground.number(_MANY)
        self._seconds = ground.seconds(_SECONDS)

    def read(self, *, first: bool, as_of: bool = False) -> float:
        """Return the median of one balance's time in milliseconds; raises WrongBooks."""
        with books.opened(self._url) as engine, database.snapshot(engine) as session:
            program = programs.find(session, TERMS.code)
            partner = books.partner_ids(session, program)[0 if first else 1]
            entries = (self._count if first else _FEW) if not as_of else self._count // 2
            until = books.BEGINNING + timedelta(seconds=entries - 1) if as_of else None

            def read() -> int:
                ref = ledger.accrued(partner)
                return ledger.balance(session, program, ref, as_of=until)

            if read() != entries * books.AMOUNT_MINOR:
                raise WrongBooks(f"a balance is {read()}, not that of {entries} entries")
            return _median_ms(read, self._seconds)


def _median_ms(read: Callable[[], object], seconds: float) -> float:
    def work() -> bool:
        read()
        return True

    return 1000 * statistics.median(timing.timed(work, seconds))


def _balances(kind: str) -> Callable[[Ground], AbstractContextManager[Sides]]:
    @contextmanager
    def prepare(ground: Ground) -> Iterator[Sides]:
        read = _Balances(ground, kind).read
        yield {
            "10 entries": lambda: {"few": read(first=False)},
            "100,000 entries": lambda: {"many": read(first=True)},
            "as of a time": lambda: {"as of": read(first=True, as_of=True)},
        }

    return prepare


class _Verifying:
    """Proving the books, each check timed apart, beside a bare look at all entries."""

    def __init__(self, ground: Ground, count: int) -> None:
        self._url = accrual_rows.accrued(ground, books.PARTNERS, count)

    def bare(self) -> float:
        """Return the seconds of a bare count and sum of all entries."""
        with books.opened(self._url) as engine, database.snapshot(engine) as session:
            return statistics.median(_seconds(lambda: _count_and_sum(session)) for _ in range(5))

    def prove(self) -> tuple[float, float, int]:
        """Return the seconds of all checks and of those of balances, and the transfers."""
        marks = [time.perf_counter()]
        with books.opened(self._url) as engine, database.snapshot(engine) as session:
            report = ledger.verify(session, advance=lambda *_: marks.append(time.perf_counter()))
            whole = time.perf_counter() - marks[0]
        if not report.balanced:
            raise WrongBooks(report.findings[0].detail)
        spent = [after - before for before, after in itertools.pairwise(marks)]
        part = sum(spent[_names().index(name)] for name in _BALANCE_PART)
        return whole, part, report.transfers


def _names() -> list[str]:
    """Return the checks' names in the order in which verification tells of them."""
    return [*verifying._CHECKS]  # noqa: SLF001 -- nothing but their order is needed


def _count_and_sum(session: Session) -> object:
    return session.execute(select(func.count(), func.sum(Entry.amount_minor))).one()


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


@contextmanager
def _verify(ground: Ground) -> Iterator[Sides]:
    books_ = _Verifying(ground, _MANY)
    yield {"bare": lambda: {"bare": books_.bare()}, "verify": lambda: _proved("", books_)}


@contextmanager
def _verify_million(ground: Ground) -> Iterator[Sides]:
    many, few = _Verifying(ground, 10 * _MANY), _Verifying(ground, _MANY)
    yield {
        "bare": lambda: {"bare": many.bare()},
        "1,000,000": lambda: _proved("", many),
        "100,000": lambda: _proved("few ", few),
    }


def _proved(name: str, proved: _Verifying) -> Figures:
    whole, part, transfers = proved.prove()
    return {f"{name}all": whole, f"{name}part": part, f"{name}each": 1e6 * whole / transfers}


def _balance_bars(kind: str) -> tuple[Bar, ...]:
    work = f"balance of a partner with 100,000 entries, {kind}"
    return (
        Bar(work, "many", "few", "one with 10 entries", unit="ms", most=1.3),
        Bar("the same as of a time", "as of", "many", "its current balance", unit="ms", most=2),
    )


def _verify_bars(count: str) -> tuple[Bar, ...]:
    bare = "bare count(*), sum(amount) of entries"
    return (
        Bar(f"ledger.verify over {count} orders, its balance part", "part", "bare", bare,
            unit="s", most=3),
        Bar("all of it", "all", "bare", bare, unit="s", most=25),
    )  # fmt: skip


ROWS = (
    Row(
        "balance",
        "one balance, now and as of a time, PostgreSQL",
        _balances("postgresql"),
        _balance_bars("PostgreSQL"),
    ),
    Row(
        "balance-sqlite",
        "one balance, now and as of a time, SQLite",
        _balances("sqlite"),
        _balance_bars("SQLite"),
    ),
    Row(
        "verify",
        "proving books of 100,000 credited orders, PostgreSQL",
        _verify,
        _verify_bars("100,000"),
    ),
    Row(
        "verify-million",
        "proving books of 1,000,000 credited orders, PostgreSQL",
        _verify_million,
        (
            *_verify_bars("1,000,000"),
            Bar("for each transfer: it is linear", "each", "few each", "over 100,000", unit="µs",
                most=1.3),
        ),
        is_long=True,
    ),
)  # fmt: skip
