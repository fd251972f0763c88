"""Mapping files: how to read one shop's order export, as TOML without expressions.

Decides what a mapping may say, and finds all that is wrong with it at once. Reading the export
is in ``rows``.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping as Values
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from marshmallow import ValidationError, validates_schema

from storefront.intake import documents, sections
from storefront.intake.documents import shown
from storefront.intake.fields import Choice, Currency, Single, Text, TimeZone
from storefront.intake.rows import Columns, Mapping, ReferralColumns
from storefront.intake.sections import Array, Section, Table

_DELIMITERS = (",", ";", "|", "\t")
_DECIMAL_MARKS = (".", ",")
_TELLS = datetime(2010, 12, 31, 23, 59, 58, tzinfo=UTC)
"""A moment whose parts are all different, to see whether a time format tells them apart."""


class Encoding(Text):
    """The name of a text encoding that reads ASCII as ASCII, so that commas are commas."""

    def read(self, text: str) -> str:
        """Return the name."""
        try:
            plain = codecs.decode(b"a,b\n", text)
        except (LookupError, UnicodeError, TypeError, ValueError):
            plain = None
        if plain != "a,b\n":
            raise ValidationError(f'{shown(text)} is no encoding of texts: write one like "utf-8"')
        return text


class TimeFormat(Text):
    """``iso``, or strptime's directives for a day at least."""

    def read(self, text: str) -> str:
        """Return the format."""
        if text != "iso" and not _tells_the_day(text):
            raise ValidationError(
                f'{shown(text)} doesn\'t tell a day: write "iso" or one like "%d/%m/%Y %H:%M"'
            )
        return text


class Delimiter(Choice):
    """The sign between cells; a tab may be one, so it isn't held to be a line of text."""

    def take(self, value: object) -> str:
        """Return the sign."""
        if value not in _DELIMITERS:
            raise ValidationError(f'{shown(value)} won\'t do: choose "," ";" "|" or "\\t"')
        return str(value)


class Prefixes(Single):
    """A table from the prefix of a document to the reason for which it is rejected."""

    def take(self, value: object) -> tuple[tuple[str, str], ...]:
        """Return pairs of prefix and reason, longer prefixes first."""
        if not isinstance(value, dict):
            raise ValidationError('it is no table: write it like { A = "adjustment" }')
        reason = Text(longest=60)
        pairs = [(prefix, str(reason.deserialize(why))) for prefix, why in value.items()]
        if "" in value:
            raise ValidationError("a prefix is empty: it would ignore every document")
        return tuple(sorted(pairs, key=lambda pair: (-len(pair[0]), pair[0])))


class FileSection(Section):
    """How the file is written."""

    time_zone = TimeZone(required=True)
    currency = Currency(required=True)
    encoding = Encoding(load_default="utf-8")
    delimiter = Delimiter(_DELIMITERS, load_default=",")
    decimal_mark = Choice(_DECIMAL_MARKS, load_default=".")
    time_format = TimeFormat(load_default="iso")


class ColumnsSection(Section):
    """Which column holds what."""

    reference = Text(required=True)
    occurred_at = Text(required=True)
    stock_code = Text(required=True)
    quantity = Text(required=True)
    unit_price = Text()
    line_amount = Text()
    buyer = Text()
    email = Text()
    phone = Text()
    category = Text()
    currency = Text()

    @validates_schema
    def _one_amount(self, data: Values[str, Any], **_options: object) -> None:
        if ("unit_price" in data) == ("line_amount" in data):
            raise ValidationError("it needs one of unit_price and line_amount: write one")


class DocumentsSection(Section):
    """What the prefix of a document's reference says."""

    return_prefixes = Array(Text(), hint='["C"]', load_default=())
    ignored = Prefixes(load_default=())


class ReferralsSection(Section):
    """The columns of a referrals file."""

    buyer = Text(required=True)
    partner = Text(required=True)


class MappingSection(Section):
    """The whole document."""

    file = Table(FileSection, required=True)
    columns = Table(ColumnsSection, required=True)
    documents = Table(DocumentsSection)
    referrals = Table(ReferralsSection)


def read(path: Path) -> Mapping:
    """Return what a mapping file says; raises DocumentInvalid with every fault."""
    return check(documents.read_toml(path), place=documents.place_of(path))


def check(document: object, *, place: documents.Place) -> Mapping:
    """Return what a document says as a mapping; raises DocumentInvalid with every fault."""
    checked, faults = sections.check(MappingSection(), document, place)
    documents.raise_any(faults)
    said = checked.values.get("documents", {})
    return Mapping(
        columns=Columns(**checked.values["columns"]),
        **checked.values["file"],
        return_prefixes=tuple(said.get("return_prefixes", ())),
        ignored=said.get("ignored", ()),
        referrals=ReferralColumns(**checked.values.get("referrals", {})),
        names_referrals="referrals" in checked.values,
    )


def _tells_the_day(format_: str) -> bool:
    try:
        read_back = datetime.strptime(_TELLS.strftime(format_), format_)  # noqa: DTZ007  # reason: only its date matters
    except ValueError:
        return False
    return read_back.date() == _TELLS.date()
