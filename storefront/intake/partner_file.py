"""The partners of a program file and of the CSV beside it.

Decides what can be told of partners without a database: how each is written, that no code or
handle is there twice, and that sponsors among them make no third level. A column or key that
isn't there leaves what the books have; an empty one takes it away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import ValidationError, validates_schema

from commissions import teams
from commissions.errors import PartnerInvalid
from commissions.identity import normal_email, normal_phone
from commissions.partners import PartnerTerms
from commissions.providers import ManualRail, TestRail
from commissions.rules import PARTNER_KINDS
from commissions.values import MAX_REFERENCE
from storefront.intake import documents, sections
from storefront.intake.documents import Place, Row, shown
from storefront.intake.fields import LONGEST_TEXT, Choice, Reference, Text
from storefront.intake.sections import Checked, Section

RAILS = (TestRail.name, ManualRail.name)
_HANDLE = re.compile(r"\w[\w.-]*")
_COUNTRY = re.compile(r"[A-Z]{2}")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")


class Handle(Reference):
    """The name of a shop page, as it stands in its address."""

    def read(self, text: str) -> str:
        """Return the handle."""
        if not _HANDLE.fullmatch(text):
            raise ValidationError(
                f"{shown(text)} is no handle: use letters, digits, points, - and _ alone"
            )
        return super().read(text)


class Country(Text):
    """An ISO 3166-1 code of two letters."""

    def read(self, text: str) -> str:
        """Return the code."""
        if not _COUNTRY.fullmatch(text):
            raise ValidationError(f"{shown(text)} is no country: write two capitals, like GB")
        return text


class Email(Text):
    """A mail address."""

    def read(self, text: str) -> str:
        """Return the address as it was written."""
        normal = normal_email(text) or ""
        if not _EMAIL.fullmatch(normal) or len(normal) > LONGEST_TEXT:
            raise ValidationError(
                f"{shown(text)} is no mail address: write one like name@example.com"
            )
        return text


class PartnerSection(Section):
    """A partner's terms; what may be left out may also be empty."""

    code = Reference(required=True)
    name = Text(required=True)
    handle = Handle(required=True)
    kind = Choice(PARTNER_KINDS, required=True)
    sponsor_code = Reference(allow_none=True)
    country = Country(allow_none=True)
    account = Reference(allow_none=True)
    email = Email(allow_none=True)
    phone = Text(longest=MAX_REFERENCE, allow_none=True)
    payout_rail = Choice(RAILS, allow_none=True)
    payout_destination = Text(allow_none=True)

    @validates_schema(skip_on_field_errors=False, pass_original=True)
    def _phone_is_one(
        self, data: Mapping[str, str], original: Mapping[str, object], **_options: object
    ) -> None:
        phone = data.get("phone")
        if not phone or ("country" in original and "country" not in data):
            return
        if normal_phone(phone, data.get("country")) is None:
            raise ValidationError(
                f"{shown(phone)} is no phone number: write it like +84901234567", "phone"
            )


COLUMNS = tuple(PartnerSection().load_fields)
REQUIRED = ("code", "name", "handle", "kind")


@dataclass(frozen=True, slots=True)
class GivenPartner:
    """A partner as a document has it: the terms, and which of them it names at all."""

    terms: PartnerTerms
    given: frozenset[str]


@dataclass(frozen=True, slots=True)
class Draft:
    """A partner as far as it could be read, and its place."""

    place: Place
    values: Mapping[str, str | None]


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a CSV file of partners; raises DocumentInvalid when it is none."""
    return documents.read_table(path, columns=COLUMNS, required=REQUIRED)


def check_rows(rows: Sequence[Row]) -> tuple[list[Draft], list[str]]:
    """Return the partners of rows as far as they could be read, and the faults."""
    section = PartnerSection()
    checked = [(row.place, *sections.check(section, row.cells, row.place)) for row in rows]
    drafts = [Draft(place, of_row.values) for place, of_row, _ in checked]
    return drafts, [fault for _, _, found in checked for fault in found]


def drafts_of(document: Checked, place: Place) -> list[Draft]:
    """Return the ``[[partners]]`` of a program file as far as they could be read."""
    return [
        Draft(Place(f"{place.name}: partners[{n}]", "."), values)
        for n, values in enumerate(document.values.get("partners", []), 1)
    ]


def faults(drafts: Sequence[Draft]) -> Iterator[str]:
    """Yield what is wrong between partners: codes or handles twice, sponsors who can't be."""
    repeated = [*_repeated(drafts, "code")]
    yield from [*repeated, *_repeated(drafts, "handle")]
    if repeated:
        return  # who sponsors whom can't be told
    kinds = {_text(draft, "code"): _text(draft, "kind") for draft in drafts}
    sponsors = {_text(draft, "code"): draft.values.get("sponsor_code") for draft in drafts}
    for draft in drafts:
        yield from _sponsor_faults(draft, kinds, sponsors)


def partner_of(draft: Draft) -> GivenPartner:
    """Return the partner of a draft without faults."""
    terms: dict[str, Any] = {**draft.values}
    return GivenPartner(PartnerTerms(**terms), frozenset(terms))


def _repeated(drafts: Sequence[Draft], key: str) -> Iterator[str]:
    first: dict[str, Place] = {}
    for draft in drafts:
        text = _text(draft, key)
        if text and text in first:
            yield draft.place.fault(key, f"{shown(text)} is also in {first[text].name}: change one")
        elif text:
            first[text] = draft.place


def _sponsor_faults(
    draft: Draft, kinds: Mapping[str, str], sponsors: Mapping[str, str | None]
) -> Iterator[str]:
    """Yield why the sponsor can't be; one who isn't among the partners may be in the books."""
    code, sponsor = _text(draft, "code"), _text(draft, "sponsor_code")
    if not (code and sponsor and kinds.get(sponsor)):
        return
    try:
        teams.check_sponsors(kinds, {code: sponsor, sponsor: sponsors[sponsor]})
    except PartnerInvalid as refusal:
        yield draft.place.fault("sponsor_code", str(refusal))


def _text(draft: Draft, key: str) -> str:
    return draft.values.get(key) or ""
