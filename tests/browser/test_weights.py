"""What a shop page weighs when it comes over the air: everything on it, pictures too."""

from __future__ import annotations

from collections import Counter

import pytest
from playwright.sync_api import Browser, Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from commissions.models import Partner
from storefront.shop.models import ShopPage
from tests.browser.conftest import Site
from tests.browser.visitor import PHONE

pytestmark = pytest.mark.slow

MOST_BYTES = 60_000
MOST_SCRIPT_BYTES = 15_000


def test_shop_pages_with_all_their_pictures_are_light(chromium: Browser, site: Site) -> None:
    with Session(site.engine) as session:
        handles = session.scalars(
            select(Partner.handle).join(ShopPage, ShopPage.partner_id == Partner.id)
        ).all()
    assert len(handles) >= 4
    for handle in handles:
        weighed = _weigh(chromium, f"{site.url}/@{handle}?lang=vi")
        assert weighed["script"] <= MOST_SCRIPT_BYTES, (handle, weighed)
        assert weighed["image"], "a page without pictures proves nothing"
        assert weighed["document"]
        assert weighed.total() <= MOST_BYTES, (handle, weighed)


def _weigh(chromium: Browser, address: str) -> Counter[str]:
    """Return the compressed bytes of a page's parts by kind, pictures below the fold included."""
    context = chromium.new_context(viewport=PHONE)
    page = context.new_page()
    finished: list[Request] = []

    def hear(request: Request) -> None:
        finished.append(request)

    page.on("requestfinished", hear)
    page.goto(address)
    page.evaluate("document.querySelectorAll('img').forEach(one => { one.loading = 'eager' })")
    page.wait_for_load_state("networkidle")
    weighed = Counter[str]()
    for request in finished:
        weighed[request.resource_type] += request.sizes()["responseBodySize"]
    context.close()
    return weighed
