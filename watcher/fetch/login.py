"""Sign in to a wiki that asks who you are, and stay signed in.

Bot passwords: https://www.mediawiki.org/wiki/API:Login. Owner-only consumers of OAuth 2 send their token with each
request: https://www.mediawiki.org/wiki/OAuth/Owner-only_consumers.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.cookiejar import CookieJar
from typing import Any, Final

from watcher.errors import Corrupt, Refused
from watcher.fetch.decode import SessionEnded, query_part
from watcher.fetch.wire import FewCookies
from watcher.text import error_line

# Values in one request: https://www.mediawiki.org/wiki/API:Etiquette; those with this right may send more.
_HIGH_LIMITS: Final = "apihighlimits"
VALUES, MORE_VALUES = 50, 500
# A wrong password is not sent again and again: wikis then lock the account or the address.
_REFUSED_FOR: Final = timedelta(minutes=15)
_MOST_COOKIES: Final = 30  # of a session

Send = Callable[[Mapping[str, str]], dict[str, Any]]
"""Send parameters and decode the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How a wiki is told who asks: a bot password or an OAuth 2 token, and a password for the server in front of it."""

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    oauth_token: str | None = field(default=None, repr=False)
    basic_auth: str | None = field(default=None, repr=False)

    @property
    def names_user(self) -> bool:
        """Whether the wiki itself gets to know who asks."""
        return self.username is not None or self.oauth_token is not None

    def headers(self) -> dict[str, str]:
        """Return the header that goes with each request."""
        if self.oauth_token is not None:
            return {"Authorization": f"Bearer {self.oauth_token}"}
        if self.basic_auth is not None:
            return {"Authorization": f"Basic {b64encode(self.basic_auth.encode()).decode()}"}
        return {}

    def cookies(self) -> CookieJar | None:
        """Return a jar for the cookies of a session, None where there is none."""
        return FewCookies(_MOST_COOKIES) if self.username is not None else None


class WikiSession:
    """The account that one client asks as: signs in before the first request and after its session has ended.

    Every request asserts that it is signed in, for a wiki that lost the session would show what it shows to strangers:
    on a private wiki, pages that seem to be missing.
    """

    def __init__(self, login: Login, wiki: str, now: Callable[[], datetime]) -> None:
        self._login, self._wiki, self._now = login, wiki, now
        self.signed_in = not login.names_user
        self._refused: tuple[datetime, Refused] | None = None
        self.values = VALUES
        self.parameters = {"assert": "user"} if login.names_user else {}

    def sign_in(self, send: Send) -> None:
        """Sign in unless that is done; Refused, for a while without asking the wiki, where it says no."""
        if self.signed_in:
            return
        if self._refused and timedelta() <= self._now() - self._refused[0] < _REFUSED_FOR:
            raise self._refused[1]
        try:
            if self._login.username is not None:
                self._send_password(send)
            self._read_rights(send)
        except Refused as error:
            self._refused = self._now(), Refused(str(error))
            raise self._refused[1] from None
        self.signed_in, self._refused = True, None

    def sign_out(self) -> None:
        """Note that the session has ended."""
        self.signed_in = False

    def _send_password(self, send: Send) -> None:
        where = f"the sign-in of {self._login.username!r} on {self._wiki}"
        tokens = query_part(where, send({"action": "query", "meta": "tokens", "type": "login"})).get("tokens")
        token = tokens.get("logintoken") if isinstance(tokens, dict) else None
        if not isinstance(token, str):
            raise Corrupt(f"{where}: the wiki gives no token for it; check the API URL of the wiki")
        name, password = str(self._login.username), str(self._login.password)
        answer = send({"action": "login", "lgname": name, "lgpassword": password, "lgtoken": token}).get("login")
        if not isinstance(answer, dict) or answer.get("result") != "Success":
            stated = answer.get("reason") or answer.get("result") if isinstance(answer, dict) else None
            reason = error_line(str(stated or "no reason given")).replace(password, "***").rstrip(".")
            raise Refused(f"{where}: the wiki refuses it ({reason}); check username and password of its [[wiki]]")

    def _read_rights(self, send: Send) -> None:
        where = f"the sign-in on {self._wiki}"
        try:
            question = {"action": "query", "meta": "userinfo", "uiprop": "rights", **self.parameters}
            user = query_part(where, send(question)).get("userinfo")
        except SessionEnded:
            key = "oauth_token" if self._login.oauth_token else "username and password"
            raise Refused(f"{where}: the wiki does not accept it; check {key} of its [[wiki]]") from None
        rights = user.get("rights") if isinstance(user, dict) else None
        self.values = MORE_VALUES if isinstance(rights, list) and _HIGH_LIMITS in rights else VALUES
