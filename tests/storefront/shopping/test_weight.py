"""A shop page is light: it opens on a slow phone while somebody stands in a market."""

from __future__ import annotations

import gzip
import re

import pytest
from flask import Flask

MOST_BYTES = 60_000
MOST_SCRIPT_BYTES = 15_000


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("path", ["/", "/@linhdan", "/p/rose-toner"])
def test_a_page_for_shoppers_is_light(app: Flask, path: str) -> None:
    client = app.test_client()
    page = client.get(path).data
    styles = re.findall(rb'<link rel="stylesheet" href="([^"]+)"', page)
    scripts = re.findall(rb'<script src="([^"]+)"', page)
    assert styles
    script = sum(_weight(client.get(one.decode(), buffered=True).data) for one in scripts)
    style = sum(_weight(client.get(one.decode(), buffered=True).data) for one in styles)
    assert script <= MOST_SCRIPT_BYTES
    assert _weight(page) + style + script <= MOST_BYTES


def _weight(content: bytes) -> int:
    return len(gzip.compress(content))
