"""Reading an order export row by row, by a parser compiled from the mapping.

Decides what a row says, or why it is rejected. A row never stops the import; a file that isn't
what the mapping says does, before anything is booked.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import IO, NamedTuple
from zoneinfo import ZoneInfo

from commissions.errors import HoahongError
from commissions.money import MAX_MINOR, exponent
from commissions.periods import zone_of
from commissions.values import MAX_QUANTITY, MAX_REFERENCE
from storefront.intake.documents import shown

_GZIP = b"\x1f\x8b"
_UNREADABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_WHOLE = re.compile(r"[+-]?\d{1,18}\Z", re.ASCII)
_YEARS = range(1970, 2200)
_CACHED = 50_000
"""Texts whose reading is remembered: times and prices repeat."""


class FileNotAsMapped(HoahongError):
    """The file isn't what the mapping says: nothing of it was booked."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The file's column of each thing; one of ``unit_price`` and ``line_amount`` is set."""

    reference: str
    occurred_at: str
    stock_code: str
    quantity: str
    unit_price: str | None = None
    line_amount: str | None = None
    buyer: str | None = None
    email: str | None = None
    phone: str | None = None
    category: str | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class ReferralColumns:
    """The columns of the file that says which partner brought which buyer."""

    buyer: str = "customer_id"
    partner: str = "partner_code"


@dataclass(frozen=True, slots=True)
class Mapping:
    """How to read one shop's export; ``time_format`` is ``iso`` or a strptime format.

    ``return_prefixes`` mark returns; ``ignored`` maps prefixes to the reason of rejection.
    ``names_referrals`` says that the mapping tells how to read a referrals file.
    """

    columns: Columns
    time_zone: str
    currency: str
    encoding: str = "utf-8"
    delimiter: str = ","
    decimal_mark: str = "."
    time_format: str = "iso"
    return_prefixes: tuple[str, ...] = ()
    ignored: tuple[tuple[str, str], ...] = ()
    referrals: ReferralColumns = ReferralColumns()
    names_referrals: bool = field(default=False, repr=False)  # changes nothing of how rows are read


class ParsedRow(NamedTuple):
    """What one row says; with a ``reason`` it is rejected. A return's quantity is below zero."""

    row_no: int
    reference: str
    occurred_at: datetime | None
    buyer: str | None
    email: str | None
    phone: str | None
    stock_code: str | None
    category: str | None
    quantity: int | None
    amount_minor: int | None
    reason: str | None


@contextmanager
def open_table(
    path: Path, *, encoding: str, delimiter: str
) -> Iterator[tuple[list[str], Iterator[list[str] | None]]]:
    """Open a CSV file, packed by gzip or not: its header, and its rows (None: unreadable).

    Raises FileNotAsMapped when it can't be opened, has no header or ends in mid-stream.
    """
    try:
        with _open_text(path, encoding) as stream:
            reader = csv.reader(stream, delimiter=delimiter, strict=False)
            header = next(reader, None)
            if not header:
                message = f"{path.name} is empty: it must begin with a header line."
                raise FileNotAsMapped(message)
            yield header, _records(reader)
    except (OSError, EOFError, LookupError, csv.Error, zlib.error, UnicodeError) as fault:
        message = f"{path.name} can't be read: {fault}."
        raise FileNotAsMapped(message) from fault


def column_places(path: Path, header: Sequence[str], wanted: Sequence[str]) -> dict[str, int]:
    """Return the index of each wanted column.

    Raises FileNotAsMapped naming all that are missing, or one that is there twice.
    """
    missing = [name for name in wanted if name not in header]
    if missing:
        message = (
            f"{path.name} has no column {', '.join(map(shown, missing))}; it has"
            f" {', '.join(map(shown, header[:40]))}: correct the mapping."
        )
        raise FileNotAsMapped(message)
    for name in wanted:
        if header.count(name) > 1:
            raise FileNotAsMapped(f"{path.name} has column {shown(name)} twice: rename one.")
    return {name: header.index(name) for name in wanted}


