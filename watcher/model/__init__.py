"""Define the product's values: frozen, from the standard library only."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from watcher.model.alerts import Alert, Notice
    from watcher.model.changes import (
        Change,
        Cited,
        Comparison,
        FieldChange,
        Finding,
        Mention,
        Policy,
        Reason,
        SourceChange,
    )
    from watcher.model.elements import (
        NO_LOCATION,
        Claim,
        Contradiction,
        CueMatch,
        Document,
        Element,
        Figure,
        Location,
        Quantity,
        Reference,
        Section,
        Sentence,
        Statistic,
        Tag,
        Unread,
        Work,
        percent,
    )
    from watcher.model.revisions import (
        Article,
        Dialect,
        Revision,
        Snapshot,
    )
    from watcher.model.vocabulary import AlertTopic, Cue, Kind, Measure, OperatorEvent, Severity, TextKind

__all__ = [
    "NO_LOCATION",
    "Alert",
    "AlertTopic",
    "Article",
    "Change",
    "Cited",
    "Claim",
    "Comparison",
    "Contradiction",
    "Cue",
    "CueMatch",
    "Dialect",
    "Document",
    "Element",
    "FieldChange",
    "Figure",
    "Finding",
    "Kind",
    "Location",
    "Measure",
    "Mention",
    "Notice",
    "OperatorEvent",
    "Policy",
    "Quantity",
    "Reason",
    "Reference",
    "Revision",
    "Section",
    "Sentence",
    "Severity",
    "Snapshot",
    "SourceChange",
    "Statistic",
    "Tag",
    "TextKind",
    "Unread",
    "Work",
    "percent",
]

# Each of them imports those before it.
_MODULES: Final = ("vocabulary", "revisions", "elements", "changes", "alerts")


def __getattr__(name: str) -> Any:
    """Import a name with its first use: most commands need neither elements nor changes."""
    if name in __all__:
        for module in _MODULES:
            if hasattr(part := import_module(f"{__name__}.{module}"), name):
                return globals().setdefault(name, getattr(part, name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
