"""The forms of sign-in: how often they may be tried, where they lead on to, who is remembered.

Flask-Security compares passwords; the brake counts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from flask import Response, after_this_request, current_app, request
from flask_security.forms import LoginForm, VerifyForm
from flask_wtf import FlaskForm

from storefront import access, clock, paths
from storefront.accounts.brake import Brake, address_of

_TOO_MANY = 429


class _Braked(FlaskForm):  # type: ignore[misc]  # reason: it ships no types
    """A form with a password in it, which leads on within this shop alone.

    ``pause_ends`` says when it may be tried again.
    """

    pause_ends: datetime | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # reason: the library's
        super().__init__(*args, **kwargs)
        self.next.data = paths.own_path(self.next.data or "") or ""

    def account(self) -> str:
        """Return whose password it is."""
        raise NotImplementedError

    def validate(self, **kwargs: Any) -> bool:  # noqa: ANN401  # reason: the library's
        """Compare the password, unless there were too many wrong ones."""
        if not FlaskForm.validate(self):  # a field is empty: that was no guess
            return False
        brake = cast("Brake", current_app.extensions["brake"])
        account, address, now = self.account(), address_of(request), clock.wall()
        self.pause_ends = brake.take(account, address, at=now)
        if self.pause_ends:
            after_this_request(_refuse)
            return False
        is_right = bool(super().validate(**kwargs))
        if is_right:
            brake.forgive(account, address, at=now)
        return is_right


class SignInForm(_Braked, LoginForm):
    """Mail and password; counts the mail as it is looked up, remembers nobody near the books."""

    def account(self) -> str:
        """Return the mail that was typed."""
        return str(self.email.data)

    def validate(self, **kwargs: Any) -> bool:  # noqa: ANN401  # reason: the library's
        """Tell whether mail and password go together."""
        if not super().validate(**kwargs):
            return False
        roles = {role.name for role in self.user.roles} if self.user else set()
        if roles & access.NEVER_REMEMBERED:
            self.remember.data = False
        return True


class AgainForm(_Braked, VerifyForm):
    """The password of whoever is signed in, once more."""

    def account(self) -> str:
        """Return the mail of whoever is signed in."""
        return str(self.user.email)


def _refuse(response: Response) -> Response:
    response.status_code = _TOO_MANY
    return response
