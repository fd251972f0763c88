"""Sign-in by Flask-Security: passwords by argon2id, sessions in a signed cookie."""

from __future__ import annotations

from typing import Any, cast

from flask import Flask
from flask_security import Security, SQLAlchemySessionUserDatastore

from storefront import transactions
from storefront.accounts.models import Role, User
from storefront.settings import Settings


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
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_SECURE=settings.is_secure,
    )
    accounts = Accounts(cast("Any", transactions.session), User, Role)
    security = Security(app, accounts, register_blueprint=True)
    security.want_json(lambda _request: False)  # people sign in, on pages
