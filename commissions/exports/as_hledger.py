"""Writing books as an hledger journal, for ``hledger check --strict``.

Decides the spelling of directives, tags and descriptions. Reads nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

from sqlalchemy.orm import Session

from commissions.exports import books
from commissions.exports.books import Book
from commissions.models import Program
from commissions.money import exponent, to_major
from commissions.progress import Advance, untold


def hledger(
    session: Session, programs: Iterable[Program], *, advance: Advance = untold
) -> Iterator[str]:
    """Yield the books of programs as an hledger journal, line by line, each with its newline.

    ``hledger check --strict`` compares every sum. ``%``, ``,``, ``;`` and spaces at either end
    of a text are percent-encoded, for they end a description or a tag there.
    """
    listed = list(programs)
    yield "decimal-mark .\n"
    for currency in sorted({program.currency for program in listed}):
        yield f"commodity {_sample(currency)} {currency}\n"
    for program in listed:
        yield from _hledger_book(session, books.read_book(session, program), advance)


def _hledger_book(session: Session, book: Book, advance: Advance) -> Iterator[str]:
    currency = book.program.currency
    yield "\n"
    yield f"; {_tags({'program': book.program.code})}\n"
    for account in book.accounts.values():
        yield f"account {account.name}  ; {_tags(account.labels)}\n"
    for transaction in books.transactions(session, book, advance):
        yield "\n"
        yield f"{transaction.day} * {_tagged(transaction.key)}\n"
        yield f"    ; {_tags(transaction.labels)}\n"
        for name, amount in transaction.sides:
            yield f"    {name}  {amount} {currency}\n"
    if book.accounts:
        yield "\n"
        yield f"{book.closes} * Balances stated by the ledger\n"
    for name, amount in books.balances(session, book):
        yield f"    {name}  0 {currency} = {amount} {currency}\n"


def _tags(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{key}:{_tagged(value)}" for key, value in labels.items())


def _tagged(text: str) -> str:
    """Return a text that neither a tag nor a description ends before its end."""
    if text.isprintable() and not {*"%,;"} & {*text} and text == text.strip():
        return text
    last = len(text) - 1
    return "".join(
        quote(sign, safe="")
        if sign in "%,;" or not sign.isprintable() or (sign == " " and place in {0, last})
        else sign
        for place, sign in enumerate(text)
    )


def _sample(currency: str) -> str:
    """Return a thousand as hledger is to show the currency; a decimal mark is never missing."""
    number = to_major(10 ** (exponent(currency) + 3), currency)
    return number if "." in number else f"{number}."
