"""Partners and their referral links: who promotes, who brought them in, where they are paid.

Decides that codes and handles are unique and that sponsors make no third level (``teams``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from sqlalchemy import select
from sqlalchemy.orm import Session

from commissions import sets, teams
from commissions.errors import Conflict, LinkUnknown, PartnerInvalid, PartnerUnknown
from commissions.identity import normal_email, normal_phone
from commissions.models import Partner, Program, ReferralLink
from commissions.rules import PARTNER_KINDS
from commissions.values import (
    MAX_REFERENCE,
    MAX_TEXT,
    check_address,
    check_reference,
    check_text,
)

_WORD = 24
_MOST_SIGNS = {
    "name": MAX_TEXT,
    "country": _WORD,
    "account": MAX_REFERENCE,
    "email": MAX_TEXT,
    "phone": MAX_TEXT,
    "payout_rail": _WORD,
    "payout_destination": MAX_TEXT,
}
"""The longest text of each kind that the partners table keeps."""


@dataclass(frozen=True, slots=True)
class PartnerTerms:
    """A partner as a program file tells; ``sponsor_code`` names another one of the program."""

    code: str
    name: str
    handle: str
    kind: str
    sponsor_code: str | None = None
    country: str | None = None
    account: str | None = None
    email: str | None = None
    phone: str | None = None
    payout_rail: str | None = None
    payout_destination: str | None = None


def enrol(session: Session, program: Program, terms: Sequence[PartnerTerms]) -> list[Partner]:
    """Create partners or change their terms, found by code; answers in the order given.

    Raises PartnerInvalid for terms that can't hold, such as a third level.
    """
    existing = {partner.code: partner for partner in everyone(session, program)}
    _check(terms, existing)
    for one in terms:
        partner = existing.get(one.code)
        if partner is None:
            partner = existing[one.code] = Partner(program_id=program.id, code=one.code)
        _apply(partner, one)
    _flush_handles(session, [existing[one.code] for one in terms])
    for one in terms:
        sponsor = existing[one.sponsor_code] if one.sponsor_code else None
        existing[one.code].sponsor_id = sponsor.id if sponsor else None
    session.flush()
    return [existing[one.code] for one in terms]


def find(session: Session, program: Program, code: str) -> Partner:
    """Return the partner of a code; raises PartnerUnknown."""
    partner = session.scalar(
        select(Partner).where(Partner.program_id == program.id, Partner.code == code)
    )
    if partner is None:
        message = f"Program {program.code} has no partner {code!r}: enrol them first."
        raise PartnerUnknown(message)
    return partner


def everyone(session: Session, program: Program) -> list[Partner]:
    """Return all partners of a program by code."""
    return list(
        session.scalars(
            select(Partner).where(Partner.program_id == program.id).order_by(Partner.code)
        )
    )


def ids_by_code(session: Session, program: Program, codes: Iterable[str]) -> dict[str, int]:
    """Return partners' ids by their codes; codes that nobody has are left out."""
    rows = session.execute(
        select(Partner.code, Partner.id).where(
            Partner.program_id == program.id, sets.among(session, Partner.code, codes)
        )
    )
    return {code: partner_id for code, partner_id in rows}


def set_payout_details(
    session: Session, program: Program, partner_id: int, *, rail: str, destination: str
) -> Partner:
    """Keep where a partner is paid from the next batch on; payouts already built keep theirs.

    Raises PartnerUnknown, and PartnerInvalid for details without a rail or a destination.
    """
    partner = session.scalar(
        select(Partner)
        .where(Partner.program_id == program.id, Partner.id == partner_id)
        .with_for_update()
    )
    if partner is None:
        message = f"Program {program.code} has no partner {partner_id}: enrol them first."
        raise PartnerUnknown(message)
    if not (rail and destination):
        message = f"Partner {partner.code} needs both a rail and a destination: give them."
        raise PartnerInvalid(message)
    check_text("The rail", rail, most=_WORD)
    check_text("The destination", destination, most=MAX_TEXT)
    partner.payout_rail, partner.payout_destination = rail, destination
    session.flush()
    return partner


def terms_of(partner: Partner, sponsor_code: str | None) -> PartnerTerms:
    """Return a partner's terms as they stand."""
    names = (field.name for field in fields(PartnerTerms))
    values = {name: getattr(partner, name) for name in names if name != "sponsor_code"}
    return PartnerTerms(sponsor_code=sponsor_code, **values)