def parse_file(path: Path, mapping: Mapping) -> Iterator[ParsedRow]:
    """Yield every row of an order export, rejected ones too; the first after the header is 2."""
    with open_table(path, encoding=mapping.encoding, delimiter=mapping.delimiter) as (
        header,
        records,
    ):
        parse = compile_parser(path, header, mapping)
        for row_no, record in enumerate(records, start=2):
            if record is None:
                yield _rejected(row_no, "unreadable row")
            elif len(record) != len(header):
                yield _rejected(row_no, "wrong number of columns")
            else:
                yield parse(row_no, record)


def compile_parser(
    path: Path, header: Sequence[str], mapping: Mapping
) -> Callable[[int, Sequence[str]], ParsedRow]:
    """Return a function that reads one record, with every column looked up once."""
    columns = mapping.columns
    wanted = [name for field in fields(columns) if (name := getattr(columns, field.name))]
    places = column_places(path, header, wanted)
    reference, stock_code, quantity, moment = (
        places[name]
        for name in (columns.reference, columns.stock_code, columns.quantity, columns.occurred_at)
    )
    price = places[columns.unit_price or columns.line_amount or ""]
    # A column that the file lacks is read from an empty cell put behind the last one.
    optional = itemgetter(
        *(
            places.get(getattr(columns, name) or "", len(header))
            for name in ("buyer", "email", "phone", "category", "currency")
        )
    )
    amount_of = _Amounts(mapping)
    time_of = _Times(mapping)
    prefix_of = _Prefixes(mapping)

    def parse(row_no: int, record: Sequence[str]) -> ParsedRow:
        text = record[reference]
        if not _is_reference(text):
            return _rejected(row_no, "unreadable reference" if text else "no reference")
        code = record[stock_code]
        buyer, email, phone, category, currency = optional([*record, ""])
        pieces, amount = None, None
        reason, sign = prefix_of(text)
        if not are_texts(code, buyer, email, phone, category):
            texts = (code, buyer, email, phone, category)
            code, buyer, email, phone, category = map(_storable, texts)
            reason = reason or "unreadable text"
        if reason is None:
            pieces, amount, reason = amount_of(record[price], record[quantity], sign)
        at = time_of(record[moment])
        return ParsedRow(
            row_no,
            text,
            at,
            buyer or None,
            email or None,
            phone or None,
            code,
            category or None,
            pieces,
            amount,
            reason or _late_reason(code, currency, mapping.currency, at),
        )

    return parse


_SALE, _RETURN = 1, -1
"""The sign of a document's quantities."""


class _Prefixes:
    """What a document's prefix says: a reason to ignore it, or that it is a return."""

    def __init__(self, mapping: Mapping) -> None:
        self._ignored = mapping.ignored
        self._returns = mapping.return_prefixes

    def __call__(self, reference: str) -> tuple[str | None, int]:
        for prefix, reason in self._ignored:
            if reference.startswith(prefix):
                return reason, _SALE
        return None, _RETURN if reference.startswith(self._returns) else _SALE


class _Times:
    """Times of the file in UTC; None for what is no time."""

    def __init__(self, mapping: Mapping) -> None:
        self._zone: ZoneInfo = zone_of(mapping.time_zone)
        self._format = None if mapping.time_format == "iso" else mapping.time_format
        self._known: dict[str, datetime | None] = {}

    def __call__(self, text: str) -> datetime | None:
        if text not in self._known:
            if len(self._known) > _CACHED:
                self._known.clear()
            self._known[text] = self._read(text.strip())
        return self._known[text]

    def _read(self, text: str) -> datetime | None:
        try:
            if self._format is None:
                at = datetime.fromisoformat(text)
            else:
                at = datetime.strptime(text, self._format)  # noqa: DTZ007  # reason: the mapping names the zone
            if at.tzinfo is None:
                at = at.replace(tzinfo=self._zone)
            at = at.astimezone(UTC)
        except (ValueError, OverflowError):
            return None
        return at if at.year in _YEARS else None


class _Price(NamedTuple):
    """A price as a whole number over a power of ten: 6.95 is 695 / 100."""

    digits: int
    over: int


