"""Sign-in by Flask-Security: passwords by argon2id, sessions in a signed cookie."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from flask import Flask, abort, request, session
from flask_login import user_accessed
from flask_security import Security, SQLAlchemySessionUserDatastore

from storefront import transactions
from storefront.accounts.brake import Brake
from storefront.accounts.forms import AgainForm, SignInForm
from storefront.accounts.models import Role, User
from storefront.settings import Settings

_REMEMBERED_FOR = timedelta(days=30)


class Accounts(SQLAlchemySessionUserDatastore):
    """Flask-Security's view of our users; it writes in the request's transaction."""

    def commit(self) -> None:
        """Write; the request commits at its end."""
        self.db.session.flush()


def init_app(app: Flask, settings: Settings) -> None:
    """Let people sign in to an app."""
    app.config.update(
        SECURITY_LOGIN_URL="/sign-in",
        SECURITY_LOGOUT_URL="/sign-out",
        SECURITY_LOGOUT_METHODS=["POST"],
        SECURITY_VERIFY_URL="/sign-in/again",
        SECURITY_POST_LOGIN_VIEW="/me",
        SECURITY_POST_LOGOUT_VIEW="/",
        SECURITY_LOGIN_USER_TEMPLATE="accounts/sign_in.html",
        SECURITY_VERIFY_TEMPLATE="accounts/again.html",
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106  # reason: the name of a way to hash
        SECURITY_PASSWORD_SINGLE_HASH=["argon2"],
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_DEPRECATED_PASSWORD_SCHEMES=[],
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_CSRF_IGNORE_UNAUTH_ENDPOINTS=False,
        SECURITY_JOIN_USER_ROLES=False,
        SECURITY_STATIC_FOLDER=None,
        SECURITY_USE_REGISTER_V2=True,
        SECURITY_FLASH_MESSAGES=False,
        SECURITY_REDIRECT_ALLOW_SUBDOMAINS=False,
        REMEMBER_COOKIE_DURATION=_REMEMBERED_FOR,
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_SECURE=settings.is_secure,
    )
    accounts = Accounts(cast("Any", transactions.session), User, Role)
    app.extensions["brake"] = Brake()
    security = Security(
        app, accounts, register_blueprint=True, login_form=SignInForm, verify_form=AgainForm
    )
    security.want_json(lambda _request: False)  # people sign in, on pages
    app.before_request(_refuse_json)
    user_accessed.connect(_forget_forged, app)


def _refuse_json() -> None:
    """Refuse what no form of a page sends."""
    if request.blueprint == "security" and request.is_json:
        abort(400)


def _forget_forged(_app: Flask) -> None:
    """Drop a cookie of "stay signed in" that nobody here has signed: ours are ASCII."""
    if not request.cookies.get("remember_token", "").isascii():
        session["_remember"] = "clear"
