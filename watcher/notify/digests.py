"""Compose one message from the alerts of a digest or a group, the most severe first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

from watcher.model import Alert, AlertTopic, Severity
from watcher.notify.entries import entries, listed
from watcher.notify.messages import (
    FORMS,
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
_MOST_ITEMS: Final = 10  # of one article; its link leads to the rest
_MOST_LISTED: Final = 200  # articles of a group with their worst finding; of the others the titles
_MOST_CARDS: Final = 3  # articles of a group, or of many, that a mail shows with their sentences; of the others a line
_MOST_NAMED: Final = 3  # editors
_SUMMARY: Final = 240
_SENTENCE: Final = 300
_TITLES: Final = 600
# What each entry shows of its sentences and commands, from the most to the least; a link to the edit is in all.
_DETAILS: Final[tuple[dict[str, bool], ...]] = (
    {"sentences": True, "commands": True},
    {"sentences": False, "commands": True},
    {"sentences": False, "commands": False},
)


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
    its edits have in common. What is resolved comes last, under a heading of its own where there is something else.
    Only these `forms` are rendered: it is asked again and again how many alerts fit into one. ValueError for no alert.
    """
    if not alerts:
        raise ValueError("a digest needs an alert")
    if len(alerts) == 1:
        return compose(alerts[0], key, forms=forms)
    order, shown = ranked(alerts), digest_facts(alerts, key, group=group)
    articles, line = shown["articles"], shown["subject"]

    def body(form: str) -> str:
        if form not in forms:
            return ""
        measure: Callable[[str], int] = utf8_length if form == "text" else len
        room, most = limits or _BUDGET[form], min(len(articles), _MOST_LISTED)

        def made(count: int, details: dict[str, bool]) -> str:
            left = articles[count:]
            others = truncate_bytes(", ".join(dict.fromkeys(article["title"] for article in left)), _TITLES)
            rest = {"left": len(left), "others": others, "common": shown["common"]}
            if form == "mail":
                cards = min(count, _MOST_CARDS if group or len(order) > MAX_IN_FULL else count)
                rest["brief"] = articles[cards:count]
                return mail_page(order[:cards], articles[:cards], line, most=1 if group else MAX_IN_FULL, **rest)
            return render(f"digest.{form}.j2", shown | rest | details | {"articles": articles[:count]})

        for details in _DETAILS if form != "mail" else ():
            text = made(most, details)
            if measure(text) <= room:
                return text
        return made(largest(most, lambda count: measure(made(count, _DETAILS[-1])) <= room), _DETAILS[-1])

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

    `common` names the editor and the edit summary of a group that has one of each, `others` the articles left out. The
    `part` of an article is the heading that begins with it.
    """
    order = ranked(alerts)
    articles = []
    for alert in order:
        facts = facts_of(alert, key)
        items = facts["items"][: 1 if group else _MOST_ITEMS]
        left = listed(entries(alert)[len(items) :])
        for item in items:
            item |= {"summary": truncate_bytes(item["summary"], _SUMMARY)}
            item |= {part: truncate_bytes(item[part], _SENTENCE) for part in ("before", "sentence")}
        articles.append(facts | {"items": items, "more": len(left), "rest": count_kinds(left)})
    shared = ({article[name] for article in articles} for name in ("who", "comment"))
    who, comment = (values.pop() if group and len(values) == 1 else "" for values in shared)
    common = f"All by {who}" if who else ""
    if comment:
        common = f"{common or 'All'} with the edit summary “{truncate_bytes(comment, _SUMMARY)}”"
    first_resolved = next((number for number, alert in enumerate(order) if _is_resolved(alert)), 0)
    for number, article in enumerate(articles):
        is_first = first_resolved and number in (0, first_resolved)
        article["part"] = ("Resolved" if number else "Changed") if is_first else ""
        article["label"] = "" if first_resolved and _is_resolved(order[number]) else article["label"]
    return {
        "subject": _subject(order, articles, group=group),
        "key": defang(key),
        "articles": articles,
        "left": 0,
        "others": "",
        "common": common,
        "common_who": who,
        "common_comment": comment,
    }


def ranked(alerts: Sequence[Alert]) -> list[Alert]:
    """Sort alerts by severity, what is resolved last, otherwise as they came."""
    return sorted(alerts, key=lambda alert: (_is_resolved(alert), -worst(alert)))


def _is_resolved(alert: Alert) -> bool:
    return alert.topic is AlertTopic.RESOLVED


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


def _subject(order: Sequence[Alert], articles: Sequence[dict[str, Any]], *, group: bool) -> str:
    """Write one line: the severity, the articles with who changed them, and which are resolved.

    Where the first is resolved, all are, and good news wakes nobody.
    """
    changed = [alert for alert in order if not _is_resolved(alert)] or order
    named, count = _titles(changed)
    if group:
        names = list(dict.fromkeys(article["who"] for article in articles[: len(changed)]))
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        by = f" by {', '.join(truncate_bytes(name, 60) for name in names[:_MOST_NAMED])}{more}" if all(names) else ""
        verb = "restored" if _is_resolved(order[0]) else "changed"
        what = f"{named} {verb} {len(changed)} times{by}" if count == 1 else f"{count} articles {verb}{by}: {named}"
    else:
        findings = sum(len(alert.notices) for alert in changed)
        what = f"{findings} finding{'s' * (findings != 1)} in {named}"
    lead = "Resolved" if _is_resolved(order[0]) else worst(order[0]).label.capitalize()
    rest = order[len(changed) :]
    if group and len(changed) == 1:  # the others are resolved
        return f"{articles[0]['subject']}; resolved: {_titles(rest)[0]}"
    also = f"; resolved: {_titles(rest)[0]}" if rest else ""
    return f"{lead}{'' if group else ' digest'}: {what}{also}"


def _titles(alerts: Sequence[Alert]) -> tuple[str, int]:
    """Name the first two articles and count the others; also return how many there are."""
    pages = {
        (alert.article.wiki, alert.article.page_id or alert.article.title): alert.article.title for alert in alerts
    }
    titles = [truncate_bytes(defang(title), 50) for title in pages.values()]
    more = f" and {len(titles) - 2} more" if len(titles) > 2 else ""  # noqa: PLR2004  two fit
    return ", ".join(titles[:2]) + more, len(titles)
