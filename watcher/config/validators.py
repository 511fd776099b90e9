"""Validate single settings: durations, titles, addresses, severities, secrets.

Each function takes a value of the file and raises ValueError with what is wrong and what to write instead; the message
never repeats a value that may be a secret. Addresses are validated strictly: an address is refused if two programs may
read different hosts in it. The host decides what may be sent and whether it must be encrypted, so the allow-list, the
HTTP library and the person who reads the file must see the same one. RFC 3986 is laxer than that, and browsers differ
from it (https://url.spec.whatwg.org/#concept-host-parser).
"""

import base64
import difflib
import fnmatch
import ipaddress
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from watcher.model import Kind, Severity
from watcher.model.revisions import ACCOUNT_KINDS

_PART = r"([0-9]{1,9}) ?(s|m|h|d|w)(?:(?<=s)ec(?:ond)?s?|(?<=m)in(?:ute)?s?|(?<=h)(?:ou)?rs?|(?<=d)ays?|(?<=w)eeks?)?"
_DURATION = re.compile(rf"{_PART}(?: ?{_PART})*")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_MAX_DURATION = timedelta(days=366)
_SCALES = {"%": 1, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_NUMBER = re.compile(
    rf"(?P<digits>[+−-]?(?:[0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]{{1,18}})(?:\.[0-9]{{1,9}})?)\s?(?P<scale>{'|'.join(_SCALES)})?"
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_SHORTEST_SECRET = 16
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# In RFC 3986 a scheme begins with a letter and something follows it, but Apprise also has 46elks://… and syslog://.
_SCHEME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+.-]*://\S*")
# https://www.mediawiki.org/wiki/Manual:Page_title and $wgLegalTitleChars
_TITLE_FORBIDDEN = re.compile(r"[#<>\[\]{}|\x00-\x1f\x7f\ufffd]|~{3}|%[0-9A-Fa-f]{2}|&[A-Za-z0-9#]+;")
_TITLE_BLANKS = re.compile(r"[ _\u00a0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_TITLE_UNSEEN = re.compile(r"[\u200e\u200f\u202a-\u202e]")
_TITLE_BYTES = 255
GROUP_WORDS: Final = ("article", "editor_and_summary", "source", "template")
"""What alerts may have in common to be grouped into one message."""


class Secret(SecretStr):
    """A text that is shown as asterisks and cannot be pickled, so that it does not get into another process."""

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a Secret is not written anywhere; reveal it where it is used")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean "x"?`, or the choices if none is similar."""
    choices = sorted(set(known))
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    if near:
        return f'; did you mean "{near[0]}"?'
    return f"; known: {', '.join(choices[:20])}" if choices else ""


def duration(value: Any) -> timedelta:
    """Parse a duration of up to a year: `"90s"`, `"10 min"`, `"1h30m"`, `"2 days"`, `"1w"`, `"0"` or whole seconds."""
    text = str(value).strip().lower() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if text.isascii() and text.isdigit() and len(text) <= 9:  # noqa: PLR2004  nine digits are thirty years
        length = timedelta(seconds=int(text))
    elif _DURATION.fullmatch(text):
        # Capped, because nine digits of weeks are more than a timedelta can hold.
        seconds = sum(int(n) * _SECONDS[unit] for n, unit in re.findall(_PART, text))
        length = timedelta(seconds=min(seconds, 2 * int(_MAX_DURATION.total_seconds())))
    else:
        raise ValueError('is not a duration; write for example "10m", "2h", "90s" or whole seconds')
    if length > _MAX_DURATION:
        raise ValueError("is longer than a year; write a shorter time")
    return length


def age(value: Any) -> timedelta:
    """Parse a retention period of a day to 99 years: `"90d"`, `"52w"`, `"3y"` (a year has 365 days)."""
    years = re.fullmatch(r"([0-9]{1,2}) ?y(?:ears?)?", value.strip().lower()) if isinstance(value, str) else None
    length = timedelta(days=365 * int(years[1])) if years else duration(value)
    if length < timedelta(days=1):
        raise ValueError('is shorter than a day; write for example "90d", or remove it to keep everything')
    return length


def last_day(text: str) -> date:
    """Parse a date, or a week of ISO 8601 (`2027-W05`), which ends with its Sunday. Raises ValueError, OverflowError.

    >>> last_day("2027-01-31") == last_day("2027-W04")
    True
    """
    return date.fromisoformat(text) + timedelta(days=6 if text[-3:-2] == "W" else 0)


def day(value: Any) -> date | None:
    """Parse a last day: `2027-01-31`, with or without quotes; None stays None."""
    if isinstance(value, str):
        with suppress(ValueError, OverflowError):
            return last_day(value.strip())
    elif value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    raise ValueError('is not a date; write for example "2027-01-31"')


def network(value: str) -> str:
    """Validate an IP address or a network such as `10.0.0.0/24`, but not one of all addresses."""
    try:
        known = ipaddress.ip_network(value)
    except ValueError:
        raise ValueError('is not an IP address or network; write for example "127.0.0.1" or "10.0.0.0/24"') from None
    if known.prefixlen == 0:
        raise ValueError("covers every address, so anybody could forge theirs; name your proxies")
    return str(known) if "/" in value else str(known.network_address)


def interval(value: Any) -> timedelta:
    """Parse a duration between two checks: at least ten seconds, to limit the load on the wiki."""
    length = duration(value)
    if length < timedelta(seconds=10):
        raise ValueError('is shorter than 10 seconds; write for example "15m"')
    return length


def number(value: Any) -> Decimal:
    """Parse a number: `1500`, `0.5`, `"20 million"`, `"1,250"`; the value of a percentage is as written (`"68 %"`)."""
    match = _NUMBER.fullmatch(str(value).strip().lower()) if not isinstance(value, bool) else None
    if match is None:
        raise ValueError('is not a number; write for example 1500, "20 million" or "68 %"')
    return Decimal(match["digits"].replace(",", "").replace("−", "-")) * _SCALES[match["scale"] or "%"]


def share(value: Any) -> Decimal:
    """Parse a relative change: `"10 %"` is 0.1."""
    text = value.strip() if isinstance(value, str) else ""
    if not text.endswith("%") or number(text) <= 0:
        raise ValueError('is not a percentage; write for example "10 %"')
    return number(text) / 100


def one_of(known: Collection[str], wrong: str) -> Callable[[str], str]:
    """Return a validator of words that must be in `known`; its error for other words begins with `wrong`."""

    def check(value: str) -> str:
        if value not in known:
            raise ValueError(f"{wrong}{did_you_mean(value, known)}")
        return value

    return check


account = one_of(ACCOUNT_KINDS, "is not a kind of account")
group_word = one_of(GROUP_WORDS, "cannot be used for grouping")
payload = one_of(("text", "json"), "is not a kind of message")


def severity(value: Any) -> Severity:
    """Parse the name of a severity."""
    names = {level.label: level for level in Severity}
    if not isinstance(value, str):
        raise ValueError(f"must be one of {', '.join(names)}, in quotes")  # noqa: TRY004  pydantic collects ValueError
    if value not in names:
        raise ValueError(f"is not a severity{did_you_mean(value, names)}")
    return names[value]


def name(value: str) -> str:
    """Validate a short name that can be used in file names and log lines."""
    if not _NAME.fullmatch(value):
        raise ValueError("must be 1 to 64 letters, digits, '.', '-' or '_'")
    return value


def host(value: str) -> str:
    """Return a host name or IP address in lower case, with a port if only that one is meant."""
    lowered = value.strip().lower()
    name, colon, port = lowered.rpartition(":")
    if not (colon and port.isdecimal() and port.isascii() and len(port) <= 5):  # noqa: PLR2004  65535
        name, colon, port = lowered, "", ""
    if not _is_host(name.rstrip(".")) or (port and not 0 < int(port) <= LAST_PORT):
        raise ValueError('must be a host alone, without scheme or path; write for example "en.wikipedia.org"')
    return f"{name.rstrip('.')}{colon}{port}"


def host_and_port(value: str) -> str:
    """Return a host with a port, in lower case."""
    checked = host(value)
    if not checked.rpartition("]")[2].rpartition(":")[2].isdecimal():
        raise ValueError('needs a port; write for example "reports.example.org:8443"')
    return checked


def title(value: str) -> str:
    """Return a page title in MediaWiki's normal form: without underscores and double blanks, in NFC."""
    clean = _TITLE_BLANKS.sub(" ", _TITLE_UNSEEN.sub("", unicodedata.normalize("NFC", value))).strip()
    if not clean:
        raise ValueError('is empty; write the article\'s title, for example "Human trafficking"')
    if re.match(r"https?://", clean):
        raise ValueError("is an address; write the title alone")
    bad = _TITLE_FORBIDDEN.search(clean)
    if bad:
        raise ValueError(f"has {bad[0]!r}, which no page title may hold; copy the title from the top of the page")
    if clean.startswith(":") or re.search(r"(?:^|/)\.{1,2}(?:/|$)", clean):
        raise ValueError("is not a page title (a leading ':' or a './'); copy the title from the top of the page")
    if len(clean.encode("utf-8", "replace")) > _TITLE_BYTES:
        raise ValueError(f"is longer than {_TITLE_BYTES} bytes, the longest title that a wiki allows")
    return clean


def kinds(value: str) -> str:
    """Validate a pattern that must match at least one kind of change."""
    names = [kind.value for kind in Kind]
    if not fnmatch.filter(names, value):
        raise ValueError(
            f"matches no kind of change{did_you_mean(value, [*names, *{kind.subject + '.*' for kind in Kind}])}"
        )
    return value


def secret(value: Any, environ: Mapping[str, str]) -> Secret:
    """Return the text itself, or for `env:NAME` the value of the environment variable."""
    if not isinstance(value, str):
        raise ValueError('must be text in quotes, or "env:NAME"')  # noqa: TRY004  pydantic collects ValueError
    if not value.startswith("env:"):
        return Secret(value)
    variable = value.removeprefix("env:")
    if not _VARIABLE.fullmatch(variable):
        raise ValueError('must name an environment variable: "env:NAME"')
    if not environ.get(variable, "").strip():
        raise ValueError(f"the environment variable {variable} is not set; export it, or write the value here")
    return Secret(environ[variable].strip())


def notification_url(value: Any, environ: Mapping[str, str]) -> Secret:
    """Return a secret of the form scheme://…; whether messages can be sent to it is not checked here."""
    url = secret(value, environ)
    if not _SCHEME.fullmatch(url.get_secret_value()):
        raise ValueError('is not an Apprise URL; write scheme://…, for example "json://127.0.0.1:8000/", or "env:NAME"')
    check_service(url.get_secret_value())
    return url


def signing_secret(value: Any, environ: Mapping[str, str]) -> Secret:
    """Return the secret that signs payloads: `whsec_` and base64 as in Standard Webhooks, or any long text."""
    result = secret(value, environ)
    text = result.get_secret_value()
    try:
        key = base64.b64decode(text[6:], validate=True) if text.startswith("whsec_") else text.encode()
    except ValueError:
        raise ValueError("begins with whsec_, but what follows is not base64; copy it whole") from None
    if len(key) < _SHORTEST_SECRET:
        raise ValueError(f"is shorter than {_SHORTEST_SECRET} bytes and could be guessed; generate a random one")
    return result


def contact(value: str) -> str:
    """Validate an address at which a wiki's operators can reach the user; it is sent in an HTTP header."""
    if not value.isascii() or not value.isprintable() or not 5 <= len(value) <= 200:  # noqa: PLR2004  a@b.c
        raise ValueError('must be an address in plain ASCII, for example "mailto:you@example.org"')
    if "@" not in value and not value.startswith(("https://", "http://")):
        raise ValueError('must be a mail or web address, for example "mailto:you@example.org"')
    return value


def format_duration(length: timedelta) -> str:
    """Return a duration in the shortest form that `duration` parses to the same value.

    >>> format_duration(timedelta(minutes=90)), format_duration(timedelta(days=2)), format_duration(timedelta())
    ('1h30m', '2d', '0')
    """
    seconds, words = int(length.total_seconds()), ""
    for unit in "dhms":
        count, seconds = divmod(seconds, _SECONDS[unit])
        words += f"{count}{unit}" if count else ""
    return words or "0"


def account_rule(value: str) -> str:
    """Validate the name of an account (`*` for any characters), `group:NAME` or `edits>NUMBER`."""
    kind, _, number = value.partition(">")
    if kind.strip() == "edits" and not number.strip().isdecimal():
        raise ValueError(f'{value!r} has no number; write "edits>500"')
    if not value.strip() or value.strip() == "group:":
        raise ValueError(f'{value!r} names no account; write a name, "group:autoreviewer" or "edits>500"')
    return value.strip()


LAST_PORT: Final = 65_535
_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME: Final = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*\.?")
# The whole address with the characters allowed in each part, so that nothing depends on a lenient parser.
_ADDRESS: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[^/?#:\[\]@]+)(?::(?P<port>[0-9]{1,5}))?(?P<rest>[/?].*)?",
    re.IGNORECASE,
)
_UNSEEN: Final = re.compile(r"[^\x21-\x7e]|[\\<>\"^`{|}]")
# inet_aton accepts 0x7f.1, 2130706433 and 127.1 as addresses; a host whose last label is a number is no name.
_HOST_NUMBER: Final = re.compile(r"0[xX][0-9A-Fa-f]*|[0-9]+")
# Apprise's services with a host and port; in the URLs of others, a number after the host is part of a token.
_BY_HOST: Final = frozenset(
    "json jsons xml xmls form forms mailto mailtos http https ntfy ntfys gotify gotifys".split()
)


def web_address(value: str, *, query: bool = False) -> str:
    """Return an http or https address that is unambiguous; raise ValueError with what is wrong with it otherwise.

    Path and query must be ASCII, as copied from a browser's address bar. `query` permits a query, which an address to
    which paths are appended cannot have.
    """
    if not value.lower().startswith(("https://", "http://")):
        raise ValueError("must be a web address that starts with https:// or http://")
    authority = re.split(r"[/?#\\]", value.partition("://")[2], maxsplit=1)[0]
    if "@" in authority:
        raise ValueError("must not contain a user name or password; remove it")
    if "#" in value:
        raise ValueError("must not have a fragment (#…), which is never sent; remove it")
    if _UNSEEN.search(value):
        raise ValueError(
            "must be a web address in plain ASCII without blanks and backslashes; other letters in a host are xn--…"
        )
    parts = _ADDRESS.fullmatch(value)
    if parts is None or not _is_host(parts["host"]):
        raise ValueError("must be a web address with a host name or an IP address, and no zone; correct the host")
    if parts["port"] is not None and not 0 < int(parts["port"]) <= LAST_PORT:
        raise ValueError(f"has an invalid port; write 1 to {LAST_PORT}, or leave it out")
    if not query and "?" in value:
        raise ValueError("must not have a query (?…); remove it")
    return value


def check_service(url: str) -> None:
    """Raise ValueError, without quoting the URL (a secret), if characters of a notification URL disguise its host.

    User names, passwords and fragments are allowed outside the host, because Apprise takes tokens and channels in them.
    """
    if any(not letter.isprintable() for letter in url) or "\\" in url:
        raise ValueError("has a control character, an invisible one or a backslash; write it percent-encoded")
    scheme, _, rest = url.partition("://")
    if scheme.lower() not in _BY_HOST:
        return
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "#" in rest and "@" in rest.partition("#")[2] and "@" not in authority:
        raise ValueError("has its @ behind a #, so its host can be read in two ways; write # as %23")
    try:
        parts = urlsplit(url)
        clear = parts.port != 0 and "%" not in (parts.hostname or "")
    except ValueError:
        clear = False
    if not clear:
        raise ValueError(f"has an invalid host or port; write a port from 1 to {LAST_PORT}, or leave it out")


def _is_host(host: str) -> bool:
    """Return whether this is a name of ASCII labels, a dotted-decimal IPv4 address, or an IPv6 address in brackets."""
    try:
        if host.startswith("["):
            ipaddress.IPv6Address(host[1:-1])
            return True
        if _HOST_NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
            ipaddress.IPv4Address(host)
            return True
    except ValueError:
        return False
    return _HOST_NAME.fullmatch(host) is not None


def database_problem(url: str) -> str | None:
    """Return what is wrong with the characters or port of a database's URL, without quoting it; None if nothing is."""
    if any(not letter.isprintable() for letter in url):
        return "has a control character or an invisible one; write it percent-encoded"
    if url.startswith("sqlite"):
        return None
    authority = re.split(r"[/?]", url.partition("://")[2].rpartition("@")[2], maxsplit=1)[0]
    port = re.search(r":([0-9]+)$", authority)
    if "\\" in authority or "#" in authority or "%" in authority:
        return "has a host that can be read in two ways; write a host name or an IP address, and : and a port"
    if port and not 0 < int(port[1][:6]) <= LAST_PORT:
        return f"has an invalid port; write 1 to {LAST_PORT}, or leave it out"
    return None


RECENT: Final = "recent-changes"
"""The list of recent changes that every MediaWiki has; it is polled every few seconds."""
OFF: Final = "off"

# https://wikitech.wikimedia.org/wiki/Event_Platform/EventStreams_HTTP_Service
WIKIMEDIA: Final = "https://stream.wikimedia.org/v2/stream/recentchange"
WIKIMEDIA_HOST: Final = "stream.wikimedia.org"
_DOMAINS: Final = (
    "wikipedia.org", "wiktionary.org", "wikinews.org", "wikiquote.org", "wikibooks.org", "wikisource.org",
    "wikiversity.org", "wikivoyage.org", "wikidata.org", "wikimedia.org", "mediawiki.org", "wikifunctions.org",
)  # fmt: skip


def validate_stream(value: str) -> str:
    """Validate the address of an event stream, "recent-changes" or "off"."""
    if value in (RECENT, OFF):
        return value
    try:
        return web_address(value, query=True)
    except ValueError as error:
        raise ValueError(f'{error}, or be "{RECENT}" or "{OFF}"') from error


def is_wikimedia(api: str) -> bool:
    """Return whether a wiki's edits are in Wikimedia's event stream."""
    host = (urlsplit(api).hostname or "").lower()
    return any(host == domain or host.endswith(f".{domain}") for domain in _DOMAINS)


def default_stream(api: str, hosts: Collection[str]) -> str:
    """Return Wikimedia's stream if it has this wiki and its host is allowed, else "recent-changes"."""
    return WIKIMEDIA if is_wikimedia(api) and WIKIMEDIA_HOST in hosts else RECENT


_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_ZONE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The local time of a digest, on every day or on one weekday (Monday is 0)."""

    at: time
    weekday: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """Local hours in which nothing is sent; they include midnight if `end` is before `start`."""

    start: time
    end: time

    def contains(self, clock: time) -> bool:
        """Return whether a local time is within these hours, which exclude their end."""
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


def digest(value: object) -> Digest:
    """Parse the time of a digest: `"daily 08:00"` or `"weekly mon 08:00"`."""
    words = value.lower().split() if isinstance(value, str) else []
    match words:
        case ["daily", clock] if _CLOCK.fullmatch(clock):
            return Digest(at=time.fromisoformat(clock))
        case ["weekly", day, clock] if day[:3] in _DAYS and len(day) >= 3 and _CLOCK.fullmatch(clock):  # noqa: PLR2004  mon
            return Digest(at=time.fromisoformat(clock), weekday=_DAYS.index(day[:3]))
    raise ValueError('is not a time for a digest; write "daily 08:00" or "weekly mon 08:00"')


def quiet(value: object) -> QuietHours:
    """Parse quiet hours such as `"22:00-07:00"`."""
    start, _, end = value.partition("-") if isinstance(value, str) else ("", "", "")
    start, end = start.strip(), end.strip()
    if not _CLOCK.fullmatch(start) or not _CLOCK.fullmatch(end):
        raise ValueError('is not a range of hours; write for example "22:00-07:00"')
    if start == end:
        raise ValueError('begins when it ends; write for example "22:00-07:00"')
    return QuietHours(start=time.fromisoformat(start), end=time.fromisoformat(end))


def timezone(value: object) -> str:
    """Validate a name from the time zone database."""
    if not isinstance(value, str) or not _ZONE.fullmatch(value):
        raise ValueError('is not a time zone; write for example "Europe/Berlin"')
    try:
        return ZoneInfo(value).key
    except (KeyError, OSError, ValueError):
        raise ValueError('is not a time zone that this machine knows; write for example "Europe/Berlin"') from None
