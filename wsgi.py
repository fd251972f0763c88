"""The web app for a WSGI server: ``granian --interface wsgi wsgi:app``."""

from __future__ import annotations

from storefront import create_app, memory
from storefront.settings import Settings
from storefront.spool import loading
from storefront.touching import spool_of

app = create_app(Settings.from_env())
memory.collect_seldom()
loading.begin(app.extensions["engine"], spool_of(app))  # each process loads its own clicks
