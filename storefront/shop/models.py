"""The tables of the shop: itself, products with texts and pictures, and the KOCs' shop pages."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from commissions.models import Base, Partner, Program
from commissions.models.base import ID, Code, Id, Minor, RecordedAt, Ref, Text, Word

MOST_TEXT = 4_000


class Shop(Base):
    """The brand's own shop: which program its sales belong to, and its terms for shoppers.

    Amounts are minor units of the program's currency; there is one shop in a database.
    """

    __tablename__ = "shops"
    __table_args__ = (
        CheckConstraint("shipping_minor >= 0 and free_shipping_from_minor >= 0", name="shipping"),
        CheckConstraint("return_days >= 0", name="returns"),
    )

    id: Mapped[Id]
    program_id: Mapped[Ref] = mapped_column(ForeignKey("programs.id"), unique=True)
    name: Mapped[Text]
    tagline: Mapped[Text]
    phone: Mapped[Code]
    language: Mapped[Word]
    order_prefix: Mapped[Word]
    shipping_minor: Mapped[Minor]
    free_shipping_from_minor: Mapped[Minor | None]
    delivery_days_from: Mapped[int] = mapped_column(Integer)
    delivery_days_to: Mapped[int] = mapped_column(Integer)
    return_days: Mapped[int] = mapped_column(Integer)

    program: Mapped[Program] = relationship(Program)


class Picture(Base):
    """A picture as it is served, named by the digest of its bytes, so that it never changes."""

    __tablename__ = "pictures"

    name: Mapped[Code] = mapped_column(primary_key=True)
    content_type: Mapped[Word]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Product(Base):
    """Something to buy: price with tax, pieces in stock, and the category that rules go by."""

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("price_minor > 0", name="price"),
        CheckConstraint("stock >= 0", name="stock"),
        Index(None, "category"),
    )

    id: Mapped[Id]
    sku: Mapped[Code] = mapped_column(unique=True)
    slug: Mapped[Code] = mapped_column(unique=True)
    category: Mapped[Code]
    price_minor: Mapped[Minor]
    stock: Mapped[int] = mapped_column(Integer)
    on_sale: Mapped[bool] = mapped_column(Boolean, server_default=true())
    picture: Mapped[str] = mapped_column(String(120), ForeignKey("pictures.name"))
    position: Mapped[int] = mapped_column(Integer, server_default="0")
    recorded_at: Mapped[RecordedAt]

    texts: Mapped[list[ProductText]] = relationship("ProductText", lazy="selectin")


class ProductText(Base):
    """What a product is called and said to be, in one language."""

    __tablename__ = "product_texts"

    product_id: Mapped[int] = mapped_column(ID, ForeignKey("products.id"), primary_key=True)
    language: Mapped[Word] = mapped_column(primary_key=True)
    name: Mapped[Text]
    short: Mapped[Text]
    description: Mapped[str] = mapped_column(String(MOST_TEXT))


class ShopPage(Base):
    """A KOC's page: face, place and one line in their own voice and language."""

    __tablename__ = "shop_pages"

    partner_id: Mapped[int] = mapped_column(ID, ForeignKey("partners.id"), primary_key=True)
    language: Mapped[Word]
    place: Mapped[Text]
    line: Mapped[Text]
    picture: Mapped[str] = mapped_column(String(120), ForeignKey("pictures.name"))

    partner: Mapped[Partner] = relationship(Partner, lazy="joined")
    collections: Mapped[list[Collection]] = relationship(
        "Collection", lazy="selectin", order_by="Collection.position"
    )


class Collection(Base):
    """Some products that a KOC has put together, under a title."""

    __tablename__ = "collections"
    __table_args__ = (UniqueConstraint("partner_id", "slug"),)

    id: Mapped[Id]
    partner_id: Mapped[Ref] = mapped_column(ForeignKey("shop_pages.partner_id"))
    slug: Mapped[Code]
    title: Mapped[Text]
    intro: Mapped[Text]
    position: Mapped[int] = mapped_column(Integer)

    items: Mapped[list[CollectionItem]] = relationship(
        "CollectionItem", lazy="selectin", order_by="CollectionItem.position"
    )


class CollectionItem(Base):
    """One product in a collection, with the KOC's own note on it."""

    __tablename__ = "collection_items"

    collection_id: Mapped[int] = mapped_column(ID, ForeignKey("collections.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ID, ForeignKey("products.id"), primary_key=True)
    note: Mapped[Text]
    position: Mapped[int] = mapped_column(Integer)

    product: Mapped[Product] = relationship(Product, lazy="joined")
