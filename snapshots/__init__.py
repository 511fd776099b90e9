"""Store revisions, comparisons, findings and deliveries; Archive is the interface."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from snapshots.accounts import AccountRepository, ApiToken, Principal, Scope, User
    from snapshots.archive import Archive
    from snapshots.baselines import Baseline
    from snapshots.findings import FacetCounts
    from snapshots.metrics import DatabaseMetrics, OutboxStatus, SharedCounter
    from snapshots.records import (
        ArticleEvent,
        CheckProgress,
        CheckResult,
        ClaimedMessage,
        ComparisonRecord,
        DeliveryRecord,
        DeliveryState,
        ImageDigests,
        Mute,
        NewDelivery,
        NewMute,
        OutgoingAlert,
        PageEvent,
        PollState,
        QueuedAlert,
        SentFact,
        Suppressed,
        UnreachedWatch,
        UnresolvedFact,
    )
    from snapshots.renderings import RenderedFacts
    from snapshots.review_records import (
        Dismissal,
        EditPage,
        EditPosition,
        FindingFilter,
        ReviewAction,
        ReviewDecision,
        ReviewedEdit,
        ReviewedFinding,
        ReviewEvent,
        ReviewState,
        SortOrder,
    )

__all__ = [
    "AccountRepository",
    "ApiToken",
    "Archive",
    "ArticleEvent",
    "Baseline",
    "CheckProgress",
    "CheckResult",
    "ClaimedMessage",
    "ComparisonRecord",
    "DatabaseMetrics",
    "DeliveryRecord",
    "DeliveryState",
    "Dismissal",
    "EditPage",
    "EditPosition",
    "FacetCounts",
    "FindingFilter",
    "ImageDigests",
    "Mute",
    "NewDelivery",
    "NewMute",
    "OutboxStatus",
    "OutgoingAlert",
    "PageEvent",
    "PollState",
    "Principal",
    "QueuedAlert",
    "RenderedFacts",
    "ReviewAction",
    "ReviewDecision",
    "ReviewEvent",
    "ReviewState",
    "ReviewedEdit",
    "ReviewedFinding",
    "Scope",
    "SentFact",
    "SharedCounter",
    "SortOrder",
    "Suppressed",
    "UnreachedWatch",
    "UnresolvedFact",
    "User",
]

_MODULES: Final = {
    "accounts": ("AccountRepository", "ApiToken", "Principal", "Scope", "User"),
    "archive": ("Archive",),
    "baselines": ("Baseline",),
    "findings": ("FacetCounts",),
    "metrics": ("DatabaseMetrics", "OutboxStatus", "SharedCounter"),
    "renderings": ("RenderedFacts",),
    "review_records": (
        "Dismissal",
        "EditPage",
        "EditPosition",
        "FindingFilter",
        "ReviewAction",
        "ReviewDecision",
        "ReviewedEdit",
        "ReviewedFinding",
        "ReviewEvent",
        "ReviewState",
        "SortOrder",
    ),
}


def __getattr__(name: str) -> Any:
    """Import a name with its first use, from the records where it is not in `_MODULES`: a command needs few of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = next((module for module, names in _MODULES.items() if name in names), "records")
    return getattr(import_module(f"{__name__}.{module}"), name)
