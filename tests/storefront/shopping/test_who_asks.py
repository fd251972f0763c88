"""Who follows a link: people count; programs, previews and browsers that read ahead don't."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from commissions.clicks import Visit
from storefront import agents
from storefront.visits import CART, VISIT, Cookies, Memory
from tests.storefront.web import SECRET

PEOPLE = (
    "Mozilla/5.0 (Linux; Android 14; SM-A155F) AppleWebKit/537.36 Chrome/130.0 Mobile",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) [FBAN/FBIOS;FBAV/485.1;FBLC/vi_VN]",
    "Mozilla/5.0 (Linux; Android 13; wv) Chrome/129.0 Mobile Zalo android/12100741 ZaloTheme/light",
    "Mozilla/5.0 (Linux; Android 12) Chrome/128.0 Mobile trill_350302 musical_ly BytedanceWebview",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) AppleWebKit Instagram 350.0.0.29.94",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0",
    "Opera/9.80 (Android; Opera Mini/36.2) Presto/2.12.423 Version/12.16",
    "Mozilla/5.0 (Linux; Android 10; CUBOT X30) Chrome/124.0 Mobile Safari/537.36",
)
PREVIEWS = (
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "WhatsApp/2.23.20.0 A",
    "TelegramBot (like TwitterBot)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "facebookexternalhit/1.1;line-poker/1.0",
    "Mozilla/5.0 (Windows NT 6.1) SkypeUriPreview Preview/0.5",
)
BOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.1)",
    "Mozilla/5.0 (compatible; coccocbot-web/1.0; +http://help.coccoc.com/searchengine)",
    "Mozilla/5.0 (compatible; Baiduspider/2.0)",
    "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/130.0",
    "curl/8.5.0",
    "python-requests/2.32",
    "Go-http-client/2.0",
    "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
    "",
)
TOLD = [
    (agent, why)
    for why, agents_ in ((None, PEOPLE), ("preview", PREVIEWS), ("bot", BOTS))
    for agent in agents_
]
COOKIES = Cookies(SECRET, secure=False)
AT = datetime(2026, 3, 5, 12, 0, 0, 123_456, tzinfo=UTC)


@pytest.mark.parametrize(("agent", "why"), TOLD)
def test_programs_are_known_by_their_own_words(agent: str, why: str | None) -> None:
    environ = {"REQUEST_METHOD": "GET", "HTTP_USER_AGENT": agent}
    assert agents.uncounted(environ) == why


@pytest.mark.parametrize("link", [None, 3])
def test_a_cookie_remembers_the_last_touch_to_the_microsecond(link: int | None) -> None:
    memory = Memory("v", Visit(7, AT, "click", link, "v", key="k"))
    for told in (memory, Memory("v")):
        header = COOKIES.remembering(told)
        assert header.startswith("visit=")
        assert COOKIES.remembered(header.partition(";")[0].removeprefix("visit=")) == told


@pytest.mark.parametrize(
    "said", ["v:k", "v:k:7:3:click", "v:k:7:3:click:soon", "v:k:7:3:click:" + "9" * 60, ":::::"]
)
def test_a_cookie_of_another_release_counts_as_none(said: str) -> None:
    text = COOKIES.header(VISIT, said).partition(";")[0].removeprefix("visit=")
    assert COOKIES.remembered(text) is None


def test_one_cookie_can_not_be_passed_off_as_another() -> None:
    text = COOKIES.header(CART, "token").partition(";")[0].removeprefix("cart=")
    assert COOKIES.read(CART, text) == "token"
    assert COOKIES.read(VISIT, text) is None
    assert Cookies(SECRET + "!", secure=False).read(CART, text) is None
