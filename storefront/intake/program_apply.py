"""Applying a program file: what it would change, and doing so.

Decides what differs between the file and the books, and writes nothing else, so that a second
time changes nothing. Whether a change may be made is for the engine's verbs to say. The caller
commits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, replace

from sqlalchemy.orm import Session

from commissions import partners, programs
from commissions.models import Program
from commissions.money import to_major
from commissions.partners import PartnerTerms
from commissions.programs import Terms
from storefront.intake.partner_file import GivenPartner
from storefront.intake.program_changes import Changes, Edit, PartnerChange, PlanChange, Value
from storefront.intake.program_file import ProgramFile


class _Undone(Exception):  # reason: nothing is wrong
    """A trial is over."""


def plan_changes(session: Session, file: ProgramFile) -> Changes:
    """Return what applying a program file would change, by doing and undoing it.

    Raises what ``apply`` raises, so that a plan that is shown can be carried out.
    """
    changes = _differences(session, file)
    with suppress(_Undone), session.begin_nested():
        _carry_out(session, file, changes)
        raise _Undone
    return changes


def apply(session: Session, file: ProgramFile) -> Changes:
    """Make the books say what a program file says, and return what that changed.

    Raises PlanConflict, PartnerInvalid, Conflict and Invalid as the engine's verbs do.
    """
    changes = _differences(session, file)
    _carry_out(session, file, changes)
    return changes


def _differences(session: Session, file: ProgramFile) -> Changes:
    program = _find(session, file.terms.code)
    known = _known_partners(session, program) if program else {}
    changed = [
        _partner_change(one, known[one.terms.code])
        for one in file.partners
        if one.terms.code in known
    ]
    return Changes(
        program=file.terms.code,
        is_new=program is None,
        edits=tuple(_term_edits(program, file.terms)),
        plan=_plan_change(session, program, file),
        added=tuple(one.terms.code for one in file.partners if one.terms.code not in known),
        changed=tuple(change for change in changed if change.edits),
        unchanged=sum(not change.edits for change in changed),
    )


def _carry_out(session: Session, file: ProgramFile, changes: Changes) -> None:
    if changes.is_new or changes.edits:
        programs.set_terms(session, file.terms)
    program = programs.find(session, file.terms.code)
    if changes.plan.is_new:
        programs.publish_plan(session, program, file.plan, effective_from=file.effective_from)
    known = _known_partners(session, program)
    touched = {*changes.added, *(change.code for change in changes.changed)}
    terms = [_merged(one, known) for one in file.partners if one.terms.code in touched]
    if terms:
        partners.enrol(session, program, terms)


def _find(session: Session, code: str) -> Program | None:
    return next((one for one in programs.everyone(session) if one.code == code), None)


def _term_edits(program: Program | None, terms: Terms) -> Iterator[Edit]:
    old = _file_terms(program) if program else {}
    for name, new in _file_terms(terms).items():
        if old.get(name) != new:
            yield Edit(name, old.get(name), new)


def _file_terms(terms: Terms | Program) -> dict[str, Value]:
    """Return a program's terms as a file has them, but for its code."""
    return {
        "name": terms.name,
        "currency": terms.currency,
        "time_zone": terms.time_zone,
        "window_days": terms.window_days,
        "hold_days": terms.hold_days,
        "minimum_payout": to_major(terms.minimum_payout_minor, terms.currency),
        "close_after_days": terms.close_after_days,
    }


def _plan_change(session: Session, program: Program | None, file: ProgramFile) -> PlanChange:
    last = programs.last_version(session, program) if program else None
    if last is None:
        return PlanChange(1, file.effective_from, is_new=True)
    same = (last.effective_from, last.fingerprint) == (
        file.effective_from,
        programs.plan_fingerprint(file.plan),
    )
    number = last.number if same else last.number + 1
    return PlanChange(number, file.effective_from, is_new=not same)


def _known_partners(session: Session, program: Program) -> dict[str, PartnerTerms]:
    everyone = partners.everyone(session, program)
    codes = {partner.id: partner.code for partner in everyone}
    return {
        partner.code: partners.terms_of(partner, codes.get(partner.sponsor_id or 0))
        for partner in everyone
    }


def _partner_change(one: GivenPartner, known: PartnerTerms) -> PartnerChange:
    """Return what changes of the terms that the file gives; others stay as they are."""
    terms = partners.normal(one.terms)
    edits = (
        Edit(name, getattr(known, name), getattr(terms, name))
        for name in (field.name for field in fields(PartnerTerms))
        if name in one.given and getattr(known, name) != getattr(terms, name)
    )
    return PartnerChange(one.terms.code, tuple(edits))


def _merged(one: GivenPartner, known: Mapping[str, PartnerTerms]) -> PartnerTerms:
    """Return the terms that the file gives over those of the books."""
    if one.terms.code not in known:
        return one.terms
    given = {name: getattr(one.terms, name) for name in one.given}
    return replace(known[one.terms.code], **given)
