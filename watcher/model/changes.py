"""Define changes, findings, comparisons, the policy that judges them, and alerts: what is sent about a comparison."""

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
    """A field of an element with its value before and after, as text; None where absent."""

    name: str
    old: str | None
    new: str | None

    def is_part_of(self, other: FieldChange) -> bool:
        """Return whether another field shows what this one does on both sides."""
        return (self.old or "") in (other.old or "") and (self.new or "") in (other.new or "")


PAGE: Final = "page"
"""The field of a change of the whole page: how long it was, and what is left."""
RESTORATION: Final = "restores"
"""The code of the reason that an edit brings back an earlier text as a whole."""
RECENT: Final = "recently-added"
"""The code of the reason that such an edit takes out what had just come."""


HEADER: Final = "header"
"""The field that holds a head, label or caption before and after."""
VALUE_FIELDS: Final = frozenset({"entity", "date", "number", "rank", "cell", "attribution"})
"""The fields of a changed claim that an update changes: one value took the place of another."""


class SourceChange(StrEnum):
    """What happened to the references that support a sentence."""

    NONE = "none"
    UNCHANGED = "unchanged"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """Another sentence that a change concerns; `unsourced` when nothing supports it any more."""

    sentence: str
    location: Location
    unsourced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A source as a reader is shown it; `status` is kept, edited, added or removed.

    Also another article that states something from one of them (`article`), and what was read in one (`read`).
    """

    label: str
    url: str | None
    status: str
    archive_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewording:
    """How far a sentence was reworded, in words of meaning (tokens).

    Those that it had before, those that are gone and that came; `length` is in words of any script, and `splits` says
    that sentences were joined or parted there.
    """

    before: int
    gone: int
    come: int
    length: float
    splits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableEdit:
    """What one edit did to a table, whose `cells` are so many changes; `table` tells the tables of a page apart.

    `names` are the columns that were updated, or the rows and columns that came or went. `is_round` says that most rows
    changed, and each column in one way, as in a league table after a round.
    """

    act: TableAct
    table: tuple[int, int]
    names: tuple[str, ...]
    caption: str = ""
    is_round: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference, without a judgement.

    `siblings` are the other statistics of the new sentence, `before` those of the old one (for arithmetic);
    `elsewhere` are the places that still state the old value, `unsupported` the sentences that cited a source which is
    gone; `cited` are the sources of both sentences, as far as they are defined. `wikitext` holds the source of a claim
    or figure in either text. `label` is what a cell or field belongs to: headers ("1901 × Flour"), a parameter of an
    infobox; `dated` are the fields beside it that say when it holds, `looked_up` the later date of the same source.
    `pinned` is the sentence that the user quoted, of which it is a change. `rewording` counts the words of a changed
    claim. `uploads` are those of both versions of a file that was uploaded anew. `part_of` is what the edit did to the
    table of a cell; the change that tells that holds those of the `cells`.
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
    rewording: Rewording | None = field(default=None, compare=False, repr=False)
    uploads: tuple[FileUpload | None, FileUpload | None] = field(default=(None, None), compare=False, repr=False)
    part_of: TableEdit | None = field(default=None, compare=False, repr=False)
    cells: tuple[Change, ...] = field(default=(), compare=False, repr=False)

    @property
    def is_pinned(self) -> bool:
        """Whether it is a change of a sentence that the user quoted: reported whatever happened to its page."""
        return self.pinned is not None

    @property
    def keeps_sources(self) -> bool:
        """Return whether the sentence has the sources that it had, or has none and had none."""
        return self.source in (SourceChange.UNCHANGED, SourceChange.NONE)

    @property
    def known_source(self) -> str | None:
        """Return what the sentence cites now and did not cite, where no new work is cited: the page knew it."""
        if self.source not in (SourceChange.NONE, SourceChange.REMOVED):
            return None
        come = {*self.new_references}.difference(self.old_references)
        return next((ref.title or ref.url for ref in self.cited if ref.key in come), None)

    @property
    def links(self) -> tuple[str, str] | None:
        """Return the link that leads elsewhere, as wikitext before and now; None where all lead where they did."""
        return next(((field.old or "", field.new or "") for field in self.fields if field.name == "link"), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileUpload:
    """An upload of a file: when, by whom and with which comment, its bytes and pixels; what the wiki hides is None.

    `thumbnail` is where the wiki serves a small copy, known only where somebody may load it.
    """

    at: datetime
    editor: str | None
    comment: str | None
    size: int | None = None
    width: int | None = None
    height: int | None = None
    thumbnail: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON, without what is not known."""
        values = {each.name: getattr(self, each.name) for each in fields(FileUpload)} | {"at": self.at.isoformat()}
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> FileUpload:
        """Return the upload that `to_dict` wrote."""
        known: dict[str, Any] = {each.name: stored.get(each.name) for each in fields(cls)}
        return cls(**(known | {"at": datetime.fromisoformat(stored["at"])}))


