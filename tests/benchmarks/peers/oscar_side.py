"""django-oscar's product list under a plain ORM view; runs in the peers' environment.

As a program, ``python -m tests.benchmarks.peers.oscar_side PRODUCTS``, it fills its database. As a
module it is the app for the server, and Django's table of addresses.
"""

from __future__ import annotations

import os
import sys
from types import SimpleNamespace

from django.apps import apps
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.peers.oscar_settings"
if not apps.ready:
    application = get_wsgi_application()

# Models can be imported once Django is set up, not before.
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path
from oscar.apps.catalogue.models import Category, Product, ProductCategory, ProductClass
from oscar.apps.partner.models import Partner, StockRecord

ON_PAGE = 20
CATEGORIES = 12


def products(request: HttpRequest) -> HttpResponse:
    """Show the first page of the products by Oscar's own template."""
    every = Product.objects.browsable().base_queryset()
    paginator = Paginator(every, ON_PAGE)
    page = paginator.get_page(request.GET.get("page"))
    context = {
        # As results of a search, which the template expects.
        "products": [SimpleNamespace(object=one) for one in page.object_list],
        "page_obj": page,
        "paginator": paginator,
        "is_paginated": True,
        "summary": "All products",
    }
    return render(request, "oscar/catalogue/browse.html", context)


def _addresses() -> list[object]:
    return [
        path("catalogue/", products),
        path("", include(apps.get_app_config("oscar").urls[0])),
    ]


urlpatterns = _addresses()


def fill(count: int) -> None:
    """Make the tables, the categories and the products with their prices."""
    call_command("migrate", verbosity=0)
    with transaction.atomic():
        kind = ProductClass.objects.create(name="Skin care")
        partner = Partner.objects.create(name="Roses")
        categories = [Category.add_root(name=f"Category {number}") for number in range(CATEGORIES)]
        made = [_product(number, kind) for number in range(count)]
        Product.objects.bulk_create(made)
        ProductCategory.objects.bulk_create(
            ProductCategory(product=one, category=categories[number % CATEGORIES])
            for number, one in enumerate(made)
        )
        StockRecord.objects.bulk_create(
            StockRecord(
                product=one, partner=partner, partner_sku=one.slug, price=20, num_in_stock=20
            )
            for one in made
        )


def _product(number: int, kind: ProductClass) -> Product:
    return Product(
        title=f"Rose water {number}",
        slug=f"rose-{number}",
        upc=f"R-{number:05}",
        product_class=kind,
        description="Pressed by hand from petals that were picked before noon.",
    )


if __name__ == "__main__":
    fill(int(sys.argv[1]))
