"""Define changes, findings, comparisons, the policy by which they are judged, and alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from watcher.model.elements import NO_LOCATION, Element, Figure, Location, Reference, Statistic, Unread, element_to_dict
from watcher.model.revisions import Article, Revision
from watcher.model.source_checks import SourceCheck
from watcher.model.vocabulary import AlertTopic, Kind, OperatorEvent, Severity, TableAct, TextKind


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """A field of an element with its old and new value, as text; None if the field is absent."""

    name: str
    old: str | None
    new: str | None

    def is_part_of(self, other: FieldChange) -> bool:
        """Return whether both values of another field contain those of this one."""
        return (self.old or "") in (other.old or "") and (self.new or "") in (other.new or "")


PAGE: Final = "page"
"""The field of a change of the whole page: its length before, and what is left of it."""
RESTORATION: Final = "restores"
"""The code of the reason that an edit restores the whole of an earlier text."""
RECENT: Final = "recently-added"
"""The code of the reason that such an edit removes what had just been added."""


HEADER: Final = "header"
"""The field with the old and new text of a table header, label or caption."""
VALUE_FIELDS: Final = frozenset({"entity", "date", "number", "rank", "cell", "attribution"})
"""The fields of a changed claim in which an update replaces one value with another."""


class SourceChange(StrEnum):
    """What happened to the references that support a sentence."""

    NONE = "none"
    UNCHANGED = "unchanged"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """Another sentence that a change concerns; it is `unsourced` if no source supports it any longer."""

    sentence: str
    location: Location
    unsourced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A source as it is shown to readers; `status` is kept, edited, added or removed.

    It may also be another article that cites the same source (`article`), or what was read in a source (`read`).
    """

    label: str
    url: str | None
    status: str
    archive_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewording:
    """The extent to which a sentence was reworded, in content words (tokens).

    `before` counts the old sentence's tokens, `removed` and `added` those lost and gained. `length` is in words of any
    script. `splits` says that sentences were joined or split there.
    """

    before: int
    removed: int
    added: int
    length: float
    splits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableEdit:
    """What one edit did to a table; `table` tells the tables of a page apart.

    `names` are the updated columns, or the added or removed rows or columns. `is_round` says that each column
    changed in the same way, as in a league table after a round or match.
    """

    act: TableAct
    table: tuple[int, int]
    names: tuple[str, ...]
    caption: str = ""
    is_round: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between two documents, without a judgement.

    `siblings` are the other statistics of the new sentence, `before` those of the old one (for arithmetic).
    `elsewhere` are sentences that still state the old value, `unsupported` sentences that cited a removed source.
    `cited` are the sources of both sentences, as far as they are defined. `wikitext` is the source of a claim or figure
    in both texts. `label` names a cell or field: its headers ("1901 × Flour") or the infobox parameter. `dated` are the
    fields beside it that say when it holds, `looked_up` is the later access date of the same source. `pinned` is the
    changed sentence as the user quoted it. A new sentence `follows_source` if it comes right after a citation.
    `rewording` counts the words of a changed claim. `uploads` are the uploads of both versions of a file. `part_of` is
    the edit of the table to which a changed cell belongs; the change that reports this table edit holds the changes of
    the `cells`.
    """

    kind: Kind
    old: Element | None
    new: Element | None
    fields: tuple[FieldChange, ...] = ()
    where: TextKind = TextKind.PROSE
    label: str = field(default="", compare=False)
    dated: str = field(default="", compare=False, repr=False)
    looked_up: str = field(default="", compare=False, repr=False)
    old_sentence: str | None = None
    new_sentence: str | None = None
    old_references: tuple[str, ...] = ()
    new_references: tuple[str, ...] = ()
    source: SourceChange = SourceChange.NONE
    before: tuple[Statistic, ...] = field(default=(), compare=False, repr=False)
    siblings: tuple[Statistic, ...] = field(default=(), compare=False, repr=False)
    elsewhere: tuple[Mention, ...] = field(default=(), compare=False)
    unsupported: tuple[Mention, ...] = field(default=(), compare=False)
    cited: tuple[Reference, ...] = field(default=(), compare=False)
    wikitext: tuple[str, str] = field(default=("", ""), compare=False, repr=False)
    location: Location = field(default=NO_LOCATION, compare=False)
    pinned: str | None = field(default=None, compare=False)
    follows_source: bool = field(default=False, compare=False, repr=False)
    rewording: Rewording | None = field(default=None, compare=False, repr=False)
    uploads: tuple[FileUpload | None, FileUpload | None] = field(default=(None, None), compare=False, repr=False)
    part_of: TableEdit | None = field(default=None, compare=False, repr=False)
    cells: tuple[Change, ...] = field(default=(), compare=False, repr=False)

    @property
    def is_pinned(self) -> bool:
        """Return whether it changes a sentence that the user pinned; such changes are always reported."""
        return self.pinned is not None

    @property
    def keeps_sources(self) -> bool:
        """Return whether the sentence has the same sources as before, or none before and after."""
        return self.source in (SourceChange.UNCHANGED, SourceChange.NONE)

    @property
    def known_source(self) -> str | None:
        """Return a source (title or URL) that is new to the sentence but not to the page; None if there is none."""
        if self.source not in (SourceChange.NONE, SourceChange.REMOVED):
            return None
        added = {*self.new_references}.difference(self.old_references)
        return next((ref.title or ref.url for ref in self.cited if ref.key in added), None)

    @property
    def links(self) -> tuple[str, str] | None:
        """Return the old and new wikitext of a link whose target changed; None if no target changed."""
        return next(((field.old or "", field.new or "") for field in self.fields if field.name == "link"), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileUpload:
    """An upload of a file, with its `size` in bytes, width and height in pixels; what the wiki hides is None.

    `thumbnail` is the URL of a small copy, known only if browsers may load it.
    """

    at: datetime
    editor: str | None
    comment: str | None
    size: int | None = None
    width: int | None = None
    height: int | None = None
    thumbnail: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the upload as JSON, without unknown values."""
        values = {each.name: getattr(self, each.name) for each in fields(FileUpload)} | {"at": self.at.isoformat()}
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> FileUpload:
        """Return the upload that `to_dict` wrote."""
        known: dict[str, Any] = {each.name: stored.get(each.name) for each in fields(cls)}
        return cls(**(known | {"at": datetime.fromisoformat(stored["at"])}))