def uploaded_file(change: Change) -> str | None:
    """Return the file that was uploaded anew under its name, which no edit of the article did; else None."""
    old, new = change.old, change.new
    if not isinstance(old, Figure) or not isinstance(new, Figure) or not old.sha1 or not new.sha1:
        return None
    return new.file if old.sha1 != new.sha1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a finding has its severity: a stable code, the story with its numbers, and other articles that it names."""

    code: str
    text: str
    articles: tuple[Cited, ...] = ()


def _with_wikitext(element: Element | None, wikitext: str, upload: FileUpload | None) -> dict[str, Any] | None:
    """Return the element as JSON with the wikitext that it was read from, and its upload, where they are known."""
    written = element_to_dict(element)
    more = {"wikitext": wikitext} if wikitext else {}
    return {**written, **more, **({"upload": upload.to_dict()} if upload else {})} if written is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A change with its judgement.

    `score` is that of `judge/worth.py`, where it decides. `edits` is the revision that made it, the oldest first where
    one of several did and it cannot be told which; empty where no revisions are known. `filtered` says why the watch's
    filters keep it out of alerts: `bot edit`.
    `through` names the pages whose edits these are, where readers see what the wikitext does not tell.
    `context` says what is known of its edit beside the change, `points` (0 to 9) how much more often reverted edits
    have that. `source_check` says which of its values a cited source states, where that was looked up;
    `sources_to_read` are the addresses, then those of archived copies, for which its alert did not wait.
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
        """Return where it stands in a queue: by severity, within that by the context of its edit."""
        return self.severity.lowest_rank + self.points

    @property
    def articles(self) -> tuple[Cited, ...]:
        """Return the other articles that its reasons name."""
        return tuple(article for reason in self.reasons for article in reason.articles)

    @property
    def read_sources(self) -> tuple[Cited, ...]:
        """Return what was read in a cited source, with its address and time, as a source is shown."""
        check = self.source_check
        return (Cited(label=check.label, url=check.url, status="read"),) if check else ()

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as the contract's JSON: decimals are strings, what is not there is null."""
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
"""Cells of a change of a table that its JSON holds."""


def edits_from_dict(finding: Mapping[str, Any], article: Article) -> tuple[Revision, ...]:
    """Return `Finding.edits` from the finding's JSON; empty where another version wrote it."""
    only, several = finding.get("revision"), finding.get("revisions")
    return tuple(Revision.from_dict(stored, article) for stored in several or ([only] if only else []))


def edits_or_revision(finding: Mapping[str, Any], after: Revision) -> tuple[Revision, ...]:
    """Return `Finding.edits` from the finding's JSON, where there are none the revision in which it was found.

    Who saved that is not to blame for what readers see through other sources.
    """
    unattributed = replace(after, parent_id=0, editor=None, comment=None) if finding.get("through") else after
    return edits_from_dict(finding, after.article) or (unattributed,)


def editors_of(edits: Sequence[Revision]) -> str | None:
    """Name who made some edits, "A or B" of several; None where the wiki hides the names."""
    names = dict.fromkeys(edit.editor for edit in edits if edit.editor is not None)
    return " or ".join([*names][:5]) or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The findings between two texts in document order, what could not be read, and how many were not listed."""

    findings: tuple[Finding, ...] = ()
    unread: tuple[Unread, ...] = ()
    not_listed: int = 0
    article: Article | None = None
    before: Revision | None = None
    after: Revision | None = None

    @property
    def is_rendered(self) -> bool:
        """Return whether this compares what readers saw of one revision at two times."""
        return any(finding.through for finding in self.findings)

    @property
    def is_of_one_revision(self) -> bool:
        """Return whether this compares what one revision shows at two times: its images, or all that readers see."""
        return self.before is not None and self.after is not None and self.before.id == self.after.id

    def at_least(self, threshold: Severity) -> tuple[Finding, ...]:
        """Return the findings that reach `threshold`, most severe first, else in document order."""
        hits = [finding for finding in self.findings if finding.severity >= threshold]
        return tuple(sorted(hits, key=lambda finding: -finding.severity))

    @property
    def worst(self) -> Severity | None:
        """Return the highest severity, None when nothing was found."""
        return max((finding.severity for finding in self.findings), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticLimit:
    """The changes of a statistic that a user named, by words, to be alerted whatever the threshold.

    Those that leave the range from `low` to `high`, and those by more than the share `change`. `severity` is the least
    that they have; None stands for the policy's threshold.
    """

    label: str
    low: Decimal | None = None
    high: Decimal | None = None
    change: Decimal | None = None
    severity: Severity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What one watch considers worth an alert.

    `pinned` are sentences quoted by the user.
    """

    pinned: tuple[str, ...] = ()
    threshold: Severity = Severity.MEDIUM
    statistics: tuple[StatisticLimit, ...] = ()


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
