"""watchlist.toml in, Watchlist out; every mistake is named with its line, its key and what to do."""

from watcher.config.editing import edit_watch, stated
from watcher.config.entries import closest, duration
from watcher.config.merging import append_entries, check_entry
from watcher.config.reading import load, understood
from watcher.config.routing import due_at, policy_of, serves, urgent, wanted, wants
from watcher.config.starter import add_watch, template
from watcher.config.timing import Digest, Quiet, after_quiet, next_digest
from watcher.config.values import Destination, Keep, Secret, Watch, Watchlist, WikiSite

__all__ = [
    "Destination",
    "Digest",
    "Keep",
    "Quiet",
    "Secret",
    "Watch",
    "Watchlist",
    "WikiSite",
    "add_watch",
    "after_quiet",
    "append_entries",
    "check_entry",
    "closest",
    "due_at",
    "duration",
    "edit_watch",
    "load",
    "next_digest",
    "policy_of",
    "serves",
    "stated",
    "template",
    "understood",
    "urgent",
    "wanted",
    "wants",
]
