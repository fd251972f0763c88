"""Who asks: somebody who looks, a browser reading ahead, the preview of a message, or a program.

Decides from the request's own words, so it counts out the honest ones alone; nobody is turned
away. Whoever says they are a browser is one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from commissions.clicks import BOT, PREVIEW

# What messengers and networks send to draw the card of a link that somebody shares.
_PREVIEWS = re.compile(
    "facebookexternalhit|facebot|facebookcatalog|meta-externalfetcher|^whatsapp/|telegrambot"
    "|twitterbot|slackbot|slack-imgproxy|discordbot|linkedinbot|pinterestbot|redditbot"
    "|skypeuripreview|^viber/|line-poker|embedly|iframely|cardyb|mastodon|bitlybot|preview",
    re.IGNORECASE,
)
# Search engines, monitors, libraries: most say bot or crawler themselves. Cubot makes phones.
_BOTS = re.compile(
    r"(?<!cu)bot\b|crawl|spider|slurp|mediapartners|archiver|lighthouse|headless|phantomjs|pingdom|uptime"
    r"|monitor|scrapy|curl/|wget/|python|aiohttp|httpx|go-http-client|okhttp|java/|libwww|axios"
    r"|node-fetch|undici|http_request|facebookplatform|meta-externalagent|google-read-aloud",
    re.IGNORECASE,
)
_AHEAD = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_MOZ")
_LONGEST = 400


def uncounted(environ: Mapping[str, Any]) -> str | None:
    """Return why a request counts for nothing, None for somebody who looks; takes WSGI's words."""
    if environ["REQUEST_METHOD"] == "HEAD":
        return PREVIEW
    for name in _AHEAD:
        if name in environ and "prefetch" in environ[name].lower():
            return PREVIEW
    return _kind(environ.get("HTTP_USER_AGENT", "")[:_LONGEST])


@lru_cache(maxsize=1024)
def _kind(agent: str) -> str | None:
    if _PREVIEWS.search(agent):
        return PREVIEW
    return BOT if not agent or _BOTS.search(agent) else None
