"""Decode JSON answers of the Action API, for formatversion=2 with errorformat=bc as seen on MediaWiki 1.43.

If an answer has an unexpected structure, functions raise Corrupt with one line that begins with `where`: what was
requested, and from which wiki.
"""

import re
from codecs import BOM_UTF8
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar
from urllib.parse import unquote

from pydantic_core import from_json

from watcher.errors import Corrupt, Missing, Refused, Unavailable, WatcherError
from watcher.model import Article, Dialect, Revision, Snapshot
from watcher.text import error_line

T = TypeVar("T", int, str, list[Any], dict[str, Any])

# The largest answers, of 500 revisions or of a wiki's interwiki map, have some 10,000 values.
_MOST_VALUES: Final = 1_000_000
_MAX_UNCOUNTED: Final = 1 << 20  # bytes; a smaller body cannot hold enough values to exhaust the memory
# Every quotation mark starts a match, so that no text is scanned twice; an unclosed string ends with the text.
_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.?)*+"?', re.DOTALL)
# Columns of the database, and MediaWiki's own ids, have 64 bits.
_INTEGER_LIMIT: Final = 2**63
# Characters of titles and users: MediaWiki's own have 255 bytes, and an index of PostgreSQL holds 2,704 bytes.
LONGEST_TITLE: Final = 600
_LONGEST_NAME: Final = 2_000
_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def loads(body: bytes | str) -> Any:
    """Parse JSON; raise ValueError if it is malformed, or has so many values that it would exhaust the memory.

    Also refuse numbers that JSON does not have (NaN, Infinity), and NUL characters, which PostgreSQL does not accept.
    """
    raw = (body.encode() if isinstance(body, str) else body).removeprefix(BOM_UTF8)
    if len(raw) > _MAX_UNCOUNTED:
        bare = _STRING.sub(b"", raw)  # there are at least about as many separators outside strings as values
        if sum(bare.count(mark) for mark in (b",", b"[", b"{")) > _MOST_VALUES:
            raise ValueError("more values than any answer has")
    value = from_json(raw, allow_inf_nan=False)
    if b"\\u0000" in raw and _has_nul(value):  # MediaWiki never sends NUL
        raise ValueError("text with a null character")
    return value


def _has_nul(value: object) -> bool:
    match value:
        case str(text):
            return "\0" in text
        case list(values):
            return any(map(_has_nul, values))
        case dict(entries):
            return any(map(_has_nul, (*entries, *entries.values())))
        case _:
            return False


