"""Define alerts, and serialize them to the JSON that the outbox stores."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, cast

from watcher.errors import Corrupt
from watcher.model.changes import Cited
from watcher.model.revisions import Article, Revision
from watcher.model.vocabulary import AlertTopic, Kind, OperatorEvent, Severity

_SIDES: Final = ("old_text", "new_text", "old_value", "new_value")
_OPERATOR_EVENTS: Final = frozenset(event.value for event in OperatorEvent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A finding in the flat words that a message needs; it survives a round trip through JSON.

    `old_text` and `new_text` are what changed, as the article writes it, the values exact decimals of statistics.
    `edits` are those that made it, as in `Finding`; `diff_url` shows that edit alone, `review_url` is the page of the
    finding. `reasons` are the codes of its reasons, `explanations` their texts. `element_name` is what other pages may
    share: the source that a changed reference cites, the name of a changed maintenance tag, or the first of `through`,
    which is that of `Finding`.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What is sent about one comparison; `key` is the same on every retry.

    An alert about the page itself (topic "operator") has the same `before` and `after`; one about a failed comparison
    has its revisions. `thread` is the key of the message that it follows at its destination: known when a delivery is
    claimed, and not stored. `not_listed` counts the changes of an enormous edit that are no findings, `filtered` the
    findings that filters of edits left out.
    """

    key: str
    article: Article
    before: Revision
    after: Revision
    notices: tuple[Notice, ...]
    diff_url: str
    report_url: str | None = None
    topic: AlertTopic = AlertTopic.CHANGE
    thread: str = ""
    not_listed: int = 0
    filtered: int = 0


def _revision_to_dict(revision: Revision) -> dict[str, Any]:
    return {**asdict(revision), "at": revision.at.isoformat(), "tags": list(revision.tags), "article": None}


def _notice_to_dict(notice: Notice) -> dict[str, Any]:
    return {
        "kind": notice.kind.value,
        "severity": notice.severity.label,
        "section": list(notice.section),
        "summary": notice.summary,
        "old_sentence": notice.old_sentence,
        "new_sentence": notice.new_sentence,
        "reasons": list(notice.reasons),
        "edits": [_revision_to_dict(edit) for edit in notice.edits],
        "diff_url": notice.diff_url,
        **{name: value for name in _SIDES if (value := getattr(notice, name)) is not None},
        "explanations": list(notice.explanations),
        "sources": [asdict(source) for source in notice.sources],
        "review_url": notice.review_url,
        "element_name": notice.element_name,
        **({"through": list(notice.through)} if notice.through else {}),
    }


def alert_to_dict(alert: Alert) -> dict[str, Any]:
    """Return an alert as plain JSON, from which `alert_from_dict` makes an equal one."""
    return {
        "key": alert.key,
        "article": asdict(alert.article),
        "before": _revision_to_dict(alert.before),
        "after": _revision_to_dict(alert.after),
        "notices": [_notice_to_dict(notice) for notice in alert.notices],
        "diff_url": alert.diff_url,
        "report_url": alert.report_url,
        "topic": alert.topic.value,
        "not_listed": alert.not_listed,
        "filtered": alert.filtered,
    }


def _revision_from_dict(article: Article, stored: dict[str, Any]) -> Revision:
    at = datetime.fromisoformat(stored["at"])
    groups = None if stored.get("groups") is None else tuple(stored["groups"])
    return Revision(**{**stored, "article": article, "at": at, "tags": tuple(stored["tags"]), "groups": groups})


def _kind(name: str) -> Kind | OperatorEvent:
    return OperatorEvent(name) if name in _OPERATOR_EVENTS else Kind(name)


def _notice_from_dict(article: Article, stored: dict[str, Any]) -> Notice:
    return Notice(
        **{
            **stored,
            "edits": tuple(_revision_from_dict(article, edit) for edit in stored.get("edits", ())),
            "kind": _kind(stored["kind"]),
            "severity": Severity[stored["severity"].upper()],
            "section": tuple(stored["section"]),
            "reasons": tuple(stored["reasons"]),
            "explanations": tuple(stored.get("explanations", ())),
            "sources": tuple(Cited(**source) for source in stored.get("sources", ())),
            "through": tuple(stored.get("through", ())),
        }
    )


def alert_from_dict(stored: dict[str, Any]) -> Alert:
    """Return the alert that `alert_to_dict` wrote.

    Raises Corrupt when a field is missing or of another shape (another version wrote it).
    """
    try:
        article = Article(**stored["article"])
        return Alert(
            key=stored["key"],
            article=article,
            before=_revision_from_dict(article, stored["before"]),
            after=_revision_from_dict(article, stored["after"]),
            notices=tuple(_notice_from_dict(article, cast("dict[str, Any]", item)) for item in stored["notices"]),
            diff_url=stored["diff_url"],
            report_url=stored["report_url"],
            topic=AlertTopic(stored.get("topic", AlertTopic.CHANGE)),  # alerts of the first release had one topic
            not_listed=int(stored.get("not_listed", 0)),
            filtered=int(stored.get("filtered", 0)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Corrupt(f"stored alert: {error!r}: it was not written by this version; see CHANGELOG") from error
