"""The shop and its screens: a Flask app, the only package that knows HTTP.

``create_app`` is a list of named steps; who reads it knows what the app is made of. The command
line and the jobs use the rest of the package without an app.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from storefront.settings import Settings


def create_app(settings: Settings) -> Flask:
    """Return the web app; see ``storefront.wiring`` for its steps."""
    from storefront.wiring import wire  # noqa: PLC0415  # reason: commands need no web

    return wire(settings)
