"""Serialize findings and alerts to the JSON that scripts and the outbox rely on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from watcher.errors import Corrupt
from watcher.model.changes import Alert, Finding, Notice
from watcher.model.elements import Claim, Element, Figure, Reference, Section, Sentence, Statistic, Tag
from watcher.model.revisions import Article, Revision
from watcher.model.vocabulary import AlertTopic, Kind, OperatorEvent, Severity


def decimal_text(number: Decimal | None) -> str | None:
    """Write an exact decimal without exponent: `21000000`, `0.5`."""
    if number is None:
        return None
    plain = format(number, "f")
    return plain.rstrip("0").rstrip(".") or "0" if "." in plain else plain


_HAPPENINGS = frozenset(happening.value for happening in OperatorEvent)


def _section(section: Section) -> dict[str, Any]:
    marks = "=" * section.level
    return {"path": list(section.path), "level": section.level, "heading": f"{marks}{section.heading}{marks}"}


def _figure(figure: Figure) -> dict[str, Any]:
    shown = {"file": figure.file, "caption": figure.caption, "alt": figure.alt, "options": list(figure.options)}
    more = {"sha1": figure.sha1, "url": figure.url}
    return {**shown, **{name: value for name, value in more.items() if value is not None}}


def _reference(reference: Reference) -> dict[str, Any]:
    names = ("key", "name", "template", "title", "url", "archive_url", "date", "work", "publisher", "text", "uses")
    return {name: getattr(reference, name) for name in names}


def _statistic(statistic: Statistic) -> dict[str, Any]:
    quantity = statistic.quantity
    return {
        "text": quantity.text,
        "value": decimal_text(quantity.value),
        "low": decimal_text(quantity.low),
        "high": decimal_text(quantity.high),
        "measure": quantity.measure.value,
        "unit": quantity.unit,
        "qualifier": quantity.qualifier,
        "period": quantity.period,
        "as_of": quantity.as_of,
    }


def _claim(claim: Claim) -> dict[str, Any]:
    return {"text": claim.text, "cues": list(claim.cues)}


def _tag(tag: Tag) -> dict[str, Any]:
    return {"name": tag.name, "sentence": tag.sentence}


def _sentence(sentence: Sentence) -> dict[str, Any]:
    return {"text": sentence.text, "label": sentence.label}


_WRITERS: dict[type, Callable[[Any], dict[str, Any]]] = {
    Section: _section,
    Figure: _figure,
    Reference: _reference,
    Statistic: _statistic,
    Claim: _claim,
    Tag: _tag,
    Sentence: _sentence,
}


def element_to_dict(element: Element | None) -> dict[str, Any] | None:
    """What the contract lists for the element's kind; None for nothing."""
    return None if element is None else _WRITERS[type(element)](element)


def _with_wikitext(element: Element | None, wikitext: str) -> dict[str, Any] | None:
    """The element with the words of the wikitext that it was read from, where they are known."""
    written = element_to_dict(element)
    return {**written, "wikitext": wikitext} if written is not None and wikitext else written


def finding_to_dict(finding: Finding) -> dict[str, Any]:
    """A finding as the contract's JSON: decimals are strings, what is not there is null."""
    change = finding.change
    return {
        "kind": change.kind.value,
        "severity": finding.severity.label,
        "section": list(change.location.section),
        "where": change.where.value,
        "label": change.label,
        "old": _with_wikitext(change.old, change.wikitext[0]),
        "new": _with_wikitext(change.new, change.wikitext[1]),
        "fields": [asdict(field) for field in change.fields],
        "sentence": {"old": change.old_sentence, "new": change.new_sentence},
        "references": {"old": list(change.old_references), "new": list(change.new_references)},
        "reasons": [reason.code for reason in finding.reasons],
        "explanations": [reason.text for reason in finding.reasons],
        "rule": finding.rule,
        "summary": finding.summary,
    }


def _revision_to_dict(revision: Revision) -> dict[str, Any]:
    return {**asdict(revision), "at": revision.at.isoformat(), "tags": list(revision.tags), "article": None}


def alert_to_dict(alert: Alert) -> dict[str, Any]:
    """An alert as plain JSON; `alert_from_dict` gives an equal one back."""
    return {
        "key": alert.key,
        "article": asdict(alert.article),
        "before": _revision_to_dict(alert.before),
        "after": _revision_to_dict(alert.after),
        "notices": [
            {
                **asdict(notice),
                "kind": notice.kind.value,
                "severity": notice.severity.label,
                "section": list(notice.section),
                "reasons": list(notice.reasons),
            }
            for notice in alert.notices
        ],
        "diff_url": alert.diff_url,
        "report_url": alert.report_url,
        "topic": alert.topic.value,
        "not_listed": alert.not_listed,
    }


def _revision_from_dict(article: Article, stored: dict[str, Any]) -> Revision:
    at = datetime.fromisoformat(stored["at"])
    return Revision(**{**stored, "article": article, "at": at, "tags": tuple(stored["tags"])})


def _kind(name: str) -> Kind | OperatorEvent:
    return OperatorEvent(name) if name in _HAPPENINGS else Kind(name)


def _notice_from_dict(stored: dict[str, Any]) -> Notice:
    return Notice(
        **{
            **stored,
            "kind": _kind(stored["kind"]),
            "severity": Severity[stored["severity"].upper()],
            "section": tuple(stored["section"]),
            "reasons": tuple(stored["reasons"]),
        }
    )


def alert_from_dict(stored: dict[str, Any]) -> Alert:
    """The alert that `alert_to_dict` wrote.

    Raises Corrupt when a field is missing or of another shape (another version wrote it).
    """
    try:
        article = Article(**stored["article"])
        return Alert(
            key=stored["key"],
            article=article,
            before=_revision_from_dict(article, stored["before"]),
            after=_revision_from_dict(article, stored["after"]),
            notices=tuple(_notice_from_dict(cast("dict[str, Any]", item)) for item in stored["notices"]),
            diff_url=stored["diff_url"],
            report_url=stored["report_url"],
            topic=AlertTopic(stored.get("topic", AlertTopic.CHANGE)),  # alerts of the first release had one topic
            not_listed=int(stored.get("not_listed", 0)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Corrupt(f"stored alert: {error!r}: it was not written by this version; see CHANGELOG") from error
