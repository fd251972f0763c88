"""The web app for tests: a small shop, its people, and a browser that fills in forms.

The fixtures ``app``, ``browser``, ``new_browser`` and ``shop_engine`` run on both databases.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from commissions import partners, programs
from commissions.models import Partner, Program
from commissions.rules import Plan, Rule
from commissions.tiers import Tier
from storefront import clock, create_app, database
from storefront.access import ADMIN, APPROVER, OPERATOR, PARTNER, PREPARER
from storefront.accounts import users
from storefront.settings import Settings
from storefront.shop.models import (
    Collection,
    CollectionItem,
    Picture,
    Product,
    ProductText,
    Shop,
    ShopPage,
)
from storefront.spool import loading
from storefront.touching import spool_of

PASSWORD = "a rose in a ledger"
# As cheap as argon2 goes: tests sign in hundreds of times.
HASHED = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
SECRET = "a secret key for tests, long enough to sign with"
CODE = "hoa-som"
ZONE = "Asia/Ho_Chi_Minh"
STAFF = {
    "operator": ("an@hoasom.example", OPERATOR),
    "preparer": ("thu.ha@hoasom.example", PREPARER),
    "approver": ("quang.minh@hoasom.example", APPROVER),
    "admin": ("ngoc@hoasom.example", ADMIN),
}
KOCS = {"linh": "linh@hoasom.example", "may": "may@hoasom.example"}
PLATE = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 5"><path d="M0 0h4v5H0z"/></svg>'


@dataclass(frozen=True)
class ProductSeed:
    """A product of the small shop."""

    sku: str
    slug: str
    category: str
    price_minor: int
    stock: int = 20


PRODUCTS = (
    ProductSeed("TON-200", "rose-toner", "skin-care", 329_000),
    ProductSeed("CRM-050", "chrysanthemum-cream", "skin-care", 389_000),
    ProductSeed("TEA-100", "lotus-tea", "tea", 198_000),
    ProductSeed("BOX-001", "gift-box", "home", 690_000, stock=1),
)


def open_shop(session: Session) -> Program:
    """Open the small shop: four products, two KOCs with pages, their distributor, the staff.

    The plan has been in force for ninety days; the clock is a demo's, so that tests can set it
    forward.
    """
    clock.make_demo(session)
    program = _program(session)
    enrolled = _partners(session, program)
    _users(session, enrolled)
    shop = Shop(
        program_id=program.id,
        name="Hoa Sớm",
        tagline="Skin care and tea from Hội An",
        phone="+84 235 386 1234",
        language="vi",
        order_prefix="HS",
        shipping_minor=22_000,
        free_shipping_from_minor=400_000,
        delivery_days_from=3,
        delivery_days_to=5,
        return_days=15,
    )
    session.add(shop)
    products = _products(session)
    for partner in enrolled.values():
        if partner.kind == "koc":
            _page(session, partner, products)
    session.flush()
    return program


def _program(session: Session) -> Program:
    program = programs.set_terms(
        session,
        programs.Terms(
            code=CODE,
            name="Hoa Sớm",
            currency="VND",
            time_zone=ZONE,
            window_days=30,
            hold_days=15,
            minimum_payout_minor=20_000,
        ),
    )
    plan = Plan(
        rules=(
            Rule(1, "Skin care", categories=("skin-care",), rate_bps=1_200),
            Rule(2, "Everything else", rate_bps=800),
        ),
        tiers=(Tier("koc", 5_000_000, 100), Tier("distributor", 20_000_000, 50)),
        override_bps=300,
    )
    programs.publish_plan(
        session, program, plan, effective_from=datetime.now(UTC) - timedelta(days=90)
    )
    return program


def _partners(session: Session, program: Program) -> dict[str, Partner]:
    terms = (
        partners.PartnerTerms("nha-may", "Nhà Mây", "nhamay", "distributor",
                              payout_rail="test", payout_destination="VCB 2210"),
        partners.PartnerTerms("linh", "Linh Đan", "linhdan", "koc", sponsor_code="nha-may",
                              payout_rail="test", payout_destination="VCB 4417"),
        partners.PartnerTerms("may", "Ngọc Mây", "ngocmay", "koc",
                              payout_rail="manual", payout_destination="TCB 8841"),
    )  # fmt: skip
    enrolled = {one.code: one for one in partners.enrol(session, program, terms)}
    partners.give_link(
        session, program, enrolled["linh"], code="linhdan-hong", target="/p/rose-toner"
    )
    partners.give_link(session, program, enrolled["may"], code="may-tra", target=None)
    return enrolled


def _users(session: Session, enrolled: dict[str, Partner]) -> None:
    for email, role in STAFF.values():
        users.create(
            session, email, name=email.partition("@")[0], password_hash=HASHED, roles=[role]
        )
    for code, email in KOCS.items():
        users.create(
            session,
            email,
            name=enrolled[code].name,
            password_hash=HASHED,
            roles=[PARTNER],
            partner_id=enrolled[code].id,
        )


def _products(session: Session) -> list[Product]:
    session.add(Picture(name="plate.svg", content_type="image/svg+xml", content=PLATE))
    session.flush()
    made = []
    for position, seed in enumerate(PRODUCTS):
        product = Product(
            sku=seed.sku,
            slug=seed.slug,
            category=seed.category,
            price_minor=seed.price_minor,
            stock=seed.stock,
            picture="plate.svg",
            position=position,
        )
        product.texts = [
            ProductText(
                language="vi", name=f"Hàng {seed.sku}", short="Ngắn gọn", description="Mô tả."
            ),
            ProductText(
                language="en", name=f"Goods {seed.sku}", short="In short", description="In full."
            ),
        ]
        made.append(product)
    session.add_all(made)
    session.flush()
    return made


def _page(session: Session, partner: Partner, products: list[Product]) -> None:
    page = ShopPage(
        partner_id=partner.id,
        language="vi",
        place="Đà Nẵng",
        line="Da khô, trà nóng.",
        picture="plate.svg",
    )
    session.add(page)
    session.flush()
    collection = Collection(
        partner_id=partner.id,
        slug="mua-gio",
        title="Mùa gió bấc",
        intro="Thứ tự tôi dùng",
        position=1,
    )
    session.add(collection)
    session.flush()
    session.add_all(
        CollectionItem(
            collection_id=collection.id, product_id=one.id, note="Tôi vỗ hai lớp.", position=i
        )
        for i, one in enumerate(products[:3])
    )


class Browser:
    """A visitor: follows links, fills in the forms of the page it is on, keeps cookies."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.page: TestResponse | None = None

    def get(self, path: str, **kwargs: object) -> TestResponse:
        """Open a page, following redirects."""
        self.page = self.client.get(path, follow_redirects=True, **kwargs)
        return self.page

    def post(self, path: str, *, page: str | None = None, **fields: object) -> TestResponse:
        """Send a form with the token of the page in hand (or of ``page``), following redirects."""
        if page is not None:
            self.get(page)
        data = {"csrf_token": self.hidden("csrf_token"), **fields}
        self.page = self.client.post(
            path,
            data=data,
            follow_redirects=True,
            headers={"Referer": f"http://localhost{page or '/'}"},
        )
        return self.page

    def hidden(self, name: str) -> str:
        """Return a hidden field's value on the page in hand."""
        assert self.page is not None, "open a page first"
        found = re.search(rf'name="{name}" value="([^"]*)"', self.page.text)
        assert found, f"no hidden field {name} on {self.page.request.path}"
        return unescape(found[1])

    def sign_in(self, who: str) -> Browser:
        """Sign in as ``operator``, ``preparer``, ``approver``, ``admin``, or a KOC's code."""
        email = KOCS.get(who) or STAFF[who][0]
        answer = self.post("/sign-in", page="/sign-in", email=email, password=PASSWORD)
        assert answer.status_code == 200, answer.text
        assert answer.request.path != "/sign-in", f"{who} couldn't sign in"
        return self


def load_clicks(app: Flask) -> None:
    """Do what the thread beside the app does every second."""
    loading.load(app.extensions["engine"], spool_of(app))


@pytest.fixture
def shop_engine(engine: Engine) -> Engine:
    """A database with the small shop in it."""
    with database.transaction(engine) as session:
        open_shop(session)
    return engine


@pytest.fixture
def app(shop_engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The web app on the small shop's database."""
    app = create_app(Settings(database_url, SECRET, spool=tmp_path / "spool"))
    app.testing = False
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture
def browser(app: Flask) -> Browser:
    """A visitor nobody knows."""
    return Browser(app.test_client())


@pytest.fixture
def new_browser(app: Flask) -> type[Browser]:
    """Make more visitors: ``new_browser()``."""

    class Another(Browser):
        def __init__(self) -> None:
            super().__init__(app.test_client())

    return Another
