"""Find who did something to a watched page: the wiki's log names the actor and the reason, else its newest edit."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Final
from urllib.parse import urlencode

from snapshots import ArticleEvent
from watcher.config import Watch
from watcher.errors import FETCH_ERRORS
from watcher.fetch.decode import LogEntry
from watcher.model import Article, Revision, Snapshot
from watcher.services.context import AppContext
from watcher.text import single_line
from watcher.urls import index_php_url

# Kind of event → the log that has it and the actions that cause it (API:Logevents, values of leaction).
_LOGS: Final = {
    "deleted": ("delete", {"delete/delete", "delete/delete_redir", "delete/delete_redir2"}),
    "restored": ("delete", {"delete/restore"}),
    "hidden": ("delete", {"delete/revision"}),
    "unhidden": ("delete", {"delete/revision"}),
    "moved": ("move", {"move/move", "move/move_redir"}),
    "protected": ("protect", {"protect/protect", "protect/modify", "protect/move_prot"}),
    "unprotected": ("protect", {"protect/unprotect"}),
}
# What an edit does, which has no entry in a log; of such pages no revision is stored.
_EDITS: Final = frozenset({"redirect", "unredirected"})
_LONGEST_REASON: Final = 200


def _is_known(services: AppContext, article: Article) -> bool:
    return any(site.name == article.wiki for site in services.watchlist.wikis)


def find_log_entry(services: AppContext, occurrence: ArticleEvent) -> LogEntry | None:
    """Return the newest entry of the wiki's log that explains an event; None where the log has none or cannot be read.

    A move is logged under the title that the page had before. Raises StoreError.
    """
    article, kind = occurrence.article, occurrence.event.kind
    if kind not in _LOGS or not _is_known(services, article):
        return None
    log, actions = _LOGS[kind]
    titles = services.archive.articles.titles_of(article)
    try:
        client = services.client(article.wiki)
        # A move that was itself moved again is two entries; those of the newest titles are enough.
        entries = [entry for title in titles[: 2 if log == "move" else 1] for entry in client.log_entries(title, log)]
    except FETCH_ERRORS:  # the alert is sent without an actor rather than late
        return None
    return max(
        (entry for entry in entries if entry.action in actions), key=lambda entry: (entry.at, entry.id), default=None
    )


def find_edit(services: AppContext, occurrence: ArticleEvent) -> Revision | None:
    """Return the newest edit of a page that an edit has made a redirect, or an article again; None for other events.

    Raises StoreError.
    """
    article = occurrence.article
    if occurrence.event.kind in _EDITS and _is_known(services, article):
        with suppress(*FETCH_ERRORS):  # as for the log
            return services.client(article.wiki).newest(article).revision
    return None


def find_membership_edit(services: AppContext, watch: Watch, article: Article, *, joins: bool) -> Revision | None:
    """Return the edit by which a page joined a list, or left it: of itself, or of the page whose links are the list.

    None where no edit decides who is a member, or none of the last ones named the list first. Raises StoreError.
    """
    page, name = article, watch.category or watch.template
    try:
        client = services.client(article.wiki)
        if watch.links is not None:
            list_page = client.latest([watch.links])[0].article
            if list_page is None:
                return None
            page, name = list_page, article.title
        edits = client.last_edits(page) if name else ()
    except FETCH_ERRORS:  # as for the log
        return None
    for edit, earlier in zip_longest(edits, edits[1:]):
        first = earlier is None and edit.revision.parent_id == 0
        if (earlier or first) and (_names(edit, name), _names(earlier, name)) == (joins, not joins):
            return edit.revision
    return None


def _names(snapshot: Snapshot | None, name: str | None) -> bool:
    """Return whether a text links to a page or transcludes it, in whatever words the wiki calls the namespace."""
    text, name = (" ".join((each or "").replace("_", " ").split()) for each in (snapshot and snapshot.wikitext, name))
    target = rf"(?:\[\[|{{{{) ?:?(?:[^\[\]{{}}|:]+: ?)?{re.escape(name)} ?(?:[|#]|\]\]|}}}})"
    return re.search(target, text, re.IGNORECASE) is not None


def describe_actor(user: str | None, comment: str | None, at: datetime) -> str:
    """Say who did it, why and when, in one line: `by Ann: “Spam”, 2026-03-04 05:06 UTC`."""
    reason = f": “{single_line(comment, _LONGEST_REASON)}”" if comment else ""
    return f"by {single_line(user, 80) if user else 'a hidden user'}{reason}, {at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def log_entry_url(services: AppContext, wiki: str, entry: LogEntry) -> str:
    """Return the address of a log entry (`Special:Log` takes `logid`)."""
    query = urlencode({"title": "Special:Log", "logid": entry.id})
    return f"{index_php_url(services.watchlist.wiki(wiki).api)}?{query}"


def page_url(services: AppContext, article: Article) -> str:
    """Return the address of a page itself, also of one that is a redirect now; empty where its wiki is unknown."""
    if not _is_known(services, article):
        return ""
    query = urlencode({"curid": article.page_id, "redirect": "no"})
    return f"{index_php_url(services.watchlist.wiki(article.wiki).api)}?{query}"
