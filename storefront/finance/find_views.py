"""The search of the finance console: one thing found is opened, several are listed."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from commissions import programs
from storefront.finance.blueprint import finance
from storefront.finance.current import page, program
from storefront.finance.find import LONGEST, MOST_SHOWN, Hit, find
from storefront.transactions import session


@finance.get("/find", endpoint="find")
def show_found() -> ResponseReturnValue:
    """Open what was looked for, list what it may mean, or say what can be looked for."""
    text = request.args.get("q", "").strip()
    one = program()
    others = [other for other in programs.everyone(session) if other.id != one.id]
    hits = find(session, [one, *others], text)
    if len(hits) == 1:
        return redirect(address(hits[0]))
    return page(
        "finance/find.html",
        section="finance.find",
        search=text[:LONGEST],
        hits=hits[:MOST_SHOWN],
        are_more=len(hits) > MOST_SHOWN,
        address=address,
    )


def address(hit: Hit) -> str:
    """Return the page of what was found, in its own program."""
    code = hit.program.code if _names_program(hit) else None
    match hit.kind:
        case "order":
            return url_for("finance.trail", reference=hit.key, program=code)
        case "payout":
            return url_for("finance.batch", batch_id=hit.batch_id, open=hit.key, program=code)
        case _:
            return url_for("finance.partner", code=hit.key, program=code)


def _names_program(hit: Hit) -> bool:
    return bool(request.args.get("program")) or hit.program.id != program().id
