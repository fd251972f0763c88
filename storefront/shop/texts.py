"""What a product is called, in the reader's language or the nearest one that it has.

Decides the order of languages: the reader's, the shop's home language, English, any.
"""

from __future__ import annotations

from collections.abc import Mapping

from babel import Locale
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from storefront import i18n
from storefront.shop.models import Product, ProductText

_FALLBACK = ("vi", "en")
_CATEGORIES: Mapping[str, LazyString] = {
    "skin-care": _l("Skin care"),
    "hair-body": _l("Hair and body"),
    "tea": _l("Tea"),
    "home": _l("Home"),
}


def text_of(product: Product) -> ProductText:
    """Return a product's text in the reader's language or the nearest; a bare one has its code."""
    by_language = {text.language: text for text in product.texts}
    for language in (i18n.language(), *_FALLBACK, *sorted(by_language)):
        if language in by_language:
            return by_language[language]
    return ProductText(language="en", name=product.sku, short="", description="")


def sold_name(product: Product, *, name: str, language: str) -> str:
    """Return what goods are called to a reader: as they were sold, or in the reader's language.

    ``name`` and ``language`` are what the order keeps of them.
    """
    if language == i18n.language():
        return name
    return next((one.name for one in product.texts if one.language == i18n.language()), name)


def category_name(category: str) -> str:
    """Return what shoppers call a category."""
    known = _CATEGORIES.get(category)
    return str(known) if known else category.replace("-", " ").capitalize()


def language_attribute(language: str) -> str | None:
    """Return the language for a ``lang`` attribute; None where the page's own will do."""
    is_own = Locale.parse(language).language == i18n.language()
    return None if is_own else language.replace("_", "-")


def is_plain(text: str) -> bool:
    """Tell whether a word of an address can name anything: every database can look it up."""
    return 0 < len(text) <= 120 and text.isprintable()  # noqa: PLR2004  # reason: the columns' length
