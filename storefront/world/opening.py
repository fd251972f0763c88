"""Opens the demo's shop on an empty database: its products, its people, two months of trade.

Everything is made by the verbs that a real shop uses; only the clock of the past is pretended.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from commissions import partners, programs
from commissions.models import Partner, Program, ReferralLink
from commissions.rules import Plan, Rule
from commissions.tiers import Tier
from storefront import clock, database, verification
from storefront.access import PARTNER
from storefront.accounts import users
from storefront.drawings.faces import Face, face
from storefront.drawings.plates import plate
from storefront.i18n import LANGUAGES
from storefront.shop.models import (
    Collection,
    CollectionItem,
    Picture,
    Product,
    ProductText,
    Shop,
    ShopPage,
)
from storefront.world import abroad, history, reading
from storefront.world.cast import Cast, Seller, Shopper

PASSWORD = "hoa-som-demo"  # noqa: S105  # reason: a demo's, printed where it is started
_CODE = "hoa-som"
_ORDER = "HS-1001"  # the first of the history, whose trail the demo prints
_MAIL = "hoasom.example"
_TERMS = programs.Terms(
    code=_CODE,
    name="Hoa Sớm",
    currency="VND",
    time_zone="Asia/Ho_Chi_Minh",
    window_days=30,
    hold_days=15,
    minimum_payout_minor=20_000,
    close_after_days=3,
)
_PLAN = Plan(
    rules=(
        Rule(1, "Chăm sóc da", categories=("skin-care",), rate_bps=1_200),
        Rule(2, "Tóc và cơ thể", categories=("hair-body",), rate_bps=1_000),
        Rule(3, "Mọi thứ khác", rate_bps=800),
    ),
    tiers=(
        Tier("koc", 5_000_000, 100),
        Tier("koc", 15_000_000, 200),
        Tier("distributor", 20_000_000, 50),
    ),
    override_bps=300,
)


@dataclass(frozen=True, slots=True)
class Opened:
    """An open world: who signs in by which mail, and where to begin."""

    program_code: str
    order: str
    handle: str
    link: str
    logins: Mapping[str, str]
    password: str


def open_world(engine: Engine) -> Opened:
    """Open the demo's shop on a migrated, empty database; its history ends now."""
    world = reading.world()
    # Before the transaction: a hash takes a tenth of a second.
    password_hash = users.hashed(PASSWORD)
    until = clock.wall()
    with database.transaction(engine) as session:
        clock.make_demo(session)
        program = _program(session, until)
        enrolled = _enrol(session, program, world.partners)
        logins = _people(session, world, enrolled, password_hash)
        products = _products(session, world.products)
        _shop(session, program)
        sellers = [
            _page(session, program, enrolled[one.code], one, products)
            for one in world.partners
            if one.kind == "koc"
        ]
    cast = Cast(
        program_code=_CODE,
        sellers=sellers,
        shoppers=[
            Shopper(one.name, one.phone, one.email, one.address, one.city) for one in world.shoppers
        ],
        operator=logins["operator"],
        maker=logins["preparer"],
        checker=logins["approver"],
    )
    history.play(engine, cast, until=until)
    abroad.open_abroad(engine, until=until)
    verification.verify(engine, now=until)  # what the books' page tells
    first = next(one for one in world.partners if one.kind == "koc")
    return Opened(_CODE, _ORDER, first.handle, first.code, logins, PASSWORD)


def _program(session: Session, until: datetime) -> Program:
    program = programs.set_terms(session, _TERMS)
    begins = until - timedelta(days=history.DAYS + 14)
    programs.publish_plan(session, program, _PLAN, effective_from=begins)
    return program


def _enrol(
    session: Session, program: Program, people: Sequence[reading.Partner]
) -> dict[str, Partner]:
    terms = [
        partners.PartnerTerms(
            one.code,
            one.name,
            one.handle,
            one.kind,
            sponsor_code=one.sponsor or None,
            email=f"{one.code}@{_MAIL}",
            payout_rail=one.rail,
            payout_destination=one.destination,
        )
        for one in people
    ]
    return {one.code: one for one in partners.enrol(session, program, terms)}


def _people(
    session: Session, world: reading.World, enrolled: Mapping[str, Partner], password_hash: str
) -> dict[str, str]:
    """Make the users; return their mails by role, and by code for partners."""
    logins = {}
    for staff in world.staff:
        logins[staff.role] = staff.email
        users.create(
            session,
            staff.email,
            name=staff.name,
            password_hash=password_hash,
            roles=[staff.role],
            language=_spoken(staff.language),
        )
    for one in world.partners:
        logins[one.code] = f"{one.code}@{_MAIL}"
        users.create(
            session,
            logins[one.code],
            name=one.name,
            password_hash=password_hash,
            roles=[PARTNER],
            partner_id=enrolled[one.code].id,
            language=_spoken(one.language),
        )
    return logins


def _spoken(language: str) -> str | None:
    return language if language in LANGUAGES else None


def _shop(session: Session, program: Program) -> None:
    session.add(
        Shop(
            program_id=program.id,
            name="Hoa Sớm",
            tagline="Mỹ phẩm và trà từ Hội An",
            phone="+84 235 386 1234",
            language="vi",
            order_prefix="HS",
            shipping_minor=22_000,
            free_shipping_from_minor=400_000,
            delivery_days_from=3,
            delivery_days_to=5,
            return_days=15,
        )
    )
    session.flush()


def _products(session: Session, listed: Sequence[reading.Product]) -> dict[str, Product]:
    made = {
        one.sku: Product(
            sku=one.sku,
            slug=one.slug,
            category=one.category,
            price_minor=one.price_minor,
            stock=one.stock,
            picture=_picture(session, plate(one.plate, title=one.name["vi"])),
            position=position,
            texts=[
                ProductText(
                    language=language,
                    name=name,
                    short=one.short.get(language, ""),
                    description=one.description.get(language, ""),
                )
                for language, name in one.name.items()
                if language in one.description
            ],
        )
        for position, one in enumerate(listed)
    }
    session.add_all(made.values())
    session.flush()
    return made


def _picture(session: Session, drawn: str) -> str:
    content = drawn.encode()
    name = f"{hashlib.sha256(content).hexdigest()[:24]}.svg"
    if session.get(Picture, name) is None:
        session.add(Picture(name=name, content_type="image/svg+xml", content=content))
        session.flush()
    return name


def _page(
    session: Session,
    program: Program,
    partner: Partner,
    told: reading.Partner,
    products: Mapping[str, Product],
) -> Seller:
    link = _link(session, program, partner)
    session.add(
        ShopPage(
            partner_id=partner.id,
            language=told.language,
            place=told.city,
            line=told.line,
            picture=_portrait(session, told.face),
        )
    )
    session.flush()
    for position, one in enumerate(told.collections):
        collection = Collection(
            partner_id=partner.id,
            slug=one.slug,
            title=one.title,
            intro=one.intro,
            position=position,
        )
        session.add(collection)
        session.flush()
        session.add_all(
            CollectionItem(
                collection_id=collection.id,
                product_id=products[item.sku].id,
                note=item.note,
                position=place,
            )
            for place, item in enumerate(one.items)
        )
    skus = dict.fromkeys(item.sku for one in told.collections for item in one.items)
    return Seller(partner.id, link.id, tuple(skus))


def _link(session: Session, program: Program, partner: Partner) -> ReferralLink:
    return partners.give_link(session, program, partner, code=partner.code)


def _portrait(session: Session, drawn: Face) -> str:
    return _picture(session, face(drawn))
