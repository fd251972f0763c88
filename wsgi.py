"""The web app for a WSGI server: ``granian --interface wsgi wsgi:app``."""

from __future__ import annotations

from storefront import create_app
from storefront.settings import Settings

app = create_app(Settings.from_env())
