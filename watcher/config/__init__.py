"""Read watchlist.toml; every problem is reported with its line, its key and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watcher.first_use import first_use

if TYPE_CHECKING:
    from watcher.config.editor import (
        add_watch,
        append_entries,
        check_entry,
        default_watchlist,
        edit_watch,
        remove_watch,
        toml_value,
    )
    from watcher.config.loader import Watchlist, load, parse_watchlist
    from watcher.config.routing import (
        accepts,
        accepts_finding,
        delivery_time,
        filter_alert,
        finding_reason,
        is_trusted,
        is_urgent,
        policy_of,
        serves,
    )
    from watcher.config.schedule import after_quiet_hours
    from watcher.config.settings import Destination, Watch, WikiSite
    from watcher.config.validators import did_you_mean, duration

# Every command needs the first three.
__getattr__ = first_use(__name__, ("validators", "settings", "loader", "editor", "schedule", "routing"))
