"""Define the product's values: frozen, from the standard library only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watcher.first_use import first_use

if TYPE_CHECKING:
    from watcher.model.changes import (
        Alert,
        Change,
        Cited,
        Comparison,
        FieldChange,
        Finding,
        Mention,
        Notice,
        Policy,
        Reason,
        SourceChange,
    )
    from watcher.model.elements import (
        NO_LOCATION,
        Claim,
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
        percent,
    )
    from watcher.model.revisions import (
        Article,
        Dialect,
        Revision,
        Snapshot,
    )
    from watcher.model.vocabulary import AlertTopic, Cue, Kind, Measure, OperatorEvent, Severity, TextKind

# Most commands need neither elements nor changes. Each module imports those before it.
__getattr__ = first_use(__name__, ("vocabulary", "revisions", "elements", "changes"))