def uploaded_file(change: Change) -> str | None:
    """Return the file if the change is an upload of a new version, which is no edit of the article; else None."""
    old, new = change.old, change.new
    if not isinstance(old, Figure) or not isinstance(new, Figure) or not old.sha1 or not new.sha1:
        return None
    return new.file if old.sha1 != new.sha1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A reason for a finding's severity: a stable code, a text with its numbers, and other articles that it names."""

    code: str
    text: str
    articles: tuple[Cited, ...] = ()


def _with_wikitext(element: Element | None, wikitext: str, upload: FileUpload | None) -> dict[str, Any] | None:
    """Return the element as JSON, with its wikitext and its upload if they are known; None for None."""
    written = element_to_dict(element)
    more = {"wikitext": wikitext} if wikitext else {}
    return {**written, **more, **({"upload": upload.to_dict()} if upload else {})} if written is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A change with its judgement.

    `score` is that of `judge/worth.py`, if it decides. `edits` holds the revision that made the change. If it is
    uncertain which of several did, it holds all of them, oldest first; it is empty if no revisions are known.
    `filtered` says why the watch's filters keep the finding out of alerts, such as `bot edit`. `through` names the
    transcluded pages that were edited, if the article's own wikitext does not show the change. `context` are the known
    circumstances of the edit; `points` (0 to 9) say how much more often reverted edits have them. `source_check` says
    which of the values a cited source states, if it was looked up; `sources_to_read` are the addresses of sources and
    then of archived copies for which the alert did not wait.
    """

    rule: str
    severity: Severity
    change: Change
    reasons: tuple[Reason, ...]
    summary: str
    score: float | None = field(default=None, compare=False)
    edits: tuple[Revision, ...] = field(default=(), compare=False)
    filtered: str = field(default="", compare=False)
    through: tuple[str, ...] = field(default=(), compare=False)
    context: tuple[str, ...] = field(default=(), compare=False)
    points: int = field(default=0, compare=False)
    source_check: SourceCheck | None = field(default=None, compare=False)
    sources_to_read: tuple[Sequence[str], ...] = field(default=(), compare=False)

    @property
    def rank(self) -> int:
        """Return its rank in a queue: by severity, then by the points of the edit's context."""
        return self.severity.lowest_rank + self.points

    @property
    def articles(self) -> tuple[Cited, ...]:
        """Return the other articles that its reasons name."""
        return tuple(article for reason in self.reasons for article in reason.articles)

    @property
    def read_sources(self) -> tuple[Cited, ...]:
        """Return what was read in a cited source, with its address and time, in the form of a source; () if unread."""
        check = self.source_check
        return (Cited(label=check.label, url=check.url, status="read"),) if check else ()

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as the JSON of the API: decimals are strings, and absent values are null."""
        change = self.change
        cells = [
            {
                "kind": cell.kind.value,
                "where": cell.where.value,
                "label": cell.label,
                "old": element_to_dict(cell.old),
                "new": element_to_dict(cell.new),
                "sentence": {"old": cell.old_sentence, "new": cell.new_sentence},
            }
            for cell in change.cells[:MAX_CELLS]
        ]
        return {
            "kind": change.kind.value,
            "severity": self.severity.label,
            "section": list(change.location.section),
            "where": change.where.value,
            "label": change.label,
            "old": _with_wikitext(change.old, change.wikitext[0], change.uploads[0]),
            "new": _with_wikitext(change.new, change.wikitext[1], change.uploads[1]),
            "fields": [asdict(field) for field in change.fields],
            **({"cells": cells} if cells else {}),
            "sentence": {"old": change.old_sentence, "new": change.new_sentence},
            "references": {"old": list(change.old_references), "new": list(change.new_references)},
            "reasons": [reason.code for reason in self.reasons],
            "explanations": [reason.text for reason in self.reasons],
            **({"articles": [asdict(article) for article in articles]} if (articles := self.articles) else {}),
            "rule": self.rule,
            "summary": self.summary,
            "filtered": self.filtered or None,
            **({"through": list(self.through)} if self.through else {}),
            **({"context": {"points": self.points, "known": list(self.context)}} if self.context else {}),
            **({"source_check": self.source_check.to_dict()} if self.source_check else {}),
            "revision": self.edits[0].to_dict() if len(self.edits) == 1 else None,
            **({"revisions": [edit.to_dict() for edit in self.edits]} if len(self.edits) > 1 else {}),
        }


MAX_CELLS: Final = 200
"""The most changed cells that the JSON of a table's change holds."""


