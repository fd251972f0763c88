"""``hoahong demo``: a made-up shop with two months of trade, one order's trail, and a server."""

from __future__ import annotations

import logging
import os
import secrets
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from commissions import ledger, programs, trail
from commissions.money import Money
from commissions.rules import Group
from commissions.trail import Trail, TrailCommission, TrailTransfer
from storefront import database, logs, serving
from storefront.cli.output import as_json, plain, table, tell
from storefront.world import opening

_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_WIDTH = 12
_ADDRESS = "127.0.0.1"
_EXAMPLE = "PORT={port} make demo"
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
@click.option("--serve/--no-serve", default=True, help="Serve the shop after the trail.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, envvar="PORT")
@as_json
def demo(*, serve: bool, port: int, json_: bool) -> None:
    """Open a made-up shop on a database of its own, print one order's trail, and serve."""
    is_served = serve and not json_
    if is_served:
        serving.check_port(_ADDRESS, port, example=_EXAMPLE)
    with tempfile.TemporaryDirectory(prefix="hoahong-demo-") as folder:
        url = f"sqlite:///{Path(folder) / 'demo.sqlite3'}"
        database.upgrade(url)
        engine = database.make_engine(url)
        opened = opening.open_world(engine)
        with database.snapshot(engine) as session:
            program = programs.find(session, opened.program_code)
            found, report = trail.of_sale(session, program, opened.order), ledger.verify(session)
        if json_:
            tell({"trail": plain(found), "balanced": report.balanced}, json_=True)
        else:
            _show(found, report, link=opened.link)
        if is_served and report.balanced:
            _serve(url, port, opened)
        engine.dispose()
    if not report.balanced:
        sys.exit(1)


def _serve(url: str, port: int, opened: opening.Opened) -> None:
    serving.check_port(_ADDRESS, port, example=_EXAMPLE)  # opening the shop took a while
    base_url = f"http://{_ADDRESS}:{port}"
    os.environ.update(
        HOAHONG_DATABASE_URL=url,
        HOAHONG_ENV="demo",
        HOAHONG_BASE_URL=base_url,
        HOAHONG_PAYMENTS="test",
        HOAHONG_SECRET_KEY=secrets.token_hex(32),
    )
    logs.set_up(logging.WARNING)
    engine = database.make_engine(url)
    with serving.jobs_beside(engine):
        serving.serve(
            address=_ADDRESS, port=port, on_ready=lambda: _tell_addresses(base_url, opened)
        )
    engine.dispose()


def _tell_addresses(base_url: str, opened: opening.Opened) -> None:
    click.echo("\nFive places to begin, until you stop it with Ctrl-C:")
    logins: Mapping[str, str] = opened.logins
    table(
        ("who", "where", "login"),
        [
            ("a shopper", f"{base_url}/@{opened.handle}", "none needed"),
            ("the KOC", f"{base_url}/hub/earnings", logins[opened.handle]),
            ("the brand", f"{base_url}/desk/orders", logins["operator"]),
            ("finance, who prepares", f"{base_url}/finance/review", logins["preparer"]),
            ("finance, who approves", f"{base_url}/finance/payouts", logins["approver"]),
        ],
    )
    click.echo(f"The password of all: {opened.password}. The clock is set at {base_url}/demo")


def _show(trail: Trail, report: ledger.Report, *, link: str) -> None:
    click.echo("Hoa Sớm, a made-up brand of skin care and tea. TEST MODE: no money moves.\n")
    click.echo(_line("link", f"/k/{link} belongs to {trail.partner_code}"))
    for line in _story(trail):
        click.echo(line)
    click.echo("\nThe transfers behind it, debit → credit")
    table(
        ("when", "what", "from", "to", "amount"),
        [(_when(t.effective_at), t.code, t.debit, t.credit, _part(t)) for t in trail.transfers],
    )
    click.echo(f"\nbooks: {'balanced' if report.balanced else 'BROKEN'}")


def _story(trail: Trail) -> Iterator[str]:
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


def _part(transfer: TrailTransfer) -> str:
    """Write what of a transfer is the order's own, as its page does: 179,520 of 379,860 VND."""
    whole = _money(transfer.amount_minor)
    own = _money(transfer.share_minor).partition(" ")[0]
    return whole if transfer.share_minor == transfer.amount_minor else f"{own} of {whole}"


def _money(minor: int) -> str:
    return str(Money(minor, "VND"))


def _when(at: datetime) -> str:
    return f"{at.astimezone(_ZONE):%d %b %Y %H:%M}"
