"""Every text is there in every language, and says the same names in the same places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from storefront.i18n import LANGUAGES

STOREFRONT = Path(__file__).resolve().parents[2] / "storefront"
TRANSLATED = sorted(LANGUAGES.keys() - {"en"})  # English is the language of the ids
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")


@cache
def said() -> frozenset[str]:
    """Return the texts that code and templates say."""
    found = extract_from_dir(
        STOREFRONT,
        method_map=METHODS,
        options_map={"templates/**.html": {"trimmed": "true"}},
        keywords=KEYWORDS,
    )
    return frozenset(
        text if isinstance(text, str) else text[0] for _, _, text, _, _ in found if text
    )


@cache
def catalogue(language: str) -> Catalog:
    """Return the catalogue of a language as it is written."""
    path = STOREFRONT / "translations" / language / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as text:
        return read_po(text, locale=language)


def messages(language: str) -> Iterator[Message]:
    """Give every message of a catalogue but its header."""
    return (message for message in catalogue(language) if message.id)


def forms(of: str | tuple[str, ...] | list[str] | None) -> list[str]:
    """Return a text, or its plural forms."""
    return [of] if isinstance(of, str) else [*(of or ("",))]


def first(of: str | tuple[str, ...] | list[str] | None) -> str:
    """Return a text, or the first of its plural forms."""
    return forms(of)[0]


def test_there_are_texts_to_translate() -> None:
    assert len(said()) > 100


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_text_is_missing(language: str) -> None:
    known = {first(message.id) for message in messages(language)}
    assert sorted(said() - known) == [], "run `make catalogues` and translate what it adds"


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_text_is_left_over(language: str) -> None:
    known = {first(message.id) for message in messages(language)}
    assert sorted(known - said()) == [], "run `make catalogues`: these are said no more"


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_and_none_is_a_guess(language: str) -> None:
    faults = [
        first(message.id)
        for message in messages(language)
        if message.fuzzy or not all(forms(message.string))
    ]
    assert faults == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_fills_in_the_same_names(language: str) -> None:
    faults = [
        first(message.id)
        for message in messages(language)
        if set(PLACEHOLDER.findall(first(message.string)))
        != set(PLACEHOLDER.findall(forms(message.id)[-1]))
    ]
    assert faults == []
