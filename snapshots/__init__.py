"""Store revisions, comparisons, findings and deliveries; Archive is the interface."""

from typing import TYPE_CHECKING

from watcher.first_use import first_use

if TYPE_CHECKING:
    from snapshots.accounts import *  # noqa: F403
    from snapshots.archive import *  # noqa: F403
    from snapshots.metrics import *  # noqa: F403
    from snapshots.records import *  # noqa: F403
    from snapshots.review_records import *  # noqa: F403
    from snapshots.tables import *  # noqa: F403
    from snapshots.texts import *  # noqa: F403

# Loaded on first use: all commands need records and tables, few need the modules after them.
__getattr__ = first_use(__name__, ("archive", "records", "tables", "metrics", "review_records", "texts", "accounts"))
