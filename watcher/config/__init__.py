"""watchlist.toml in, Watchlist out; every mistake is named with its line, its key and what to do."""

from watcher.config.reading import load
from watcher.config.routing import policy_of, wanted, wants
from watcher.config.starter import add_watch, template
from watcher.config.values import Destination, Secret, Watch, Watchlist, WikiSite

__all__ = [
    "Destination",
    "Secret",
    "Watch",
    "Watchlist",
    "WikiSite",
    "add_watch",
    "load",
    "policy_of",
    "template",
    "wanted",
    "wants",
]
