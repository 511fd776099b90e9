"""Store revisions, comparisons, findings and deliveries; Archive is the interface."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watcher.first_use import first_use

if TYPE_CHECKING:
    from snapshots.accounts import AccountRepository, ApiToken, Principal, Scope, User
    from snapshots.archive import Archive
    from snapshots.metrics import DatabaseMetrics, OutboxStatus, SharedCounter
    from snapshots.records import (
        ArticleEvent,
        CheckProgress,
        CheckResult,
        ClaimedMessage,
        ComparisonRecord,
        DeliveryRecord,
        ImageDigests,
        NewDelivery,
        OutgoingAlert,
        PollState,
        QueuedAlert,
        SentFact,
        StatedFact,
    )
    from snapshots.renderings import RenderedFacts
    from snapshots.review_records import (
        Dismissal,
        EditPosition,
        FacetCounts,
        FindingFilter,
        ReviewAction,
        ReviewDecision,
        ReviewedEdit,
        ReviewedFinding,
        ReviewEvent,
        ReviewState,
        SortOrder,
    )
    from snapshots.tables import Delivery, DeliveryState, Mute, NewMute, PageEvent

# Records and tables are for all; what comes after them is for few commands.
__getattr__ = first_use(
    __name__, ("archive", "records", "tables", "metrics", "review_records", "renderings", "accounts")
)
