"""What the program is told by its environment, and what it refuses to start with."""

from __future__ import annotations

import pytest

from storefront.settings import Environment, SettingMissing, Settings
from tests.storefront.web import SECRET

ENOUGH = {"HOAHONG_DATABASE_URL": "sqlite:///x.sqlite3", "HOAHONG_SECRET_KEY": SECRET}


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"HOAHONG_DATABASE_URL": ""}, "HOAHONG_DATABASE_URL"),
        ({"HOAHONG_SECRET_KEY": ""}, "HOAHONG_SECRET_KEY"),
        ({"HOAHONG_SECRET_KEY": "short"}, "HOAHONG_SECRET_KEY"),
        ({"HOAHONG_ENV": "prod"}, "HOAHONG_ENV"),
        ({"HOAHONG_ENV": "production"}, "HOAHONG_PAYMENTS"),
        ({"HOAHONG_BASE_URL": "shop.example"}, "HOAHONG_BASE_URL"),
        ({"HOAHONG_PAYMENTS": "gold"}, "HOAHONG_PAYMENTS"),
    ],
)
def test_the_app_refuses_to_start_and_names_the_setting(
    changed: dict[str, str], named: str
) -> None:
    with pytest.raises(SettingMissing, match=named):
        Settings.from_env({**ENOUGH, **changed})


def test_production_starts_where_nothing_can_be_bought() -> None:
    told = {"HOAHONG_ENV": "production", "HOAHONG_PAYMENTS": "none"}
    assert Settings.from_env({**ENOUGH, **told}).payments == "none"


def test_settings_show_no_secret() -> None:
    settings = Settings.from_env({**ENOUGH, "HOAHONG_ENV": "demo"})
    assert settings.environment is Environment.DEMO
    assert SECRET not in repr(settings)
