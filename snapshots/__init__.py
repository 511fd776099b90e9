"""The memory: Archive keeps revisions, comparisons, findings and deliveries."""

from snapshots.archive import Archive
from snapshots.values import (
    Attempt,
    Checked,
    Decision,
    Delivery,
    Draft,
    Event,
    Mute,
    Occurrence,
    Posting,
    Standing,
    State,
    Status,
    Telling,
    Told,
    Unsent,
    Watched,
    Withheld,
)

__all__ = [
    "Archive",
    "Attempt",
    "Checked",
    "Decision",
    "Delivery",
    "Draft",
    "Event",
    "Mute",
    "Occurrence",
    "Posting",
    "Standing",
    "State",
    "Status",
    "Telling",
    "Told",
    "Unsent",
    "Watched",
    "Withheld",
]
