"""A shop for the web rows: 5,000 products, one KOC with a link and a page of twenty of them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from commissions import partners
from commissions.models import Program
from storefront import database
from storefront.shop.models import (
    Collection,
    CollectionItem,
    Picture,
    Product,
    ProductText,
    Shop,
    ShopPage,
)
from tests.benchmarks import books
from tests.factories import make_partner, make_program

CODE = HANDLE = "mai"
ON_PAGE = 20
_PLATE = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 5"><path d="M0 0h4v5H0z"/></svg>'
_PICTURE = "plate.svg"


def open_shop(url: str, products: int) -> None:
    """Fill a database with the shop."""
    with books.opened(url) as engine, database.transaction(engine) as session:
        program = make_program(session, currency="VND")
        partner = make_partner(session, program, HANDLE)
        partners.give_link(session, program, partner, code=CODE)
        session.add_all(
            [_shop(program), Picture(name=_PICTURE, content_type="image/svg+xml", content=_PLATE)]
        )
        session.flush()
        made = [_product(number) for number in range(products)]
        session.add_all(made)
        session.flush()
        _page(session, partner.id, made[:: max(1, products // ON_PAGE)][:ON_PAGE])


def _shop(program: Program) -> Shop:
    return Shop(
        program_id=program.id,
        name="Roses",
        tagline="Skin care and tea",
        phone="+84 235 386 1234",
        language="en",
        order_prefix="RS",
        shipping_minor=22_000,
        free_shipping_from_minor=400_000,
        delivery_days_from=3,
        delivery_days_to=5,
        return_days=15,
    )


def _product(number: int) -> Product:
    made = Product(
        sku=f"R-{number:05}",
        slug=f"rose-{number}",
        category=f"category-{number % 12}",
        price_minor=100_000 + 1_000 * (number % 300),
        stock=20,
        picture=_PICTURE,
        position=number,
    )
    made.texts = [
        ProductText(
            language=language,
            name=f"{word} {number}",
            short="For dry skin, in the morning and the evening",
            description="Pressed by hand from petals that were picked before noon.",
        )
        for language, word in (("en", "Rose water"), ("vi", "Nước hoa hồng"))
    ]
    return made


def _page(session: Session, partner_id: int, shown: list[Product]) -> None:
    session.add(
        ShopPage(
            partner_id=partner_id, language="en", place="Huế", line="Dry skin.", picture=_PICTURE
        )
    )
    session.flush()
    collection = Collection(
        partner_id=partner_id, slug="dry", title="The dry season", intro="What I use", position=1
    )
    session.add(collection)
    session.flush()
    session.add_all(
        CollectionItem(
            collection_id=collection.id, product_id=one.id, note="Two layers.", position=position
        )
        for position, one in enumerate(shown)
    )
