"""Put findings, their states and their history into words for the pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

from snapshots import Dismissal, ReviewAction, ReviewedFinding, ReviewEvent, ReviewState
from watcher.model import Article, Kind, TextKind
from watcher.model.ledger import EditVerb
from watcher.report.labels import counted, headline_of, kind_label, thing_label
from watcher.text import single_line
from watcher.text.word_diff import SentenceDiff, diff_sentences


@dataclass(frozen=True, slots=True)
class Outcome:
    """A decision that ends the review of a finding: its name, key, how it is stored, and what it means."""

    label: str
    key: str
    action: ReviewAction
    reason: Dismissal | None
    meaning: str


STATES: Final = {
    ReviewState.OPEN: "Open",
    ReviewState.ACKNOWLEDGED: "In discussion",
    ReviewState.DISMISSED: "Decided",
    ReviewState.MUTED: "Muted",
    ReviewState.RESOLVED: "Resolved",
}
REASONS: Final = {
    Dismissal.UPDATE_IS_RIGHT: "Correct",
    Dismissal.WRONG_FIXED: "Wrong, fixed",
    Dismissal.NOT_A_FACT: "Not a factual change",
    Dismissal.VANDALISM_REVERTED: "Vandalism, reverted",
    Dismissal.DUPLICATE: "Duplicate",
    Dismissal.OTHER: "Other",
}
OUTCOMES: Final = {
    "correct": Outcome("Correct", "c", ReviewAction.DISMISS, Dismissal.UPDATE_IS_RIGHT, "The new text is right."),
    "fixed": Outcome(
        "Wrong, fixed",
        "w",
        ReviewAction.DISMISS,
        Dismissal.WRONG_FIXED,
        "The edit was wrong, and the article is right again.",
    ),
    "discuss": Outcome(
        "Needs discussion",
        "d",
        ReviewAction.ACKNOWLEDGE,
        None,
        "Somebody has to look into it, or it is on the talk page.",
    ),
    "not-a-fact": Outcome(
        "Not a factual change", "n", ReviewAction.DISMISS, Dismissal.NOT_A_FACT, "What the article states is the same."
    ),
}
"""What an editor decides about a finding, by the value of its button."""
_ACTIONS: Final = {
    ReviewAction.ACKNOWLEDGE: "decided: needs discussion",
    ReviewAction.NOTE: "noted",
    ReviewAction.MUTE: "muted this statistic",
    ReviewAction.RESOLVE: "resolved it",
}
EDIT_VERBS: Final = {
    EditVerb.KNOWN: "known",
    EditVerb.ADDED: "added",
    EditVerb.CHANGED: "changed",
    EditVerb.RESOURCED: "given another source",
    EditVerb.RESTORED: "restored",
    EditVerb.REMOVED: "removed",
}
_LONGEST_SENTENCE: Final = 300


def finding_title(finding: ReviewedFinding) -> str:
    """Return the change in a line: the thing first, in words, without a quotation of the sentence."""
    return single_line(headline_of(finding.summary, *_named(finding.body)), 300)


def finding_thing(finding: ReviewedFinding) -> str:
    """Return what changed, whatever its values are: the name of a cell or parameter, else the kind of change."""
    return single_line(thing_label(*_named(finding.body)), 120) or kind_name(finding.kind)


def _named(body: Mapping[str, Any]) -> tuple[str, TextKind, list[str]]:
    """Return the label of a finding, where it is, and the values that do not name it."""
    values = [str(side["text"]) for name in ("old", "new") if (side := body.get(name)) and side.get("text")]
    known = {kind.value for kind in TextKind}
    return body.get("label") or "", TextKind(body["where"]) if body.get("where") in known else TextKind.PROSE, values


def sentence_words(finding: ReviewedFinding) -> SentenceDiff | None:
    """Return the sentence of a finding with the words that changed; None where it has none but its value, as a cell."""
    sentence = finding.body.get("sentence") or {}
    old, new = sentence.get("old") or "", sentence.get("new") or ""
    *_, values = _named(finding.body)
    return _diff(old, new, _LONGEST_SENTENCE) if {old, new} - {"", *values} else None


_diff = lru_cache(maxsize=1024)(diff_sentences)  # the same rows of the queue are shown again and again


def article_key(article: Article) -> str:
    """`wiki/page id`, as addresses and filters name an article."""
    return f"{article.wiki}/{article.page_id}"


def work_url(works: Sequence[str]) -> str | None:
    """Return an address of a cited work, by the first of its identities that is one; None for a book."""
    for kind, base in (
        ("doi:", "https://doi.org/"),
        ("url:", "https://"),
        ("pmid:", "https://pubmed.ncbi.nlm.nih.gov/"),
    ):
        for work in works:
            if work.startswith(kind):
                return base + quote(work.removeprefix(kind), safe="/?&=%:;,@+~!$()*'")
    return None


def kind_name(kind: str) -> str:
    """`Statistic changed`; a kind of another version as it is."""
    return kind_label(Kind(kind)) if kind in {kind.value for kind in Kind} else single_line(kind, 60)


def reason_name(reason: str | None) -> str:
    """`Not a fact` of `not-a-fact`."""
    known = {dismissal.value: name for dismissal, name in REASONS.items()}
    return known.get(reason or "", "")


def state_label(finding: ReviewedFinding) -> str:
    """`Open`, `Wrong, fixed`: the outcome of a decided finding, else its state."""
    return reason_name(finding.reason) or STATES[finding.state]


@dataclass(frozen=True, slots=True)
class AuditStep:
    """An event in the history of a finding in words, with the notes that answer its note."""

    event: ReviewEvent
    message: str
    answers: tuple[ReviewEvent, ...]


def audit_trail(events: Iterable[ReviewEvent]) -> tuple[AuditStep, ...]:
    """Return the history of a finding, newest first; the answers to a note stand below it, oldest first."""
    known = {event.id: event for event in events}
    answers: dict[int, list[ReviewEvent]] = {}
    for event in known.values():
        if event.answers in known:
            answers.setdefault(event.answers or 0, []).append(event)
    return tuple(
        AuditStep(event, _event_message(event, known.get(event.undoes or 0)), tuple(answers.get(event.id, ())))
        for event in reversed(known.values())
        if event.answers not in known
    )


def _event_message(event: ReviewEvent, undone: ReviewEvent | None) -> str:
    match event.action:
        case ReviewAction.UNDO:
            return f"took back: {undone.by} {_event_message(undone, None)}" if undone else "took a step back"
        case ReviewAction.ASSIGN:
            return f"assigned it to {single_line(event.assignee, 64)}" if event.assignee else "took the assignment back"
        case ReviewAction.DISMISS:
            return f"decided: {reason_name(event.reason).lower()}"
        case _:
            return _ACTIONS[event.action]


def decision_summary(events: tuple[ReviewEvent, ...]) -> str:
    """Return what was done at once: `3 findings dismissed: not a fact`."""
    if not events:
        return ""
    first = events[0]
    done = {
        ReviewAction.DISMISS: f"decided: {reason_name(first.reason).lower()}",
        ReviewAction.ASSIGN: f"assigned to {single_line(first.assignee or 'nobody', 64)}",
        ReviewAction.MUTE: "muted",
        ReviewAction.UNDO: "put back as before",
        ReviewAction.RESOLVE: "resolved",
    }
    return f"{counted(len(events), 'finding')} {done.get(first.action) or _ACTIONS[first.action]}"


def age(at: datetime, now: datetime) -> str:
    """`2 hours ago`, `9 months ago`: short, for a list that is read at a glance."""
    seconds = max(0, int((now - at).total_seconds()))
    units = (("year", 31_557_600), ("month", 2_629_800), ("day", 86_400), ("hour", 3_600), ("minute", 60))
    return next((f"{counted(seconds // size, name)} ago" for name, size in units if seconds >= size), "just now")
