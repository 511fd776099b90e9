"""Define the fixed vocabularies, such as severities, kinds of changes, measures and kinds of text."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final

RANKS: Final = 10
"""The number of ranks in one severity: an edit's context orders findings within a severity only."""


class Severity(IntEnum):
    """How serious a finding is for readers; ordered, so that `>=` compares with a threshold."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        """Return the name used in JSON and in watchlist.toml."""
        return self.name.lower()

    def raised(self, steps: int = 1) -> Severity:
        """Return the severity `steps` higher, at most CRITICAL."""
        return Severity(min(self + steps, Severity.CRITICAL))

    @property
    def lowest_rank(self) -> int:
        """Return the rank of a finding of this severity without points for its edit's context."""
        return RANKS * self

    @property
    def highest_rank(self) -> int:
        """Return the rank of a finding of this severity with the most points for its edit's context."""
        return RANKS * self + RANKS - 1


class TextKind(StrEnum):
    """The kind of text in which a sentence occurs."""

    PROSE = "prose"
    LIST = "list"
    QUOTE = "quote"
    TABLE = "table"
    INFOBOX = "infobox"
    CAPTION = "caption"

    @property
    def is_cell(self) -> bool:
        """Return whether values of this kind of text have a label instead of a sentence."""
        return self is TextKind.TABLE or self is TextKind.INFOBOX


class Measure(StrEnum):
    """What a number measures."""

    COUNT = "count"
    PERCENT = "percent"
    CURRENCY = "currency"
    RATIO = "ratio"
    MULTIPLE = "multiple"
    AGE = "age"
    DURATION = "duration"
    MEASUREMENT = "measurement"
    RATE = "rate"
    SCORE = "score"
    RANK = "rank"
    YEAR = "year"
    DATE = "date"

    @property
    def is_context(self) -> bool:
        """Return whether the measure (rank, year, date) only gives context to other statistics."""
        return self in (Measure.RANK, Measure.YEAR, Measure.DATE)


class Cue(StrEnum):
    """A kind of cue that makes a sentence a claim."""

    RANK = "rank"
    SUPERLATIVE = "superlative"
    NEGATION = "negation"
    HEDGE = "hedge"
    ATTRIBUTION = "attribution"
    DIRECTION = "direction"
    COMPARISON = "comparison"
    ENTITY = "entity"
    DEFINITION = "definition"
    PINNED = "pinned"


class TableAct(StrEnum):
    """What one edit did to a table; the changes of its cells are parts of it."""

    UPDATED = "columns updated"
    REORDERED = "rows reordered"
    ROWS_ADDED = "rows added"
    ROWS_REMOVED = "rows removed"
    COLUMNS_ADDED = "columns added"
    COLUMNS_REMOVED = "columns removed"


class Kind(StrEnum):
    """The kind of a change: what happened to which element; the values are part of the API."""

    SECTION_ADDED = "section.added"
    SECTION_REMOVED = "section.removed"
    SECTION_RENAMED = "section.renamed"
    SECTION_MOVED = "section.moved"
    FIGURE_ADDED = "figure.added"
    FIGURE_REMOVED = "figure.removed"
    FIGURE_REPLACED = "figure.replaced"
    FIGURE_MOVED = "figure.moved"
    FIGURE_CHANGED = "figure.changed"
    REFERENCE_ADDED = "reference.added"
    REFERENCE_REMOVED = "reference.removed"
    REFERENCE_CHANGED = "reference.changed"
    REFERENCE_BROKEN = "reference.broken"
    REFERENCE_UNUSED = "reference.unused"
    REFERENCE_MOVED = "reference.moved"
    STATISTIC_ADDED = "statistic.added"
    STATISTIC_REMOVED = "statistic.removed"
    STATISTIC_CHANGED = "statistic.changed"
    CLAIM_ADDED = "claim.added"
    CLAIM_REMOVED = "claim.removed"
    CLAIM_CHANGED = "claim.changed"
    TAG_ADDED = "tag.added"
    TAG_REMOVED = "tag.removed"
    PROSE_ADDED = "prose.added"
    PROSE_REMOVED = "prose.removed"
    PROSE_CHANGED = "prose.changed"

    @property
    def subject(self) -> str:
        """Return `statistic` of `statistic.changed`."""
        return self.value.partition(".")[0]

    @property
    def verb(self) -> str:
        """Return `changed` of `statistic.changed`."""
        return self.value.partition(".")[2]

    @property
    def changes_fact(self) -> bool:
        """Return whether an existing statistic or claim was changed or removed."""
        return self.subject in ("statistic", "claim") and self.verb in ("changed", "removed")


class OperatorEvent(StrEnum):
    """An event, other than an edit, of a watched page, its checks or its alerts; for operators."""

    PAGE_DELETED = "page.deleted"
    PAGE_RESTORED = "page.restored"
    PAGE_MOVED = "page.moved"
    PAGE_PROTECTED = "page.protected"
    PAGE_REDIRECTED = "page.redirected"
    PAGE_HIDDEN = "page.hidden"
    PAGE_UNUSABLE = "page.unusable"
    PAGE_TOO_LARGE = "page.too-large"
    LIST_JOINED = "list.joined"
    LIST_LEFT = "list.left"
    LIST_RETURNED = "list.returned"
    SECTION_MISSING = "page.section-missing"
    CHECK_FAILING = "check.failing"
    CHECK_RECOVERED = "check.recovered"
    CHECK_OVERDUE = "check.overdue"
    COMPARISON_FAILED = "comparison.failed"
    DELIVERY_DEAD = "delivery.dead"
    SERVICE_DOWN = "service.down"
    SERVICE_RECOVERED = "service.recovered"


class AlertTopic(StrEnum):
    """The reason why an alert is sent."""

    CHANGE = "change"
    UPDATE = "update"
    RESOLVED = "resolved"
    CATCH_UP = "catch-up"
    OPERATOR = "operator"
    TEST = "test"
