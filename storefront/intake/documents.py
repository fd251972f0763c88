"""Reading the documents that people write, TOML and CSV, and telling all that is wrong with them.

Decides when a file can be read at all, how a place in it is named and how a value is shown there.
Does not know what a document is about. Places in lists, and rows, count from 1; a table's header
is row 1.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any, TypeVar

from commissions.errors import Invalid

MOST_TOML_BYTES = 1_000_000
MOST_TABLE_BYTES = 20_000_000
_LONGEST_SHOWN = 60
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}\Z")
_OF_SCHEMA = "_schema"
"""Where marshmallow keeps what is wrong with a table as a whole."""

T = TypeVar("T")


class DocumentInvalid(Invalid):
    """Documents can't be taken as they are; ``faults`` has one sentence for each fault."""

    def __init__(self, faults: Sequence[str]) -> None:
        """Keep the faults; the text lists them, one a line."""
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a document: how it is named, and what stands between it and a path inside."""

    name: str
    joint: str = ": "

    def fault(self, path: str, text: str) -> str:
        """Return a fault with its place; ``path`` may be empty for the part as a whole."""
        where = f"{self.name}{self.joint}{path}" if path else self.name
        return f"{where}: {text.removesuffix('.')}"

    def faults(self, messages: object, data: object, path: str = "") -> Iterator[str]:
        """Yield marshmallow's messages about some data as faults, in the order of the data."""
        if not isinstance(messages, dict):
            yield from (self.fault(path, text) for text in _listed(messages))
            return
        for key in _in_order(messages, data):
            yield from self.faults(messages[key], _within(data, key), _step(path, key))


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its cells by column, and its place."""

    place: Place
    cells: Mapping[str, str]


def attempt(read: Callable[[], T], faults: list[str]) -> T | None:
    """Return what is read; None when it is refused, for the reasons added to the faults."""
    try:
        return read()
    except DocumentInvalid as refused:
        faults.extend(refused.faults)
        return None


def raise_any(faults: Sequence[str]) -> None:
    """Raise DocumentInvalid when there are faults."""
    if faults:
        raise DocumentInvalid(faults)


def place_of(path: Path) -> Place:
    """Return the place that a whole file is."""
    return Place(printable(path.name or str(path)))


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a TOML file says; raises DocumentInvalid with the line that isn't TOML."""
    text = read_text(path, most_bytes=MOST_TOML_BYTES)
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise _refused(path, "it is nested too deeply: no program needs that") from None
    except ValueError as fault:
        raise _refused(path, f"it is no TOML, correct it: {fault}") from None


def read_table(path: Path, *, columns: Sequence[str], required: Sequence[str]) -> list[Row]:
    """Return the rows of a CSV file with a header; blank rows count but are left out.

    Raises DocumentInvalid for columns unknown, missing or named twice, and for rows that have
    other cells than the header.
    """
    text = read_text(path, most_bytes=MOST_TABLE_BYTES)
    try:
        header, *rows = [*csv.reader(io.StringIO(text, newline=""), strict=True)] or [[]]
    except csv.Error as fault:
        raise _refused(path, f"it is no CSV, correct it: {fault}") from None
    name = place_of(path).name
    raise_any([Place(name).fault("", text) for text in _header_faults(header, columns, required)])
    numbered = [(Place(f"{name} row {n}", ", "), row) for n, row in enumerate(rows, 2) if any(row)]
    raise_any([place.fault("", _WIDTH) for place, row in numbered if len(row) != len(header)])
    return [Row(place, dict(zip(header, row, strict=True))) for place, row in numbered]


def read_text(path: Path, *, most_bytes: int) -> str:
    """Return a UTF-8 file, with or without its mark; raises DocumentInvalid for all else."""
    try:
        with path.open("rb") as file:
            content = file.read(most_bytes + 1)
    except (OSError, ValueError) as fault:
        raise _refused(path, _unreadable(fault)) from None
    if len(content) > most_bytes:
        raise _refused(path, f"it has more than {most_bytes} bytes: is it the right file?")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        raise _refused(path, f"line {line} isn't UTF-8: save it as UTF-8 text") from None
    if "\0" in text:
        raise _refused(path, "it is no text: save it as UTF-8 text")
    return text


def shown(value: object) -> str:
    """Return a value as a document has it: in one line, and short."""
    if isinstance(value, str):
        return f'"{printable(_short(value))}"'
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, int) and abs(value) >= 10**_LONGEST_SHOWN:
        return "a huge number"
    return _short(str(value).lower())


def printable(text: str) -> str:
    """Return a text with escapes for quotes and for what can't be seen."""
    return "".join(
        sign if sign.isprintable() and sign not in '"\\' else _escaped(sign) for sign in text
    )


_WIDTH = "it hasn't as many cells as the header: put a comma for each empty one"


def _header_faults(
    header: Sequence[str], columns: Sequence[str], required: Sequence[str]
) -> Iterator[str]:
    for name in dict.fromkeys(header):
        if name not in columns:
            yield f"nobody knows column {shown(name)}: choose from {', '.join(columns)}"
        elif header.count(name) > 1:
            yield f"column {name} is there twice: keep one"
    for name in required:
        if name not in header:
            yield f"column {name} is missing: add it"


def _refused(path: Path, text: str) -> DocumentInvalid:
    return DocumentInvalid([place_of(path).fault("", text)])


def _unreadable(fault: Exception) -> str:
    if isinstance(fault, FileNotFoundError):
        return "there is no such file: check its path"
    if isinstance(fault, IsADirectoryError):
        return "it is a folder: name a file in it"
    reason = fault.strerror if isinstance(fault, OSError) else None
    return f"it can't be opened ({reason or 'no such path'}): check its path and who may read it"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _escaped(sign: str) -> str:
    if sign in '"\\':
        return f"\\{sign}"
    return f"\\u{ord(sign):04x}" if ord(sign) <= 0xFFFF else f"\\U{ord(sign):08x}"  # noqa: PLR2004  # reason: TOML's two escapes


def _listed(messages: object) -> Iterable[str]:
    return map(str, messages) if isinstance(messages, list) else [str(messages)]


def _in_order(messages: Mapping[Any, object], data: object) -> list[Any]:
    """Return the keys of messages as the data has them; those that it lacks come last."""
    if not isinstance(data, dict):
        return sorted(messages)
    order = {key: n for n, key in enumerate(data)}
    return sorted(messages, key=lambda key: order.get(key, len(order)))


def _within(data: object, key: object) -> object:
    if isinstance(data, dict):
        return data.get(key)
    return data[key] if isinstance(data, list) and isinstance(key, int) else None


def _step(path: str, key: object) -> str:
    if isinstance(key, int):
        return f"{path}[{key + 1}]"
    if key == _OF_SCHEMA:
        return path
    name = str(key) if _BARE_KEY.match(str(key)) else shown(key)
    return f"{path}.{name}" if path else name