def normal(one: PartnerTerms) -> PartnerTerms:
    """Return terms as they are kept: mail and phone in their normal forms."""
    values = {field.name: getattr(one, field.name) or None for field in fields(PartnerTerms)}
    email, phone = normal_email(one.email), normal_phone(one.phone, one.country)
    return PartnerTerms(**{**values, "email": email, "phone": phone})  # type: ignore[arg-type]  # the four required ones are never empty


def give_link(
    session: Session, program: Program, partner: Partner, *, code: str, target: str | None = None
) -> ReferralLink:
    """Give a partner a referral link; the same again is a no-op, somebody else's a Conflict."""
    check_address(f"Link {code}", code)
    check_text(f"The target of link {code}", target, most=MAX_TEXT)
    link = session.scalar(
        select(ReferralLink).where(ReferralLink.program_id == program.id, ReferralLink.code == code)
    )
    if link is None:
        link = ReferralLink(program_id=program.id, partner_id=partner.id, code=code, target=target)
        session.add(link)
        session.flush()
    if (link.partner_id, link.target) != (partner.id, target):
        message = f"Link {code} exists with another partner or target: choose another code."
        raise Conflict(message)
    return link


def find_link(session: Session, program: Program, code: str) -> ReferralLink:
    """Return the referral link of a code; raises LinkUnknown."""
    link = session.scalar(
        select(ReferralLink).where(ReferralLink.program_id == program.id, ReferralLink.code == code)
    )
    if link is None:
        message = f"Program {program.code} has no link {code!r}."
        raise LinkUnknown(message)
    return link


def _check(terms: Sequence[PartnerTerms], existing: dict[str, Partner]) -> None:
    by_id = {partner.id: partner.code for partner in existing.values()}
    kinds = {code: partner.kind for code, partner in existing.items()}
    handles = {code: partner.handle for code, partner in existing.items()}
    sponsors = {
        code: by_id[partner.sponsor_id] if partner.sponsor_id else None
        for code, partner in existing.items()
    }
    for one in terms:
        _check_one(one)
        kinds[one.code], handles[one.code] = one.kind, one.handle
        sponsors[one.code] = one.sponsor_code or None
    if len({one.code for one in terms}) < len(terms):
        message = "A partner code is given twice: give each partner once."
        raise PartnerInvalid(message)
    taken: dict[str, str] = {}
    for code, handle in handles.items():
        if taken.setdefault(handle, code) != code:
            message = f"Partners {taken[handle]} and {code} share handle {handle}: change one."
            raise PartnerInvalid(message)
    teams.check_sponsors(kinds, sponsors)


def _check_one(one: PartnerTerms) -> None:
    check_reference(one.code)
    check_address(f"Partner {one.code}: the handle {one.handle}", one.handle)
    if not one.name:
        message = f"Partner {one.code} has no name: give one."
        raise PartnerInvalid(message)
    for name, most in _MOST_SIGNS.items():
        check_text(
            f"Partner {one.code}: the {name.replace('_', ' ')}", getattr(one, name), most=most
        )
    if one.kind not in PARTNER_KINDS:
        message = f"Partner {one.code} is of kind {one.kind!r}: choose {', '.join(PARTNER_KINDS)}."
        raise PartnerInvalid(message)
    if one.email and normal_email(one.email) is None:
        message = f"Partner {one.code} has the mail address {one.email!r}, which is none."
        raise PartnerInvalid(message)
    if one.phone and normal_phone(one.phone, one.country) is None:
        message = f"Partner {one.code} has the phone number {one.phone!r}, which is none."
        raise PartnerInvalid(message)


def _apply(partner: Partner, one: PartnerTerms) -> None:
    kept = normal(one)
    for field in fields(PartnerTerms):
        if field.name not in {"code", "sponsor_code"}:
            setattr(partner, field.name, getattr(kept, field.name))


def _flush_handles(session: Session, partners: Sequence[Partner]) -> None:
    """Write the partners; two may swap handles, so changed ones first step aside."""
    session.add_all(partners)
    wanted = {partner.code: partner.handle for partner in partners}
    with session.no_autoflush:
        for partner in partners:
            if partner.id is not None:
                partner.handle = f"~{partner.id}"
    session.flush()
    for partner in partners:
        partner.handle = wanted[partner.code]
    session.flush()
