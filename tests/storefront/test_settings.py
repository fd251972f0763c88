"""What the program is told by its environment, and what it refuses to start with."""

from __future__ import annotations

from pathlib import Path

import pytest

from storefront.settings import Environment, SettingMissing, Settings, spool_folder
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
        ({"HOAHONG_SPOOL_MB": "1"}, "HOAHONG_SPOOL_MB"),
        ({"HOAHONG_SPOOL_MB": "9" * 30}, "HOAHONG_SPOOL_MB"),
        ({"HOAHONG_SPOOL_MB": "lots"}, "HOAHONG_SPOOL_MB"),
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


POSTGRES = "postgresql+psycopg://an:secret@db:5432/shop"


def spool(**environ: str) -> str:
    """Return where the clicks of a database on PostgreSQL wait."""
    return str(spool_folder({"HOAHONG_DATABASE_URL": POSTGRES, **environ}))


def test_clicks_wait_beside_an_sqlite_file() -> None:
    settings = Settings.from_env(ENOUGH)
    assert settings.spool_folder == Path("x.sqlite3.spool")
    assert Settings("sqlite:////srv/y.sqlite3", SECRET).spool_folder == Path("/srv/y.sqlite3.spool")
    assert settings.spool_bytes == 64 * 1024 * 1024


def test_clicks_wait_in_the_state_folder_otherwise() -> None:
    assert spool(XDG_STATE_HOME="/home/an/state").startswith("/home/an/state/hoahong/clicks-")
    assert spool(STATE_DIRECTORY="/var/lib/hoahong:/x").startswith("/var/lib/hoahong/clicks-")
    assert spool(HOAHONG_SPOOL="/srv/s", STATE_DIRECTORY="/x").startswith("/srv/s/clicks-")


def test_clicks_of_two_databases_never_meet() -> None:
    folder = {"HOAHONG_SPOOL": "/srv/s"}
    same = (POSTGRES, POSTGRES.replace("an:secret", "binh:other"))
    others = (
        POSTGRES.replace("/shop", "/tests"),
        POSTGRES.replace("@db", "@other"),
        POSTGRES.replace("5432", "5433"),
        "sqlite:///x.sqlite3",
    )
    found = [spool_folder({"HOAHONG_DATABASE_URL": url, **folder}) for url in (*same, *others)]
    assert found[0] == found[1]
    assert len({*found}) == 1 + len(others)


def test_whoever_has_no_home_names_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(SettingMissing, match="HOAHONG_SPOOL"):
        spool()