def edits_from_dict(finding: Mapping[str, Any], article: Article) -> tuple[Revision, ...]:
    """Return `Finding.edits` from the finding's JSON; () if they are not recorded there."""
    only, several = finding.get("revision"), finding.get("revisions")
    return tuple(Revision.from_dict(stored, article) for stored in several or ([only] if only else []))


def edits_or_revision(finding: Mapping[str, Any], after: Revision) -> tuple[Revision, ...]:
    """Return `Finding.edits` from the finding's JSON, or if there are none, the revision in which it was found.

    That revision has no editor if the change came `through` other pages: its editor did not make the change.
    """
    unattributed = replace(after, parent_id=0, editor=None, comment=None) if finding.get("through") else after
    return edits_from_dict(finding, after.article) or (unattributed,)


HIDDEN_EDITOR: Final = "a hidden editor"


def editor_names(edits: Sequence[Revision]) -> list[str]:
    """Return the distinct names of the editors in order, with one term for those that the wiki hides."""
    return list(dict.fromkeys(edit.editor or HIDDEN_EDITOR for edit in edits))


def editors_of(edits: Sequence[Revision]) -> str | None:
    """Return the editor of these edits, "A or B" if there are several; None if the wiki hides the names of all."""
    names = editor_names(edits)
    return None if names == [HIDDEN_EDITOR] else " or ".join(names[:5])


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The findings between two texts in document order, the unread parts, and the number of unlisted changes."""

    findings: tuple[Finding, ...] = ()
    unread: tuple[Unread, ...] = ()
    not_listed: int = 0
    article: Article | None = None
    before: Revision | None = None
    after: Revision | None = None

    @property
    def is_rendered(self) -> bool:
        """Return whether this compares two renderings of one revision."""
        return any(finding.through for finding in self.findings)

    @property
    def is_of_one_revision(self) -> bool:
        """Return whether this compares two states of one revision: of its images, or of its rendering."""
        return self.before is not None and self.after is not None and self.before.id == self.after.id

    def at_least(self, threshold: Severity) -> tuple[Finding, ...]:
        """Return the findings at or above `threshold`, most severe first, then in document order."""
        hits = [finding for finding in self.findings if finding.severity >= threshold]
        return tuple(sorted(hits, key=lambda finding: -finding.severity))

    @property
    def worst(self) -> Severity | None:
        """Return the highest severity, or None if there are no findings."""
        return max((finding.severity for finding in self.findings), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticLimit:
    """The limits of a statistic that a user named; changes beyond them alert regardless of the threshold.

    Such changes leave the range from `low` to `high`, or are larger than the share `change`. They have at least the
    given `severity`; None means the policy's threshold. The words in `label` identify the statistic.
    """

    label: str
    low: Decimal | None = None
    high: Decimal | None = None
    change: Decimal | None = None
    severity: Severity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The policy by which findings of one watch are judged.

    `pinned` are the sentences that the user quoted.
    """

    pinned: tuple[str, ...] = ()
    threshold: Severity = Severity.MEDIUM
    statistics: tuple[StatisticLimit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A finding in the flat form that messages need; it can be converted to JSON and back.

    `old_text` and `new_text` are the changed text as the article writes it, the values exact decimals of statistics.
    `edits` and `through` are those of `Finding`; `diff_url` shows that edit alone, `review_url` is the page of the
    finding. `reasons` are the codes of its reasons, `explanations` their texts. `element_name` is what several pages
    may have in common: the source that a changed reference cites, the name of a changed maintenance tag, or the first
    of `through`. `label` names a changed cell or field, as in `Change`.
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
    """A message about one comparison; `key` is the same on every retry.

    An alert about the page itself (topic "operator") has the same `before` and `after`, one about a failed comparison
    has its two revisions. `language` is that of the wiki, whose text is quoted. `thread` is the key of the message that
    it follows at its destination; it is set when a delivery is claimed, and not stored with the alert. `not_listed`
    counts changes of a huge edit that have no findings, `filtered` the findings that edit filters left out.
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

    @property
    def is_resolved(self) -> bool:
        """Return whether it says that something no longer holds."""
        return self.topic is AlertTopic.RESOLVED

    @property
    def worst(self) -> Severity:
        """Return the severity of its most severe notice; INFO if it has none."""
        return max((notice.severity for notice in self.notices), default=Severity.INFO)

    @property
    def page(self) -> tuple[str, int | str]:
        """Return the identity of its page: the page id, or the title if it is about no page or about several."""
        return self.article.wiki, self.article.page_id or self.article.title
