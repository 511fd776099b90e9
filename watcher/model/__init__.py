"""Define the product's values as frozen classes that need only the standard library."""

from typing import TYPE_CHECKING

from watcher.first_use import first_use

if TYPE_CHECKING:
    from watcher.model.changes import *  # noqa: F403
    from watcher.model.elements import *  # noqa: F403
    from watcher.model.revisions import *  # noqa: F403
    from watcher.model.vocabulary import *  # noqa: F403

# Loaded on first use: most commands need neither elements nor changes. Each module imports those before it.
__getattr__ = first_use(__name__, ("vocabulary", "revisions", "elements", "changes"))
