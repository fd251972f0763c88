"""Reading the fields of the console's forms: ids and reasons."""

from __future__ import annotations

from flask import request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

_MOST_IDS = 500
_LONGEST_ID = 18
LONGEST_REASON = 300


def chosen_ids(name: str) -> tuple[int, ...]:
    """Return the ids that a form sends under a name, each once; what is no id is left out."""
    return ids_of(request.form, name)


def only_ids(name: str) -> tuple[int, ...]:
    """Return the ids that a form sends under a name; none when anything there is no id."""
    texts = request.form.getlist(name)
    return chosen_ids(name) if all(map(_is_id, texts)) and len(texts) <= _MOST_IDS else ()


def ids_of(form: MultiDict[str, str], name: str) -> tuple[int, ...]:
    """Return the ids that stand in a form under a name, each once; what is no id is left out."""
    texts = form.getlist(name)[:_MOST_IDS]
    return tuple(dict.fromkeys(int(text) for text in texts if _is_id(text)))


def one_id(name: str) -> int | None:
    """Return the id that an address carries under a name; None without one."""
    text = request.values.get(name, "")
    return int(text) if _is_id(text) else None


def reason() -> str:
    """Return the reason that a form gives, without blanks around it."""
    return request.form.get("reason", "").strip()


def fault_of_reason(text: str) -> str:
    """Return what is wrong with a reason, for its field; "" when nothing is."""
    if not text:
        return str(_("Write the reason in a few words: it stays in the record."))
    if len(text) > LONGEST_REASON or not text.isprintable():
        return str(_("Keep the reason to one line of %(most)d signs at most.", most=LONGEST_REASON))
    return ""


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _LONGEST_ID
