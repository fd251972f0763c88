"""Reading which partner brought which buyer: a referral counts as a touch at each sale's time.

Decides when an import may do without: what is booked without referrals earns nobody anything, and
no later import can change that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from commissions import partners
from commissions.errors import HoahongError, PartnerUnknown
from commissions.models import AttributionDecision, Program, SaleRecord
from storefront.intake.rows import FileNotAsMapped, Mapping, are_texts, column_places, open_table

KIND = "referral"
"""The kind of touch that a referral is."""
_SHOWN = 10


class ReferralsMissing(HoahongError):
    """Referrals are used here, and this import has none: nothing of it was booked."""


def check_left_out(session: Session, program: Program, mapping: Mapping) -> None:
    """Raise ReferralsMissing where the mapping or what is booked says that there are referrals."""
    if mapping.names_referrals:
        used = "The mapping says how to read a referrals file"
    elif _used_before(session, program):
        used = f"Sales of program {program.code} were attributed by referrals before"
    else:
        return
    raise ReferralsMissing(
        f"{used}, and sales that are imported without one earn nobody anything, for good:"
        " give the file by --referrals, or say --no-referrals."
    )


def _used_before(session: Session, program: Program) -> bool:
    """Tell whether an import has attributed sales: it alone makes touches of this kind."""
    touched = cast(AttributionDecision.touches, String).contains(f'"{KIND}"')
    found = session.scalar(
        select(AttributionDecision.id)
        .join(SaleRecord, SaleRecord.id == AttributionDecision.sale_id)
        .where(SaleRecord.program_id == program.id, touched)
        .limit(1)
    )
    return found is not None


def read_referrals(
    session: Session, program: Program, path: Path | None, mapping: Mapping
) -> dict[str, int]:
    """Return partner ids by buyer; the last row of a buyer wins.

    Raises PartnerUnknown naming codes that nobody has, FileNotAsMapped for an unreadable row.
    """
    codes = dict(_rows(path, mapping)) if path is not None else {}
    ids = partners.ids_by_code(session, program, codes.values())
    unknown = sorted({*codes.values()} - ids.keys())
    if unknown:
        message = (
            f"{path.name if path else ''} names partners that program {program.code} lacks:"
            f" {', '.join(unknown[:_SHOWN])}; apply a program file that has them first."
        )
        raise PartnerUnknown(message)
    return {buyer: ids[code] for buyer, code in codes.items()}


def _rows(path: Path, mapping: Mapping) -> Iterator[tuple[str, str]]:
    wanted = (mapping.referrals.buyer, mapping.referrals.partner)
    with open_table(path, encoding=mapping.encoding, delimiter=mapping.delimiter) as (
        header,
        records,
    ):
        places = column_places(path, header, wanted)
        for row_no, record in enumerate(records, start=2):
            cells = _cells(record, [places[name] for name in wanted], width=len(header))
            if cells is None:
                message = f"{path.name} row {row_no} can't be read: correct or delete it."
                raise FileNotAsMapped(message)
            if all(cells):
                yield cells


def _cells(
    record: Sequence[str] | None, places: Sequence[int], *, width: int
) -> tuple[str, str] | None:
    """Return the buyer and the code of a row; None when it can't be read."""
    if record is None or len(record) != width:
        return None
    buyer, code = (record[place] for place in places)
    return (buyer, code) if are_texts(buyer, code) else None
