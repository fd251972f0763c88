"""Program files: a program's terms, plan and partners, read from TOML and a CSV beside it.

Decides what a program file may say, and finds all that is wrong with it at once. What applying
it changes is decided in ``program_apply``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from commissions.periods import zone_of
from commissions.programs import Terms
from commissions.rules import Plan
from storefront.intake import documents, fields, partner_file, plan_file, sections
from storefront.intake.documents import Place, Row, attempt, raise_any
from storefront.intake.fields import Currency, Days, Money, Reference, Setting, Text, TimeZone
from storefront.intake.partner_file import GivenPartner, PartnerSection
from storefront.intake.plan_file import PlanSection
from storefront.intake.sections import Array, Checked, Section, Table

Document = Mapping[str, Any]


class ProgramSection(Section):
    """The terms of the program itself."""

    code = Reference(required=True)
    name = Text(required=True)
    currency = Currency(required=True)
    time_zone = TimeZone(required=True)
    window_days = Days(required=True)
    hold_days = Days(required=True)
    minimum_payout = Money(required=True)
    close_after_days = Days()


class DocumentSection(Section):
    """The whole document."""

    program = Table(ProgramSection, required=True)
    plan = Table(PlanSection, required=True)
    partners = Array(Table(PartnerSection), hint="[[partners]] above each")


@dataclass(frozen=True, slots=True)
class ProgramFile:
    """What a program file says, as the engine takes it; partners of the CSV come last."""

    terms: Terms
    plan: Plan
    effective_from: datetime
    partners: tuple[GivenPartner, ...]


def read(path: Path, *, partners: Path | None = None) -> ProgramFile:
    """Return what a program file says, with the partners of a CSV file; touches no database.

    Raises DocumentInvalid with every fault of both.
    """
    unread: list[str] = []
    document = attempt(lambda: documents.read_toml(path), unread)
    rows = attempt(lambda: partner_file.read_rows(partners), unread) if partners else []
    return check(document, place=documents.place_of(path), rows=rows or [], unread=unread)


def check(
    document: Document | None,
    *,
    place: Place,
    rows: Sequence[Row] = (),
    unread: Sequence[str] = (),
) -> ProgramFile:
    """Return what a document and further rows of partners say.

    A document of None is one that couldn't be read; ``unread`` says why, and of which others.
    Raises DocumentInvalid with every fault.
    """
    checked, faults = _check_document(document, place)
    listed, row_faults = partner_file.check_rows(rows)
    drafts = [*partner_file.drafts_of(checked, place), *listed]
    raise_any([*unread, *faults, *row_faults, *partner_file.faults(drafts)])
    plan = checked.values["plan"]
    return ProgramFile(
        terms=_terms(checked.values["program"]),
        plan=plan_file.plan_of(plan),
        effective_from=plan["effective_from"],
        partners=tuple(map(partner_file.partner_of, drafts)),
    )


def _check_document(document: Document | None, place: Place) -> tuple[Checked, list[str]]:
    if document is None:
        return Checked({}, {}), []
    with fields.reading_for(_setting(document)):
        checked, faults = sections.check(DocumentSection(), document, place)
    between = plan_file.faults(checked.within("plan"))
    return checked, faults + [place.fault(f"plan.{path}", text) for path, text in between]


def _setting(document: Document) -> Setting:
    """Return the currency and zone that a document names, as far as they are any."""
    program = document.get("program")
    named = program if isinstance(program, dict) else {}
    zone = _known(TimeZone(), named.get("time_zone"))
    return Setting(
        currency=_known(Currency(), named.get("currency")),
        zone=zone_of(zone) if zone else None,
    )


def _known(field: Text, value: object) -> str | None:
    try:
        return str(field.deserialize(value))
    except ValidationError:
        return None


def _terms(program: Mapping[str, Any]) -> Terms:
    return Terms(
        code=program["code"],
        name=program["name"],
        currency=program["currency"],
        time_zone=program["time_zone"],
        window_days=program["window_days"],
        hold_days=program["hold_days"],
        minimum_payout_minor=program["minimum_payout"],
        close_after_days=program.get("close_after_days"),
    )
