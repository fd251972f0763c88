"""The shape of documents that people write: tables and lists, and how a whole one is checked.

Decides that a document has no key that nobody knows, no list that is empty, and that all its
faults are found at once. What a single value looks like is decided in ``fields``.
"""

# ruff: noqa: ANN401 -- options are passed on to marshmallow, which types them

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError, fields

from storefront.intake.documents import Place, shown


@dataclass(frozen=True, slots=True)
class Checked:
    """A part of a document: what of it could be read, and marshmallow's messages on the rest."""

    values: Mapping[str, Any]
    messages: Mapping[Any, Any]

    def within(self, key: str) -> Checked:
        """Return a table in it; one without values where there is none."""
        values, messages = self.values.get(key), self.messages.get(key)
        return Checked(
            values if isinstance(values, dict) else {},
            messages if isinstance(messages, dict) else {},
        )


class Section(Schema):
    """A table of a document: refuses what isn't one, and keys that it doesn't know."""

    error_messages = {"type": "it is no table: write it as one"}  # noqa: RUF012  # reason: marshmallow reads it from the class

    def __init__(self, **options: Any) -> None:
        """Know the keys."""
        super().__init__(**options)
        keys = (field.data_key or name for name, field in self.load_fields.items())
        self.error_messages["unknown"] = f"nobody knows this key: choose from {', '.join(keys)}"


class Said(fields.Field[Any]):
    """A field that says in our words when it is missing."""

    default_error_messages = {  # noqa: RUF012  # reason: marshmallow reads them from the class
        "required": "it is missing: add it",
        "null": "it is empty: fill it in",
    }


class Table(Said, fields.Nested):
    """A table inside another."""


class Array(Said, fields.List[Any]):
    """A list that isn't empty and names nothing twice; ``hint`` tells how to write one."""

    def __init__(self, inner: fields.Field[Any], *, hint: str, **options: Any) -> None:
        """Know how one is written."""
        super().__init__(inner, **options)
        self._hint = hint

    def _deserialize(self, value: object, *args: Any, **options: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValidationError(f"it is no list: write {self._hint}")
        if not value:
            raise ValidationError("it is empty: fill it in or leave it out")
        texts = Counter(one for one in value if isinstance(one, str))
        for text, times in texts.items():
            if times > 1:
                raise ValidationError(f"it names {shown(text)} twice: keep one")
        return super()._deserialize(value, *args, **options)


def check(section: Section, data: object, place: Place) -> tuple[Checked, list[str]]:
    """Return what of some data could be read, and its faults with their places."""
    try:
        return Checked(section.load(data), {}), []  # type: ignore[arg-type]
    except ValidationError as invalid:
        values = invalid.valid_data if isinstance(invalid.valid_data, dict) else {}
        messages = invalid.messages_dict
        return Checked(values, messages), [*place.faults(messages, data)]
