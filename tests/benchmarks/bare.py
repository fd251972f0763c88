"""The bare apps beside which ours is measured: a Flask redirect, and a Flask page of 20 products.

The page reads the same rows as ours, by SQLAlchemy's ORM in one query, and shows them by Jinja.
"""

from __future__ import annotations

import os

from flask import Flask, redirect, render_template
from jinja2 import DictLoader
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session
from werkzeug import Response

from storefront.shop.models import CollectionItem, Product, ProductText

_PAGE = """<!doctype html>
<html lang="en"><head><title>{{ title }}</title></head><body><h1>{{ title }}</h1>
{% for product, text in products %}
<a href="/p/{{ product.slug }}">
  <img src="/media/{{ product.picture }}" alt="" width="400" height="500">
  <h3>{{ text.name }}</h3><p>{{ text.short }}</p>
  <p>{{ "{:,}".format(product.price_minor) }} {{ currency }}</p>
</a>
{% endfor %}
</body></html>
"""

app = Flask(__name__)
app.jinja_loader = DictLoader({"page.html": _PAGE})
engine = create_engine(os.environ.get("HOAHONG_DATABASE_URL", "sqlite://"))


@app.get("/k/<code>")
def follow(code: str) -> Response:
    """Redirect, and store nothing."""
    return redirect(f"/@{code}")


@app.get("/page")
def page() -> str:
    """Show the twenty products of the collection."""
    wanted = (
        select(Product, ProductText)
        .join(ProductText, ProductText.product_id == Product.id)
        .join(CollectionItem, CollectionItem.product_id == Product.id)
        .where(ProductText.language == "en")
        .order_by(CollectionItem.position)
    )
    with Session(engine) as session:
        products = session.execute(wanted).all()
        return render_template("page.html", title="Roses", products=products, currency="VND")
