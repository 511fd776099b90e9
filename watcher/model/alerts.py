"""Define alerts: what is sent about a comparison, in the flat words that a message needs."""

from __future__ import annotations

from dataclasses import dataclass

from watcher.model.changes import Cited
from watcher.model.revisions import Article, Revision
from watcher.model.vocabulary import AlertTopic, Kind, OperatorEvent, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A finding in the flat words that a message needs; it survives a round trip through JSON.

    `old_text` and `new_text` are what changed, as the article writes it, the values exact decimals of statistics.
    `edits` are those that made it, as in `Finding`; `diff_url` shows that edit alone, `review_url` is the page of the
    finding. `reasons` are the codes of its reasons, `explanations` their texts. `element_name` is what other pages may
    share: the source that a changed reference cites, the name of a changed maintenance tag, or the first of `through`,
    which is that of `Finding`. `label` is what a changed cell or field belongs to, as in `Change`.
    """

    kind: Kind | OperatorEvent
    severity: Severity
    section: tuple[str, ...]
    summary: str
    old_sentence: str | None = None
    new_sentence: str | None = None
    reasons: tuple[str, ...] = ()
    edits: tuple[Revision, ...] = ()
    diff_url: str = ""
    old_text: str | None = None
    new_text: str | None = None
    old_value: str | None = None
    new_value: str | None = None
    explanations: tuple[str, ...] = ()
    sources: tuple[Cited, ...] = ()
    review_url: str = ""
    element_name: str = ""
    through: tuple[str, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What is sent about one comparison; `key` is the same on every retry.

    An alert about the page itself (topic "operator") has the same `before` and `after`; one about a failed comparison
    has its revisions. `language` is that of the wiki, whose words are quoted. `thread` is the key of the message that
    it follows at its destination: known when a delivery is claimed, and not stored. `not_listed` counts the changes of
    an enormous edit that are no findings, `filtered` the findings that filters of edits left out.
    """

    key: str
    article: Article
    before: Revision
    after: Revision
    notices: tuple[Notice, ...]
    diff_url: str
    report_url: str | None = None
    topic: AlertTopic = AlertTopic.CHANGE
    language: str = "en"
    thread: str = ""
    not_listed: int = 0
    filtered: int = 0
