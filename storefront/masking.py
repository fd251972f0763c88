"""How screens show where money goes: only the end, so that nobody reads an account off a screen."""

from __future__ import annotations

_SHOWN = 4


def end_of(destination: str | None) -> str:
    """Return the last four letters or digits of an account; nothing of one as short as that."""
    signs = [sign for sign in destination or "" if sign.isalnum()]
    return "".join(signs[-_SHOWN:]) if len(signs) > _SHOWN else ""
