"""Compose one message from the alerts of a digest or a group, the most severe first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from watcher.model import Alert, AlertTopic, Severity
from watcher.notify.messages import (
    MAIL_CHARACTERS,
    MAX_IN_FULL,
    Message,
    compose,
    count_kinds,
    facts_of,
    mail_page,
    render,
)
from watcher.notify.sanitize import defang, truncate_bytes, utf8_length

# Where nobody knows what the service takes: bytes of text, characters of the others (Discord 2,000, Telegram 4,096).
_BUDGET: Final = {"text": 3_500, "markdown": 1_800, "html": 3_600, "mail": MAIL_CHARACTERS}
FORMS: Final = tuple(_BUDGET)
_MOST_ITEMS: Final = 10  # of one article; its link leads to the rest
_MOST_LISTED: Final = 200  # articles of a group with their worst finding; of the others the titles
_MOST_CARDS: Final = 3  # articles of a group, or of many, that a mail shows with their sentences; of the others a line
_MOST_NAMED: Final = 3  # editors
_SUMMARY: Final = 240
_TITLES: Final = 600


def compose_digest(
    alerts: Sequence[Alert],
    key: str,
    limits: int | None = None,
    *,
    group: bool = False,
    forms: Collection[str] = FORMS,
) -> Message:
    """Compose the message for several alerts: as many as fit into `limits` characters, then the titles of the others.

    A digest of one alert is that alert's own message. A `group` lists the worst finding of each article, and says what
    its edits have in common. Only these `forms` are rendered: it is asked again and again how many alerts fit into one.
    ValueError for no alert.
    """
    if not alerts:
        raise ValueError("a digest needs an alert")
    if len(alerts) == 1:
        return compose(alerts[0], key)
    order, shown = ranked(alerts), digest_facts(alerts, key, group=group)
    articles, line = shown["articles"], shown["subject"]

    def body(form: str) -> str:
        if form not in forms:
            return ""

        def made(count: int) -> str:
            left = articles[count:]
            others = truncate_bytes(", ".join(dict.fromkeys(article["title"] for article in left)), _TITLES)
            rest = {"left": len(left), "others": others, "common": shown["common"]}
            if form == "mail":
                cards = min(count, _MOST_CARDS if group or len(order) > MAX_IN_FULL else count)
                rest["brief"] = articles[cards:count]
                return mail_page(order[:cards], articles[:cards], line, most=1 if group else MAX_IN_FULL, **rest)
            return render(f"digest.{form}.j2", shown | rest | {"articles": articles[:count]})

        measure: Callable[[str], int] = utf8_length if form == "text" else len
        most = min(len(articles), _MOST_LISTED)
        return made(largest(most, lambda count: measure(made(count)) <= (limits or _BUDGET[form])))

    return Message(
        subject=line,
        text=body("text"),
        markdown=body("markdown"),
        html=body("html"),
        mail=body("mail"),
        short=line,
        severity=worst(order[0]),
        key=defang(key),
        is_resolved=all(alert.topic is AlertTopic.RESOLVED for alert in alerts),
    )


def digest_facts(alerts: Sequence[Alert], key: str, *, group: bool = False) -> dict[str, Any]:
    """Return all that a digest's template may show: `articles` with the facts of each alert, `left`, subject, key.

    `common` names the editor and the edit summary of a group that has one of each, `others` the articles left out.
    """
    order = ranked(alerts)
    articles = [_shortened(alert, facts_of(alert, key), 1 if group else _MOST_ITEMS) for alert in order]
    who, comment = (_only(article[name] for article in articles) if group else "" for name in ("who", "comment"))
    common = f"All by {who}" if who else ""
    if comment:
        common = f"{common or 'All'} with the edit summary “{truncate_bytes(comment, _SUMMARY)}”"
    return {
        "subject": _group_subject(order, who) if group else _subject(order),
        "key": defang(key),
        "articles": articles,
        "left": 0,
        "others": "",
        "common": common,
    }


def _only(values: Iterable[str]) -> str:
    """Return the value that all have, or nothing."""
    different = set(values)
    return different.pop() if len(different) == 1 else ""


def fold_turns(alerts: Sequence[Alert]) -> list[Alert]:
    """Fold alerts that change the same sentence back and forth, oldest first, into the last with what came before.

    Of ten turns of an edit war the reader needs where it stands, how often it changed, and who takes part.
    """
    stories: list[list[Alert]] = []
    for alert in alerts:
        story = next((story for story in stories if _is_next_turn(story[-1], alert)), None)
        if story is None:
            stories.append([alert])
        else:
            story.append(alert)
    return [_folded(story) for story in stories]


def _is_next_turn(earlier: Alert, alert: Alert) -> bool:
    same_page = (earlier.article.wiki, earlier.article.page_id) == (alert.article.wiki, alert.article.page_id)
    return same_page and bool(_sentences(earlier) & _sentences(alert))


def _sentences(alert: Alert) -> set[str]:
    return {sentence for notice in alert.notices for sentence in (notice.old_sentence, notice.new_sentence) if sentence}


def _folded(story: Sequence[Alert]) -> Alert:
    last = story[-1]
    if len(story) == 1 or not last.notices:
        return last
    edits = [edit for alert in story for notice in alert.notices for edit in notice.edits or (alert.after,)]
    names = [*dict.fromkeys(edit.editor or "a hidden editor" for edit in sorted(edits, key=lambda edit: edit.at))]
    people = ", ".join(names[:_MOST_NAMED]) + (f" and {len(names) - _MOST_NAMED} more" * (len(names) > _MOST_NAMED))
    first = max(last.notices, key=lambda notice: notice.severity)
    described = replace(
        first, summary=f"{first.summary}, changed {len(story)} times since the last message, by {people}"
    )
    again = last.topic is AlertTopic.CHANGE and any(alert.topic is AlertTopic.RESOLVED for alert in story)
    return replace(
        last,
        topic=AlertTopic.UPDATE if again else last.topic,
        notices=tuple(described if notice is first else notice for notice in last.notices),
    )


def ranked(alerts: Sequence[Alert]) -> list[Alert]:
    """Sort alerts by severity, what is resolved last, otherwise as they came."""
    return sorted(alerts, key=lambda alert: (alert.topic is AlertTopic.RESOLVED, -worst(alert)))


def worst(alert: Alert) -> Severity:
    """Return the severity of the most severe notice."""
    return max((notice.severity for notice in alert.notices), default=Severity.INFO)


def largest(most: int, fits: Callable[[int], bool]) -> int:
    """Find the largest number from 1 to `most` that fits, where all smaller ones do; 1 when none does.

    >>> largest(100, lambda count: count <= 42)
    42
    """
    low, high = 1, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _shortened(alert: Alert, facts: dict[str, Any], most: int) -> dict[str, Any]:
    items = facts["items"][:most]
    left = sorted(alert.notices, key=lambda notice: -notice.severity)[len(items) :]
    return facts | {
        "items": [item | {"summary": truncate_bytes(item["summary"], _SUMMARY)} for item in items],
        "more": len(left),
        "rest": count_kinds(left),
    }


def _subject(alerts: Sequence[Alert]) -> str:
    count = sum(len(alert.notices) for alert in alerts)
    return f"{_lead(alerts)} digest: {count} findings in {_titles(alerts)[0]}"


def _lead(alerts: Sequence[Alert]) -> str:
    """Return how a subject begins, so that good news wakes nobody."""
    # ranked: where the first is resolved, all are
    first = alerts[0]
    return "Resolved" if first.topic is AlertTopic.RESOLVED else worst(first).label.capitalize()


def _group_subject(alerts: Sequence[Alert], who: str) -> str:
    named, count = _titles(alerts)
    by = f" changed by {truncate_bytes(who, 60)}" if who else " changed"
    return f"{_lead(alerts)}: {count} article{'s' * (count > 1)}{by}: {named}"


def _titles(alerts: Sequence[Alert]) -> tuple[str, int]:
    """Name the first two articles and count the others; also return how many there are."""
    titles = list(dict.fromkeys(truncate_bytes(defang(alert.article.title), 50) for alert in alerts))
    more = f" and {len(titles) - 2} more" if len(titles) > 2 else ""  # noqa: PLR2004  two fit
    return ", ".join(titles[:2]) + more, len(titles)