def query_part(where: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Return the `query` part; empty if a complete answer has none, as for a request with only interwiki titles."""
    return require(where, answer, "query", dict) if "query" in answer or "batchcomplete" not in answer else {}


def iter_objects(where: str, holder: dict[str, Any], key: str) -> Iterator[dict[str, Any]]:
    """Yield each object of the list under `key`; nothing if there is no such list."""
    for entry in require(where, holder, key, list) if key in holder else ():
        if not isinstance(entry, dict):
            raise Corrupt(f"{where}: the answer has something other than objects in {key!r}; it was ignored")
        yield entry


def from_to_pairs(where: str, query: dict[str, Any], key: str) -> Iterator[tuple[str, str]]:
    """Yield `from` and `to` of each entry of the list under `key`."""
    for entry in iter_objects(where, query, key):
        begin = require(where, entry, "from", str)
        # The wiki percent-encodes titles that it cannot output, such as ones with U+FFFF or unnormalized characters.
        yield unquote(begin) if entry.get("fromencoded") else begin, require(where, entry, "to", str)


def require(where: str, holder: dict[str, Any], key: str, kind: type[T]) -> T:
    """Return the value under `key`; raise Corrupt unless it is of `kind`."""
    value = holder.get(key)
    # Python counts JSON's true as an int.
    bounded = not isinstance(value, int) or abs(value) < _INTEGER_LIMIT
    if bounded and isinstance(value, kind) and not isinstance(value, bool):
        return value
    problem = "lacks" if value is None else "has an unexpected"
    raise Corrupt(f"{where}: the answer {problem} {key!r}; it was ignored")


def page_title(where: str, holder: dict[str, Any]) -> str:
    """Return the title of a page; raise Corrupt if it is longer than titles can be."""
    title = require(where, holder, "title", str)
    if len(title) > LONGEST_TITLE:
        raise Corrupt(f"{where}: the answer has a title of {len(title):,} characters; it was ignored")
    return title


def timestamp(where: str, text: str) -> datetime:
    """Parse an aware time; raise Corrupt if it is none, or too near to the ends of the calendar for arithmetic."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = datetime.min  # noqa: DTZ901  has no time zone, so it is refused below
    if at.tzinfo is None or not _EARLIEST <= at <= _LATEST:
        raise Corrupt(f"{where}: the answer has an unexpected timestamp {error_line(text)!r}; it was ignored")
    return at


def maybe_int(value: object) -> int | None:
    """Return a 64-bit integer; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _INTEGER_LIMIT else None


def maybe_str(value: object) -> str | None:
    """Return a text; None for anything else."""
    return value if isinstance(value, str) else None


def maybe_name(value: object) -> str | None:
    """Return a name or comment, cut to the greatest length that these have; None for anything else."""
    return value[:_LONGEST_NAME] if isinstance(value, str) else None


def maybe_user(value: object) -> str | None:
    """Return a user's name, cut to the greatest length that these have; None for anything else."""
    return value[:LONGEST_TITLE] if isinstance(value, str) else None


def quoted(title: str) -> str:
    """Return a title in quotation marks, for an error message."""
    return f'"{title}"'


def quoted_titles(titles: Sequence[str]) -> str:
    """Return the first of several titles in quotation marks and the number of others, for an error message."""
    return quoted(titles[0]) if len(titles) == 1 else f'"{titles[0]}" and {len(titles) - 1} more'


RETRYABLE_CODES = (
    "maxlag", "ratelimited", "readonly", "actionthrottledtext", "internal_api_error", "stashfailed", "timeout",
    "concurrency-limit",
)  # fmt: skip
MISSING_CODES = ("nosuchrevid", "nosuchpageid", "missingtitle", "missingcontent")
_LONGEST_CONTINUATION = 4_000
_MOST_TAGS, _MOST_LABELS, _LONGEST_LABEL = 100, 1_000, 255  # an administrator of a large wiki has 150 rights
_AUTOCONFIRM_AGE, _AUTOCONFIRM_EDITS = timedelta(days=4), 10
# Implicit groups to which every account belongs.
_EVERYBODY = ("*", "user")
FORBIDDEN_CODES = ("readapidenied", "permissiondenied", "blocked", "autoblocked", "mustbeloggedin", "assert")


class SessionEnded(Refused):
    """The wiki no longer knows who sends the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A registered account, as in an answer to list=users."""

    name: str
    bot: bool
    groups: tuple[str, ...]
    registered_at: datetime | None
    edit_count: int

    def is_new(self, at: datetime) -> bool:
        """Return whether the account was new at the time of an edit.

        The limits are Wikipedia's for `autoconfirmed`: four days since registration and ten edits ($wgAutoConfirmAge
        and $wgAutoConfirmCount). MediaWiki does not know the registration date of accounts from before 2006.
        """
        young = self.registered_at is not None and at - self.registered_at < _AUTOCONFIRM_AGE
        return young or self.edit_count < _AUTOCONFIRM_EDITS


def parse_json(where: str, body: bytes, content_type: str) -> dict[str, Any]:
    """Parse `body` as a JSON object; raise Corrupt if it is none."""
    try:
        answer = loads(body)
    except ValueError as trouble:
        if "html" in content_type or body.lstrip()[:1] == b"<":
            raise Corrupt(
                f"{where}: the server answers with a web page, not JSON; check the API URL and who may read the wiki"
            ) from trouble
        raise Corrupt(f"{where}: the answer is not JSON or was cut short; it was ignored") from trouble
    if not isinstance(answer, dict):
        raise Corrupt(f"{where}: the answer is not a JSON object; check the API URL of the wiki")
    return answer


def is_api_error(body: bytes) -> bool:
    """Return whether `body` is an error message of the API."""
    try:
        answer = loads(body)
    except ValueError:
        return False
    return isinstance(answer, dict) and _code_and_info(answer) is not None


def error(where: str, answer: dict[str, Any], retry_after: float | None) -> WatcherError | None:
    """Return the error that an answer of the API holds, or None."""
    result = _code_and_info(answer)
    if result is None:
        return None
    code, info = result
    message = f"{where}: the wiki answers {code}" + (f": {info.rstrip('.')}" if info else "")
    if code.startswith(RETRYABLE_CODES):
        return Unavailable(f"{message}; try again later", retry_after=retry_after)
    if code.startswith(MISSING_CODES):
        return Missing(f"{message}; it may have been deleted")
    if code.startswith("assertuserfailed"):
        return SessionEnded(f"{message}; sign in again")
    if code.startswith(FORBIDDEN_CODES):
        return Refused(f"{message}; only pages that anyone, or the account of its [[wiki]], may read can be watched")
    return Refused(f"{message}; repeating the request will not help")


def _code_and_info(answer: dict[str, Any]) -> tuple[str, str] | None:
    """Return the code and text of an error, or None; error formats other than bc have `errors`."""
    result = answer.get("error") or answer.get("errors")
    if isinstance(result, list):
        result = result[0] if result else None
    if not result:
        return None
    if not isinstance(result, dict):
        return ("unknown error", error_line(str(result)))
    code, info = result.get("code", "unknown error"), result.get("info", result.get("text", ""))
    return error_line(str(code)), error_line(str(info))


def was_truncated(answer: dict[str, Any]) -> bool:
    """Return whether the wiki left out what exceeds its limit for answers ($wgAPIMaxResultSize)."""
    text = answer.get("warnings")
    return isinstance(text, dict) and "truncated" in str(text.get("result", ""))


def continuation(where: str, answer: dict[str, Any], *keys: str) -> dict[str, str]:
    """Return the parameters that fetch the rest of the answer; empty if there is none.

    Only `continue` decides, because answers with lists may have both `batchcomplete` and `continue`. If `keys` are
    given, only a continuation with one of them counts: imageinfo offers older versions of a file (`iistart`) even if
    one version was requested.
    """
    rest = answer.get("continue")
    if not isinstance(rest, dict) or (keys and not any(key in rest for key in keys)):
        return {}
    if not all(isinstance(value, str | int) for value in rest.values()):
        raise Corrupt(f"{where}: the wiki's continuation is not text; the rest was ignored")
    parameters = {key: str(value) for key, value in rest.items()}
    # They are sent in a URL, which servers limit to 8 KiB.
    if sum(len(key) + len(value) for key, value in parameters.items()) > _LONGEST_CONTINUATION:
        raise Corrupt(f"{where}: the wiki's continuation is too long; the rest was ignored")
    return parameters


def snapshots(where: str, answer: dict[str, Any], wiki: str, *, with_text: bool) -> tuple[Snapshot, ...]:
    """Decode the revisions in an answer to prop=revisions about one page, in the order of the answer.

    Return () if the page has no requested revision; raise Missing if there is no such page or revision.
    """
    query = query_part(where, answer)
    if query.get("badrevids"):
        raise Missing(f"{where}: no such revision; it may have been deleted")
    pages = list(iter_objects(where, query, "pages"))
    if len(pages) != 1:
        raise Corrupt(f"{where}: asked for one page, got {len(pages)}; the answer was ignored")
    if pages[0].get("missing") or pages[0].get("invalid"):
        raise Missing(f"{where}: no such page; it may have been deleted")
    return tuple(newest(where, answer, wiki, with_text=with_text))


def newest(where: str, answer: dict[str, Any], wiki: str, *, with_text: bool) -> Iterator[Snapshot]:
    """Yield the revisions of each existing page in an answer to prop=revisions."""
    for page in iter_objects(where, query_part(where, answer), "pages"):
        if not page.get("missing") and not page.get("invalid"):
            article = Article(wiki=wiki, page_id=require(where, page, "pageid", int), title=page_title(where, page))
            for entry in iter_objects(where, page, "revisions"):
                yield _snapshot(where, article, entry, with_text=with_text)


def _snapshot(where: str, article: Article, entry: dict[str, Any], *, with_text: bool) -> Snapshot:
    number = require(where, entry, "revid", int)
    current = f"revision {number} of {where}"
    slot = require(current, require(current, entry, "slots", dict), "main", dict)
    text = maybe_str(slot.get("content"))
    # Accounts with the right to see hidden values get them together with the flags, so the value decides.
    # textmissing: the wiki itself has lost the text.
    hidden = text is None and bool(slot.get("texthidden") or (not with_text and entry.get("sha1hidden")))
    if with_text and text is None and not hidden and not slot.get("textmissing"):
        require(current, slot, "content", str)
    revision = Revision(
        article=article,
        id=number,
        # Absent or 0 in the middle of a history if an import or a deletion has left no parent.
        parent_id=maybe_int(entry.get("parentid")) or 0,
        at=timestamp(current, require(current, entry, "timestamp", str)),
        editor=maybe_user(entry.get("user")),
        comment=maybe_name(entry.get("comment")),
        minor=bool(entry.get("minor")),
        tags=_labels(entry.get("tags"))[:_MOST_TAGS],
        size=maybe_int(entry.get("size")),
        sha1=maybe_name(entry.get("sha1")) or None,
        content_model=maybe_name(slot.get("contentmodel")),
        text_hidden=hidden,
    )
    return Snapshot(revision=revision, wikitext=text)


def _labels(values: object) -> tuple[str, ...]:
    """Return a list of short names, such as tags or rights; () for anything else."""
    return tuple(str(value)[:_LONGEST_LABEL] for value in values[:_MOST_LABELS]) if isinstance(values, list) else ()


def accounts(where: str, answer: dict[str, Any]) -> Iterator[Account]:
    """Yield the accounts in an answer to list=users; skip unknown and hidden names, and IP addresses."""
    for entry in iter_objects(where, query_part(where, answer), "users"):
        # Authors of imports ("imported>Ann") and IP addresses are invalid names; a renamed account is missing.
        if entry.get("missing") or entry.get("invalid") or maybe_int(entry.get("userid")) is None:
            continue
        registered = maybe_str(entry.get("registration"))
        yield Account(
            name=require(where, entry, "name", str),
            # The right, not the group: global bots and accounts with a flood flag are in other groups.
            bot="bot" in _labels(entry.get("rights")),
            groups=tuple(group for group in _labels(entry.get("groups")) if group not in _EVERYBODY),
            registered_at=timestamp(where, registered) if registered else None,
            edit_count=maybe_int(entry.get("editcount")) or 0,
        )


def dialect(where: str, answer: dict[str, Any]) -> Dialect:
    """Decode an answer to meta=siteinfo with general, namespaces, namespacealiases and interwikimap."""
    query = query_part(where, answer)
    spaces = defaultdict[int | None, list[str]](list)
    for entry in require(where, query, "namespaces", dict).values():
        if isinstance(entry, dict):
            spaces[maybe_int(entry.get("id"))] += [str(entry.get("name", "")), str(entry.get("canonical", ""))]
    for entry in iter_objects(where, query, "namespacealiases"):
        spaces[maybe_int(entry.get("id"))].append(str(entry.get("alias", "")))
    # Each namespace has an even number, its talk pages the odd one after it (Manual:Namespace).
    talk = [name for number, names in spaces.items() if number and number > 0 and number % 2 for name in names]
    return Dialect(
        language=error_line(require(where, require(where, query, "general", dict), "lang", str)),
        # The English names work on every wiki.
        file_namespaces=_names(*spaces[6], "file", "image"),
        category_namespaces=_names(*spaces[14], "category"),
        template_namespaces=_names(*spaces[10], "template"),
        talk_namespaces=_names(*talk, "talk"),
        interwiki=_names(*(str(entry.get("prefix", "")) for entry in iter_objects(where, query, "interwikimap"))),
    )


def _names(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.lower().replace("_", " ") for name in names if 0 < len(name) <= _LONGEST_LABEL))


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """An entry of a log, with an action such as `delete/restore`; fields that the wiki hides are None."""

    id: int
    action: str
    at: datetime
    user: str | None
    comment: str | None


def parse_log_entries(where: str, answer: dict[str, Any]) -> Iterator[LogEntry]:
    """Yield the entries in an answer to list=logevents, newest first; raise Corrupt if one lacks its id or time."""
    for entry in iter_objects(where, query_part(where, answer), "logevents"):
        kind, action = require(where, entry, "type", str), require(where, entry, "action", str)
        yield LogEntry(
            id=require(where, entry, "logid", int),
            action=f"{kind}/{action}",
            at=timestamp(where, require(where, entry, "timestamp", str)),
            user=maybe_user(entry.get("user")),
            comment=maybe_name(entry.get("comment")),
        )
