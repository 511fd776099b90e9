"""Define the fixed vocabularies: severity, kind, measure, kind of text."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final

RANKS: Final = 10
"""Ranks of one severity: context orders findings within a severity and never past the next."""


class Severity(IntEnum):
    """How much a reader loses by not knowing; ordered, so `>=` compares with a threshold."""

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
        """Return the severity `steps` higher, never past CRITICAL."""
        return Severity(min(self + steps, Severity.CRITICAL))

    @property
    def lowest_rank(self) -> int:
        """Return the rank of a finding of this severity whose edit's context adds nothing."""
        return RANKS * self

    @property
    def highest_rank(self) -> int:
        """Return the highest rank that the edit's context can give a finding of this severity."""
        return RANKS * self + RANKS - 1


class TextKind(StrEnum):
    """What kind of text a sentence stands in."""

    PROSE = "prose"
    LIST = "list"
    QUOTE = "quote"
    TABLE = "table"
    INFOBOX = "infobox"
    CAPTION = "caption"

    @property
    def is_cell(self) -> bool:
        """Return whether a value stands under a label, and not in a sentence."""
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
        """Return whether the measure (rank, year, date) only gives a statistic its context."""
        return self in (Measure.RANK, Measure.YEAR, Measure.DATE)


class Cue(StrEnum):
    """What makes a sentence a claim."""

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
    """What one edit did to a table, of which the changes of its cells are parts."""

    UPDATED = "columns updated"
    REORDERED = "rows reordered"
    ROWS_ADDED = "rows added"
    ROWS_REMOVED = "rows removed"
    COLUMNS_ADDED = "columns added"
    COLUMNS_REMOVED = "columns removed"


class Kind(StrEnum):
    """What happened to what; the names are the contract's."""

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
        """Return whether a statistic or claim that stood is gone or another one."""
        return self.subject in ("statistic", "claim") and self.verb in ("changed", "removed")


class OperatorEvent(StrEnum):
    """What happened to a watched page, its checks or its alerts, beside its text; for operators."""

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
    """Why an alert is sent."""

    CHANGE = "change"
    UPDATE = "update"
    RESOLVED = "resolved"
    CATCH_UP = "catch-up"
    OPERATOR = "operator"
    TEST = "test"
