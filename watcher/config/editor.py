"""Edit a watch's entry in watchlist.toml, keeping every comment and every other line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from watcher.config import validators
from watcher.config.loader import parse_toml
from watcher.errors import ConfigError, Missing

SETTINGS = ("threshold", "settle", "every", "claims", "destinations", "tags", "critical_bypass", "paused")
"""The keys of a `[[watch]]` that can be changed; wiki and title say which one it is."""


def edit_watch(text: str, wiki: str, title: str, settings: Mapping[str, Any]) -> str:
    """`text` with these settings of a watch set anew; None takes a key out, so that its default holds.

    Whether the values are good is for `understood` to say. Missing when the watch is not there.
    """
    strange = set(settings) - set(SETTINGS)
    if strange:
        raise ConfigError(f"{', '.join(sorted(strange))}: is no setting of a watch that can be changed")
    parse_toml(text.replace("\r\n", "\n"), "watchlist.toml")
    import tomlkit  # noqa: PLC0415  only an edit needs it

    document = tomlkit.parse(text)
    table = _watch_table(document, wiki, title)
    newline = "\r\n" if "\r\n" in text else "\n"
    for key, value in settings.items():
        if value is None:
            table.pop(key, None)
        elif table.get(key) != value:
            table[key] = value
    changed = tomlkit.dumps(document)
    return changed.replace("\r\n", "\n").replace("\n", newline)


def explicit_settings(text: str, wiki: str, title: str) -> dict[str, Any]:
    """What the entry of a watch says itself, without the defaults. Missing when the watch is not there."""
    content, _ = parse_toml(text.replace("\r\n", "\n"), "watchlist.toml")
    return dict(_watch_table(content, wiki, title))


def _watch_table(content: MutableMapping[str, Any], wiki: str, title: str) -> MutableMapping[str, Any]:
    for table in _tables(content, "watch"):
        if table.get("wiki", _only(content)) == wiki and _title(table) == title:
            return table
    raise Missing(f"{title!r} on {wiki}: is not in watchlist.toml any more; nothing was changed")


def _tables(content: Mapping[str, Any], name: str) -> Iterator[MutableMapping[str, Any]]:
    result = content.get(name)
    yield from (table for table in result if isinstance(table, MutableMapping)) if isinstance(result, list) else ()


def _only(content: Mapping[str, Any]) -> str | None:
    names = [str(table.get("name")) for table in _tables(content, "wiki")]
    return names[0] if len(names) == 1 else None


def _title(table: Mapping[str, Any]) -> str:
    try:
        return validators.title(str(table.get("title", "")))
    except ValueError:
        return ""


_TEMPLATE = """\
# The one file that Article Watcher reads. Check it with `watcher status`.

[watcher]
# Sent to the wiki with every request, so that its operators can reach you: write your own address.
contact = "mailto:you@example.org"
# A file beside this one, or "postgresql+psycopg://…", or "env:NAME" to take it from the environment.
database = "sqlite:///watcher.db"
# The folder for the reports.
reports = "reports"
# Where `watcher serve` shows the review pages; alerts link there.
base_url = "http://127.0.0.1:8765"
# Reverse proxies in front of the review pages: only from them are X-Forwarded-For and X-Forwarded-Proto believed.
# With one, or with a base_url of another machine, nobody reads without signing in.
# trusted_proxies = ["127.0.0.1"]
# Nothing is ever fetched from any other host.
allowed_hosts = ["en.wikipedia.org", "stream.wikimedia.org"]
# A folder with your own words for messages: alert.txt, alert.md, alert.html, alert.subject.txt (Jinja2; those
# that are not there are ours). They know topic, label, title, items (severity, section, summary, sentence),
# more, who, when, diff, report, explain and key. Wiki text is escaped in .md and .html. Files named update.*,
# resolved.*, operator.* and catch-up.* go before alert.*; digest.* know subject, articles (each as above), left, key.
# templates = "templates"

# Without these, everything is kept for good. `watcher tidy` shows what would go; `watcher serve` removes it once a day.
# [keep]
# findings = "2y"               # what nobody has decided yet stays
# texts = "1y"                  # what is still compared stays; `watcher history` can fetch the others again
# reports = "90d"

[[wiki]]
name = "enwiki"
api = "https://en.wikipedia.org/w/api.php"
language = "en"
# Where `watcher stream` sees edits as they happen: Wikimedia's stream for its wikis, "recent-changes" for others.
# stream = "off"

[[watch]]
wiki = "enwiki"
title = "Human trafficking"
# An alert goes out from this severity on: info, low, medium, high or critical.
threshold = "medium"
# An edit is judged when it has stood this long, so that quick reverts stay quiet.
settle = "10m"
# How often the wiki is asked.
every = "15m"
# Sentences that you want to be told about whatever changes in them.
# claims = ["Forced labour is a form of human trafficking."]

# Where alerts go: any Apprise URL (mail, Slack, ntfy, a webhook …). Keep secrets out of this file
# with "env:NAME". Watches without a line `destinations = ["team"]` tell every destination.
# [[destination]]
# name = "team"
# url = "env:TEAM_URL"
# threshold = "high"
# kinds = ["statistic.*", "claim.*"]
# articles = ["Human trafficking"]
# All of a day or week in one message, at a local time; or nothing at night.
# digest = "daily 08:00"        # or "weekly mon 08:00"
# quiet = "22:00-07:00"
# timezone = "Europe/Berlin"
# What is critical waits for neither.
# critical_bypass = true
# Failing checks, deleted or moved pages and dead deliveries are told here too, unless this is false.
# operator = true
"""
_ESCAPES = {"\\": "\\\\", '"': '\\"'}


def default_watchlist() -> str:
    """The commented first watchlist: "Human trafficking" on English Wikipedia."""
    return _TEMPLATE


def add_watch(text: str, wiki: str, title: str) -> str:
    """`text` with one more `[[watch]]` at its end and all that stands there kept as it is.

    ConfigError when the title cannot be one, is watched already, or the file names no such wiki.
    """
    try:
        title = validators.title(title)
    except ValueError as error:
        raise ConfigError(f"title {error}") from None
    content, _ = parse_toml(text.replace("\r\n", "\n"), "watchlist.toml")
    wikis = [table.get("name") for table in _as_tables(content.get("wiki"))]
    if wiki not in wikis:
        known = validators.did_you_mean(wiki, [name for name in wikis if isinstance(name, str)])
        raise ConfigError(f'no [[wiki]] is named "{wiki}"{known}; add it to watchlist.toml')
    for table in _as_tables(content.get("watch")):
        if table.get("title") == title and table.get("wiki", wiki) == wiki:
            raise ConfigError(f'"{title}" on {wiki} is watched already; nothing was changed')
    newline = "\r\n" if "\r\n" in text else "\n"
    entry = ["", "[[watch]]", f"wiki = {_quoted(wiki)}", f"title = {_quoted(title)}", ""]
    longer = text + (newline if text and not text.endswith("\n") else "") + newline.join(entry)
    try:
        parse_toml(longer.replace("\r\n", "\n"), "watchlist.toml")
    except ConfigError:
        raise ConfigError("watchlist.toml: watches stand in one list; write each as a [[watch]] table first") from None
    return longer


def _as_tables(value: object) -> list[dict[str, object]]:
    return [table for table in value if isinstance(table, dict)] if isinstance(value, list) else []


def _quoted(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(letter, letter) for letter in text) + '"'
