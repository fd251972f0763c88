"""The demo's second program: a shop abroad that sells in dollars and sends its orders as a file."""

from __future__ import annotations

import csv
import random
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from commissions import approval, partners, programs
from commissions.models import Program
from commissions.partners import PartnerTerms
from commissions.rules import Plan, Rule
from commissions.tiers import Tier
from storefront import database
from storefront.intake import importing, mapping_file

CODE = "hoa-som-us"
_SEED = 7
_DAYS = 62
_CUSTOMERS = 40
_TERMS = programs.Terms(
    code=CODE,
    name="Hoa Sớm USA",
    currency="USD",
    time_zone="America/Los_Angeles",
    window_days=30,
    hold_days=15,
    minimum_payout_minor=20_00,
)
_PLAN = Plan(
    rules=(
        Rule(1, "Tea", stock_codes=("TEA-*",), rate_bps=800),
        Rule(2, "Everything else", rate_bps=1_000),
    ),
    tiers=(Tier("koc", 500_00, 100), Tier("distributor", 1_000_00, 50)),
    override_bps=200,
)
_PARTNERS = (
    PartnerTerms("marigold", "Marigold & Co", "marigold", "distributor",
                 payout_rail="manual", payout_destination="Wise 9021"),
    PartnerTerms("camila-us", "Camila Reyes", "camilareyes", "koc", sponsor_code="marigold",
                 payout_rail="manual", payout_destination="CLABE 3308"),
    PartnerTerms("june", "June Park", "junepark", "koc", sponsor_code="marigold",
                 payout_rail="test", payout_destination="ACH 5520"),
)  # fmt: skip
_PRICES = {"TON-200": "14.90", "CRM-050": "18.50", "SER-030": "24.00", "TEA-100": "9.80"}


def open_abroad(engine: Engine, *, until: datetime) -> None:
    """Make the program, import two months of its orders, and release what is due."""
    begins = until - timedelta(days=_DAYS)
    with database.transaction(engine) as session:
        _program(session, begins)
    with tempfile.TemporaryDirectory(prefix="hoahong-abroad-") as folder:
        orders, referrals = Path(folder) / "orders.csv", Path(folder) / "referrals.csv"
        _write(
            orders, ["order", "completed_at", "customer", "sku", "qty", "price"], _orders(begins)
        )
        _write(referrals, ["customer", "partner"], _referrals())
        mapping = mapping_file.read(Path(__file__).with_name("abroad.toml"))
        request = importing.ImportRequest(orders, mapping, referrals)
        importing.run(engine, CODE, request, actor="import")
    with database.transaction(engine) as session:
        program = programs.find(session, CODE)
        approval.release(session, program, at=until - timedelta(days=1), actor="jobs")


def _program(session: Session, begins: datetime) -> Program:
    program = programs.set_terms(session, _TERMS)
    programs.publish_plan(session, program, _PLAN, effective_from=begins - timedelta(days=1))
    partners.enrol(session, program, _PARTNERS)
    return program


def _orders(begins: datetime) -> Iterator[list[str]]:
    luck = random.Random(_SEED)  # noqa: S311  # reason: made-up orders are no secrets
    for number in range(1, 61):
        at = begins + timedelta(days=number - 1, hours=number % 9)
        customer = f"C{luck.randint(1, _CUSTOMERS):03}"
        for sku in luck.sample(sorted(_PRICES), k=luck.choice((1, 2))):
            yield _row(f"{5000 + number}", at, customer, sku, luck.choice((1, 1, 2)))


def _row(order: str, at: datetime, customer: str, sku: str, quantity: int) -> list[str]:
    return [order, f"{at:%Y-%m-%dT%H:%M:%S}", customer, sku, str(quantity), _PRICES[sku]]


def _referrals() -> Iterator[list[str]]:
    codes = ("camila-us", "june")
    for number in range(1, _CUSTOMERS + 1):
        if number % 4:
            yield [f"C{number:03}", codes[number % 2]]


def _write(path: Path, header: list[str], rows: Iterator[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