class _Amounts:
    """Pieces and line amounts in minor units, in exact whole numbers; or why there is none."""

    def __init__(self, mapping: Mapping) -> None:
        mark = re.escape(mapping.decimal_mark)
        self._pattern = re.compile(rf"([+-]?)(\d{{1,18}})(?:{mark}(\d{{1,18}}))?\Z", re.ASCII)
        self._scale: int = 10 ** exponent(mapping.currency)
        self._per_piece = mapping.columns.unit_price is not None
        self._known: dict[str, _Price | None] = {}

    def __call__(
        self, price: str, quantity: str, sign: int
    ) -> tuple[int | None, int | None, str | None]:
        unit = self._price(price)
        if unit is None:
            return None, None, "unreadable price"
        if not self._is_price(unit, sign):
            return None, None, "no price"
        if not _WHOLE.match(quantity):
            return None, None, "unreadable quantity"
        pieces = int(quantity)
        amount = self._amount(abs(pieces), unit)
        reason = _wrong_quantity(pieces, sign) or _wrong_amount(amount)
        return (None, None, reason) if reason else (pieces, amount, None)

    def _is_price(self, unit: _Price, sign: int) -> bool:
        """Tell whether a price can be one; a return may carry its line's amount below zero."""
        return unit.digits > 0 or (unit.digits < 0 and sign == _RETURN and not self._per_piece)

    def _amount(self, pieces: int, unit: _Price) -> int:
        exact = (pieces if self._per_piece else 1) * abs(unit.digits) * self._scale
        return (2 * exact + unit.over) // (2 * unit.over)

    def _price(self, text: str) -> _Price | None:
        if text not in self._known:
            if len(self._known) > _CACHED:
                self._known.clear()
            self._known[text] = self._read(text.strip())
        return self._known[text]

    def _read(self, text: str) -> _Price | None:
        found = self._pattern.match(text)
        if not found:
            return None
        sign, whole, part = found[1], found[2], found[3] or ""
        digits = int(whole + part)
        return _Price(-digits if sign == "-" else digits, 10 ** len(part))


def _wrong_quantity(pieces: int, sign: int) -> str | None:
    if pieces == 0:
        return "no quantity"
    if pieces * sign < 0:
        wrong = "negative quantity on a sale", "positive quantity on a return"
        return wrong[sign == _RETURN]
    return "quantity too large" if abs(pieces) > MAX_QUANTITY else None


def _wrong_amount(amount_minor: int) -> str | None:
    if not amount_minor:
        return "rounds to nothing"
    return "amount too large" if amount_minor > MAX_MINOR else None


def _is_reference(text: str) -> bool:
    return 0 < len(text) <= MAX_REFERENCE and text.isprintable()


def are_texts(*texts: str) -> bool:
    """Tell whether all can be kept; nearly always they can, so they are looked at together."""
    joined = "".join(texts)
    if len(joined) <= MAX_REFERENCE and joined.isprintable():
        return True
    return all(_storable(text) == text for text in texts)


def _storable(text: str) -> str:
    """Return a text, or an empty one for one that can't be kept."""
    return "" if len(text) > MAX_REFERENCE or _UNREADABLE.search(text) else text


def _late_reason(code: str, currency: str, wanted_currency: str, at: datetime | None) -> str | None:
    if currency and currency != wanted_currency:
        return "other currency"
    if not code:
        return "no stock code"
    return "unreadable time" if at is None else None


def _rejected(row_no: int, reason: str) -> ParsedRow:
    nothing = None
    return ParsedRow(
        row_no, "", nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing, reason
    )


def _records(reader: Iterator[list[str]]) -> Iterator[list[str] | None]:
    while True:
        try:
            record = next(reader, None)
        except csv.Error:
            yield None
            continue
        if record is None:
            return
        yield record


@contextmanager
def _open_text(path: Path, encoding: str) -> Iterator[IO[str]]:
    with path.open("rb") as raw:
        packed = raw.read(2) == _GZIP
        raw.seek(0)
        stream: IO[bytes] = gzip.GzipFile(fileobj=raw) if packed else raw  # type: ignore[assignment]
        encoding = "utf-8-sig" if encoding.lower() in {"utf-8", "utf8"} else encoding
        with io.TextIOWrapper(
            stream, encoding=encoding, errors="surrogateescape", newline=""
        ) as text:
            yield text
