"""Read watchlist.toml; every problem is reported with its line, its key and what to do."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from watcher.config.editor import (
        add_watch,
        append_entries,
        check_entry,
        default_watchlist,
        edit_watch,
        remove_watch,
    )
    from watcher.config.loader import load, parse_watchlist
    from watcher.config.routing import (
        accepts,
        delivery_time,
        filter_alert,
        finding_reason,
        is_urgent,
        policy_of,
        serves,
    )
    from watcher.config.schedule import after_quiet_hours
    from watcher.config.settings import Destination, Watch, Watchlist, WikiSite
    from watcher.config.validators import did_you_mean, duration

__all__ = [
    "Destination",
    "Watch",
    "Watchlist",
    "WikiSite",
    "accepts",
    "add_watch",
    "after_quiet_hours",
    "append_entries",
    "check_entry",
    "default_watchlist",
    "delivery_time",
    "did_you_mean",
    "duration",
    "edit_watch",
    "filter_alert",
    "finding_reason",
    "is_urgent",
    "load",
    "parse_watchlist",
    "policy_of",
    "remove_watch",
    "serves",
]

# Where a name is looked for, one after the other: every command needs the first three.
_MODULES: Final = ("validators", "settings", "loader", "editor", "schedule", "routing")


def __getattr__(name: str) -> Any:
    """Import a name with its first use."""
    if name in __all__:
        for module in _MODULES:
            if hasattr(part := import_module(f"{__name__}.{module}"), name):
                return globals().setdefault(name, getattr(part, name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
