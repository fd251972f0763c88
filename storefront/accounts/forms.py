"""The forms of sign-in: where they lead on to, and whom a browser may remember."""

from __future__ import annotations

from typing import Any

from flask_security.forms import LoginForm, VerifyForm

from storefront import access, paths


class SignInForm(LoginForm):
    """Mail and password; leads on within this shop alone, and remembers nobody near the books."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # reason: the library's
        super().__init__(*args, **kwargs)
        self.next.data = _own(self.next.data)

    def validate(self, **kwargs: Any) -> bool:  # noqa: ANN401  # reason: the library's
        """Tell whether mail and password go together."""
        if not super().validate(**kwargs):
            return False
        roles = {role.name for role in self.user.roles} if self.user else set()
        if roles & access.NEVER_REMEMBERED:
            self.remember.data = False
        return True


class AgainForm(VerifyForm):
    """The password once more; leads on within this shop alone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # reason: the library's
        super().__init__(*args, **kwargs)
        self.next.data = _own(self.next.data)


def _own(address: str | None) -> str:
    """Return an address to lead on to, if it is surely one of this shop; else none."""
    return paths.own_path(address or "") or ""
