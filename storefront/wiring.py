"""The steps that make the web app, in their order."""

from __future__ import annotations

from flask import Flask
from flask_compress import Compress

from storefront import (
    access,
    assets,
    clock,
    database,
    errors,
    i18n,
    logs,
    paths,
    quick_links,
    security,
    starting,
    touching,
    transactions,
    visits,
)
from storefront.accounts import sign_in
from storefront.accounts.views import accounts
from storefront.demo_clock import demo
from storefront.finance.views import finance
from storefront.health import health
from storefront.hub.views import hub
from storefront.links import links
from storefront.merchant.views import merchant
from storefront.orders.views import orders
from storefront.payments import choosing
from storefront.payments.views import payments
from storefront.settings import Settings
from storefront.shop import current
from storefront.shop.views import shop as shop_pages
from storefront.spool.segments import Spool

_MOST_SENT = 256 * 1024
BLUEPRINTS = (
    health, assets.assets, accounts, shop_pages, links, orders, payments, hub, merchant, finance,
    demo,
)  # fmt: skip


def wire(settings: Settings) -> Flask:
    """Make the app; each step is one concern."""
    app = Flask("storefront")
    _configure(app, settings)
    # Guessing at a page's secrets by its compressed size takes thousands of tries with the reader's
    # cookies; SameSite leaves only those that the reader sees, as pages that open.
    # Of the shop page, brotli leaves 54.9 kB, gzip 59.5 and zstd 60.6.
    app.config.update(COMPRESS_ALGORITHM=["br", "gzip"], COMPRESS_BR_LEVEL=6, COMPRESS_LEVEL=9)
    Compress(app)
    logs.init_app(app, settings)
    # Answers pass through the steps below in reverse: the transaction ends before cookies are set.
    i18n.init_app(app)
    visits.init_app(app)
    assets.init_app(app)
    access.init_app(app)  # before the forms' tokens are compared: they end with the sign-in
    security.init_app(app, settings)
    transactions.init_app(app, database.make_engine(settings.database_url))
    sign_in.init_app(app, settings)
    starting.init_app(app)  # after who may open what
    errors.init_app(app)
    _add_pages(app)
    touching.init_app(app, Spool(settings.spool_folder, most_bytes=settings.spool_bytes))
    app.wsgi_app = quick_links.QuickLinks(app, settings)  # type: ignore[method-assign]  # reason: how Flask is wrapped
    return app


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_SECURE=settings.is_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session lasts
        TRUSTED_HOSTS=paths.hosts(settings),
        MAX_CONTENT_LENGTH=_MOST_SENT,
        MAX_FORM_MEMORY_SIZE=_MOST_SENT,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        may=access.may,
        writer=access.writer,
        address=paths.address,
        page_before=paths.page_before,
        shop=current.shop,
        shop_here=current.shop_here,
        brand=current.brand,
        clock_time_here=current.clock_time,
        sells=choosing.sells,
        test_mode=_is_test_mode,
        is_demo=lambda: clock.is_demo(transactions.session),
    )


def _is_test_mode() -> bool:
    """Tell whether a page says that no money moves: where a shop takes test payments, in demos.

    Finance of an installation without a shop moves real money.
    """
    if transactions.is_given_up():
        return choosing.takes_tests()
    is_tested = choosing.takes_tests() and current.shop_here() is not None
    return is_tested or clock.is_demo(transactions.session)


def _add_pages(app: Flask) -> None:
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
