"""Reading pages and rows of the partner's desk in tests."""

from __future__ import annotations

import re
from html import unescape

from sqlalchemy import select
from sqlalchemy.orm import Session

from commissions import partners
from commissions.models import Partner, Program
from tests.storefront.web import CODE

EN = "lang=en"


def text_of(page: str) -> str:
    """Return a page's words without its tags."""
    page = re.sub(r'<span class="minus">(.)</span>', r"\1", page)
    bare = re.sub(r"<(svg|script|style)\b.*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(bare).replace("\u00a0", " ").split())


def dong(minor: int) -> str:
    """Return an amount as an English page writes it."""
    return f"{'−' if minor < 0 else ''}{abs(minor):,} ₫"  # reason: a real minus


def linh(session: Session, code: str = "linh") -> tuple[Program, Partner]:
    """Return the shop's program and a partner of it."""
    program = session.scalars(select(Program).where(Program.code == CODE)).one()
    return program, partners.find(session, program, code)
