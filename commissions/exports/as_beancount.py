"""Writing books as a beancount file, for ``bean-check``.

Decides the spelling of directives and strings. Reads nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from sqlalchemy.orm import Session

from commissions.exports import books
from commissions.exports.books import Book, BookAccount
from commissions.models import Program
from commissions.progress import Advance, untold


def beancount(
    session: Session, programs: Iterable[Program], *, advance: Advance = untold
) -> Iterator[str]:
    """Yield the books of programs as a beancount file, line by line, each with its newline.

    ``bean-check`` compares every sum to the last minor unit: the assertions allow no tolerance.
    """
    listed = list(programs)
    title = ", ".join(program.code for program in listed)
    yield f'option "title" {_quoted(f"Hoahong: {title}")}\n'
    for program in listed:
        yield from _beancount_book(session, books.read_book(session, program), advance)


def _beancount_book(session: Session, book: Book, advance: Advance) -> Iterator[str]:
    """Yield a program's directives in order of time; an account opens before its first transfer."""
    currency = book.program.currency
    unopened = {account.name: account for account in book.accounts.values()}
    for transaction in books.transactions(session, book, advance):
        yield "\n"
        for name, _ in transaction.sides:
            if name in unopened:
                yield from _opening(unopened.pop(name), transaction.day)
        yield f"{transaction.day} * {_quoted(transaction.key)}\n"
        yield from _metadata(transaction.labels)
        for name, amount in transaction.sides:
            yield f"  {name}  {amount} {currency}\n"
    yield "\n"
    for account in unopened.values():
        yield from _opening(account, book.closes)
    for name, amount in books.balances(session, book):
        yield f"{book.closes} balance {name}  {amount} ~ 0 {currency}\n"


def _opening(account: BookAccount, day: date) -> Iterator[str]:
    yield f"{day} open {account.name} {account.currency}\n"
    yield from _metadata(account.labels)


def _metadata(labels: Mapping[str, str]) -> Iterator[str]:
    for key, value in labels.items():
        yield f"  {key}: {_quoted(value)}\n"


def _quoted(text: str) -> str:
    """Return a text as a string of one line; what can't be printed becomes a question mark."""
    printable = text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)
    escaped = printable.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
