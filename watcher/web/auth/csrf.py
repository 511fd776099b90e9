"""Refuse requests that another site made a browser send (cross-site request forgery)."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from watcher.web.auth.authentication import CurrentUser

CROSS_SITE = "This request comes from another site, so nothing was done."
STALE_TOKEN = "This form is not from this page, or too old: open the page again and retry."  # noqa: S105  a message


def csrf_problem(headers: Headers, form_token: str, user: CurrentUser) -> str | None:
    """Why an unsafe request may be forged; None when it is not.

    It must come from a page of this server or from no page at all, and carry the token of its session. A bearer token
    needs none: no browser sends it by itself.
    """
    if not is_same_origin(headers):
        return CROSS_SITE
    sent = headers.get("x-csrf-token") or form_token
    good = bool(user.token) and hmac.compare_digest(user.token.encode(), sent.encode("utf-8", "replace"))
    return None if user.via == "token" or good else STALE_TOKEN


def is_same_origin(headers: Headers) -> bool:
    """Whether a browser says that the request comes from this server, or no browser says anything."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site in ("same-origin", "none")
    # Under our own `referrer-policy: no-referrer` a form's Origin is "null" where there is no Fetch Metadata
    # (plain http): then its token alone must speak for it.
    if origin in (None, "null"):
        return True
    try:
        return urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
    except ValueError:  # `http://[` is no address
        return False
