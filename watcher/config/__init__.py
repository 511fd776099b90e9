"""Read watchlist.toml, and report every problem with its line, its key and what to do."""

from typing import TYPE_CHECKING

from watcher.first_use import first_use

if TYPE_CHECKING:
    from watcher.config.editor import *  # noqa: F403
    from watcher.config.loader import *  # noqa: F403
    from watcher.config.routing import *  # noqa: F403
    from watcher.config.settings import *  # noqa: F403
    from watcher.config.validators import *  # noqa: F403

# Loaded on first use: every command needs the first three, few need the others.
__getattr__ = first_use(__name__, ("validators", "settings", "loader", "editor", "routing"))
