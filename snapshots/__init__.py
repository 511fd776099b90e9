"""The memory: Archive keeps revisions, comparisons, findings and deliveries."""

from snapshots.archive import Archive
from snapshots.values import (
    Attempt,
    Checked,
    Decision,
    Delivery,
    Draft,
    Event,
    Posting,
    State,
    Status,
    Watched,
)

__all__ = [
    "Archive",
    "Attempt",
    "Checked",
    "Decision",
    "Delivery",
    "Draft",
    "Event",
    "Posting",
    "State",
    "Status",
    "Watched",
]
