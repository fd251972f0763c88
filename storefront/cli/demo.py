"""``hoahong demo``: play one order through the real code and print its trail."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from commissions import ledger
from commissions.money import Money
from commissions.rules import Group
from commissions.trail import Trail, TrailCommission
from storefront import database
from storefront import demo as story
from storefront.cli.output import as_json, plain, table, tell

_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_WIDTH = 12
_SHOWN_AS = {
    "on_hold": "On hold",
    "held": "Held",
    "held_ready": "Held",
    "ready": "Ready",
    "in_payout": "In payout",
    "paid": "Paid",
    "rejected": "Rejected",
    "reversed": "Reversed",
}


@click.command()
@as_json
def demo(*, json_: bool) -> None:
    """Play one order, on a database of its own: link, sale, commission, return, payout."""
    with tempfile.TemporaryDirectory(prefix="hoahong-demo-") as folder:
        url = f"sqlite:///{Path(folder) / 'demo.sqlite3'}"
        database.upgrade(url)
        engine = database.make_engine(url)
        trail, report = story.play(engine)
        engine.dispose()
    if json_:
        tell({"trail": plain(trail), "balanced": report.balanced}, json_=True)
    else:
        _show(trail, report)
    if not report.balanced:
        sys.exit(1)


def _show(trail: Trail, report: ledger.Report) -> None:
    click.echo("Hoa Sớm, a made-up brand of skin care and tea. TEST MODE: no money moves.\n")
    for line in _story(trail):
        click.echo(line)
    click.echo("\nThe transfers behind it, debit → credit")
    table(
        ("when", "what", "from", "to", "amount"),
        [
            (_when(t.effective_at), t.code, t.debit, t.credit, _money(t.amount_minor))
            for t in trail.transfers
        ],
    )
    click.echo(f"\nbooks: {'balanced' if report.balanced else 'BROKEN'}")


def _story(trail: Trail) -> Iterator[str]:
    yield _line("link", f"/k/{story.LINK} belongs to {trail.partner_code}")
    for touch in trail.touches:
        at = datetime.fromisoformat(touch["occurred_at"])
        yield _line("touch", f"{_when(at)}, a {touch['kind']}: {touch['verdict']}")
    goods = sum(line.base_minor for line in trail.lines)
    yield _line("order", f"{trail.reference}, paid {_when(trail.paid_at)}: {_money(goods)}")
    yield _line("attribution", f"{trail.decision} → {trail.partner_code}")
    if trail.quote:
        for group in trail.quote.groups:
            yield _line("quote", _quoted(group))
        yield _line("", f"Estimated for {trail.partner_code}: {_money(trail.quote.amount_minor)}")
    for commission in trail.commissions:
        yield _line("commission", _earned(commission))
    seen = set()
    for move in trail.moves:
        moved = (move.subject, move.to_state, move.effective_at)
        if moved not in seen:
            seen.add(moved)
            state = _SHOWN_AS.get(move.to_state, move.to_state.capitalize())
            yield _line(move.subject, f"{state} on {_when(move.effective_at)} by {move.actor}")


def _line(label: str, text: str) -> str:
    return f"  {label:<{_WIDTH}} {text}"


def _quoted(group: Group) -> str:
    if not group.rule.pays:
        return f"{_money(group.base_minor)} under “{group.rule.name}” earns nothing"
    rate = f"{(group.rule.rate_bps or 0) / 100:g} %"
    return (
        f"{_money(group.base_minor)} × {rate} under “{group.rule.name}”"
        f" = {_money(group.amount_minor)}"
    )


def _earned(one: TrailCommission) -> str:
    rate = f" × {one.rate_bps / 100:g} %" if one.rate_bps else ""
    return (
        f"{one.partner_code}, {one.kind}: {_money(one.base_minor)}{rate}"
        f" = {_money(one.amount_minor)}, now {_SHOWN_AS[one.state]}"
    )


def _money(minor: int) -> str:
    return str(Money(minor, "VND"))


def _when(at: datetime) -> str:
    return f"{at.astimezone(_ZONE):%d %b %Y %H:%M}"
