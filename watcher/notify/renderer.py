"""Render messages and digests, with the user's own templates if there are any.

If one of these fails, the built-in template is used and the error is reported.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any, Final

from watcher.model import Alert, AlertTopic
from watcher.notify import messages
from watcher.notify.entries import entries, fold_reversals, listed, ranked
from watcher.notify.isolated import send_isolated
from watcher.notify.payload import MOST_BYTES, Receiver, compose_payload, payload_message
from watcher.notify.sanitize import defang, markdown, truncate_bytes, utf8_length
from watcher.notify.sender import TIMEOUT, ServiceLimits, limits_of
from watcher.text import message_line

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment
    from markupsafe import Markup

# For services with unknown limits: bytes of text, else characters (Discord accepts 2,000, Telegram 4,096).
_BUDGET: Final = {"text": 3_500, "markdown": 1_800, "html": 3_600, "mail": messages.MAIL_CHARACTERS}
_MOST_ITEMS: Final = 10  # of one article; its link leads to the rest
_MOST_LISTED: Final = 200  # articles of a group that are shown with their worst finding; the others as titles
_MOST_CARDS: Final = 3  # articles of a group or a large digest with sentences in a mail; others get a line
_MOST_NAMED: Final = 3  # editors
_SUMMARY: Final = 240
_TITLES: Final = 600
# What the entries contain, from the most to the least; a link to the edit is always included.
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
    forms: Collection[str] = messages.FORMS,
) -> messages.Message:
    """Compose a message for alerts: as many as fit into `limits` (as in `ServiceLimits`), then the others' titles.

    A digest of one alert is that alert's own message. A `group` lists the worst finding of each article, and says what
    its edits have in common. Resolved alerts come last, under their own heading if there are others. Only `forms` are
    rendered, since callers try repeatedly how many alerts fit. Raises ValueError if there is no alert.
    """
    if not alerts:
        raise ValueError("a digest needs an alert")
    if len(alerts) == 1:
        return messages.compose(alerts[0], key, forms=forms)
    order, shown = ranked(alerts), digest_facts(alerts, key, group=group)
    articles, line = shown["articles"], shown["subject"]

    def body(form: str) -> str:
        if form not in forms:
            return ""
        measure: Callable[[str], int] = utf8_length if form == "text" else len
        limit, most = limits or _BUDGET[form], min(len(articles), _MOST_LISTED)

        def made(count: int, details: dict[str, bool]) -> str:
            left = articles[count:]
            others = truncate_bytes(", ".join(dict.fromkeys(article["title"] for article in left)), _TITLES)
            rest = {"left": len(left), "others": others, "common": shown["common"]}
            if form == "mail":
                cards = min(count, _MOST_CARDS if group or len(order) > messages.MAX_IN_FULL else count)
                rest["brief"] = articles[cards:count]
                return messages.mail_page(
                    order[:cards], articles[:cards], line, most=1 if group else messages.MAX_IN_FULL, **rest
                )
            return messages.render(f"digest.{form}.j2", shown | rest | details | {"articles": articles[:count]})

        for details in _DETAILS if form != "mail" else ():
            text = made(most, details)
            if measure(text) <= limit:
                return text
        return made(largest(most, lambda count: measure(made(count, _DETAILS[-1])) <= limit), _DETAILS[-1])

    return messages.Message(
        subject=line,
        text=body("text"),
        markdown=body("markdown"),
        html=body("html"),
        mail=body("mail"),
        short=line,
        severity=order[0].worst,
        key=defang(key),
        is_resolved=all(alert.is_resolved for alert in alerts),
    )


def digest_facts(alerts: Sequence[Alert], key: str, *, group: bool = False) -> dict[str, Any]:
    """Return the variables of a digest's template: `articles` with the facts of each alert, `left`, subject, key.

    `common` names the editor and the edit summary of a group if all its edits share them, `others` the articles that
    are left out. The `part` of an article is the heading to show above it.
    """
    order = ranked(alerts)
    articles = []
    for alert in order:
        facts = messages.facts_of(alert, key, messages.BRIEF)
        items = facts["items"][: 1 if group else _MOST_ITEMS]
        left = listed(entries(alert)[len(items) :])
        articles.append(facts | {"items": items, "more": len(left), "rest": messages.count_kinds(left)})
    common_values = ({article[name] for article in articles} for name in ("who", "comment"))
    who, comment = (values.pop() if group and len(values) == 1 else "" for values in common_values)
    common = f"All by {who}" if who else ""
    if comment:
        common = f"{common or 'All'} with the edit summary “{truncate_bytes(comment, _SUMMARY)}”"
    first_resolved = next((number for number, alert in enumerate(order) if alert.is_resolved), 0)
    for number, article in enumerate(articles):
        is_first = first_resolved and number in (0, first_resolved)
        article["part"] = ("Resolved" if number else "Changed") if is_first else ""
        article["label"] = "" if first_resolved and order[number].is_resolved else article["label"]
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


def largest(most: int, fits: Callable[[int], bool]) -> int:
    """Return the largest number from 1 to `most` that fits, or 1 if none does; if one fits, all smaller ones must.

    >>> largest(100, lambda count: count <= 42)
    42
    """
    return max(1, bisect_left(range(1, most + 1), x=True, key=lambda count: not fits(count)))


def _subject(order: Sequence[Alert], articles: Sequence[dict[str, Any]], *, group: bool) -> str:
    """Return one line: the severity, the articles with their editors, and which are resolved.

    `order` has resolved alerts last: if the first is resolved, all are, and the subject must not alarm anybody.
    """
    changed = [alert for alert in order if not alert.is_resolved] or order
    named, count = _titles(changed)
    if group:
        edits = [edit for alert in changed for edit in messages.edits_of(alert)]
        all_named = all(article["who"] for article in articles[: len(changed)])
        by = f" by {messages.name_editors(edits, _MOST_NAMED, ', ')}" if all_named else ""
        verb = "restored" if order[0].is_resolved else "changed"
        what = f"{named} {verb} {len(changed)} times{by}" if count == 1 else f"{count} articles {verb}{by}: {named}"
    else:
        findings = sum(len(alert.notices) for alert in changed)
        what = f"{findings} finding{'s' * (findings != 1)} in {named}"
    lead = "Resolved" if order[0].is_resolved else order[0].worst.label.capitalize()
    rest = order[len(changed) :]
    if group and len(changed) == 1:  # the others are resolved
        return f"{articles[0]['subject']}; resolved: {_titles(rest)[0]}"
    resolved_part = f"; resolved: {_titles(rest)[0]}" if rest else ""
    return f"{lead}{'' if group else ' digest'}: {what}{resolved_part}"


def _titles(alerts: Sequence[Alert]) -> tuple[str, int]:
    """Return the titles of the first two articles with the count of the others, and the number of all articles."""
    pages = {alert.page: alert.article.title for alert in alerts}
    titles = [truncate_bytes(defang(title), 50) for title in pages.values()]
    more = f" and {len(titles) - 2} more" if len(titles) > 2 else ""  # noqa: PLR2004  two fit
    return ", ".join(titles[:2]) + more, len(titles)


# A part of the message → the suffix of its template file, and the other parts that get the same text.
_PARTS: Final = {
    "text": (".txt", ("compact_text",)),
    "markdown": (".md", ("compact_markdown",)),
    "html": (".html", ("mail",)),
    "subject": (".subject.txt", ()),
}
_SUBJECT: Final = "subject.txt"  # a short name for alert.subject.txt
_LINKS: Final = ("diff", "report")
_MAX_RENDERED: Final = 20_000
_UNLIMITED: Final = 10**9
_LONGEST_SUBJECT: Final = 300
_KEY: Final = 60  # characters: the longest key of a digest, except with very long names


class MessageRenderer:
    """A renderer that uses the templates in `folder`, and built-in ones for those that are missing.

    `template_errors` has one line for each of the user's templates that failed.
    """

    def __init__(self, folder: Path | None, *, timeout: float = TIMEOUT) -> None:
        self._folder = folder
        self._timeout = timeout
        self.template_errors: list[str] = []

    def notify(self, alerts: Sequence[Alert], receiver: Receiver, key: str, *, group: bool = False) -> None:
        """Send alerts to one destination in one message, as a `group` if set; raise DeliveryError on failure."""
        if receiver.json:
            message = payload_message(alerts, key)
        else:
            limits = limits_of(receiver.url) if len(alerts) > 1 else None
            message = self.compose(alerts, key, limits, group=group)
        send_isolated(message, receiver.url, message.key, secret=receiver.secret, timeout=self._timeout)

    def alerts_that_fit(self, alerts: Sequence[Alert], receiver: Receiver) -> list[Alert]:
        """Return the most severe alerts that fit into one message to this receiver, at least one, sorted by severity.

        Raises DeliveryError if the URL cannot be used.
        """
        order = ranked(alerts)
        if receiver.json:
            return order[: largest(len(order), lambda count: len(compose_payload(order[:count], "")) <= MOST_BYTES)]
        limits = limits_of(receiver.url)

        def fits(count: int) -> bool:
            uncut = replace(limits, characters=_UNLIMITED)
            return limits.fits(self.compose(order[:count], "k" * _KEY, uncut, forms={limits.form}))

        problems = [*self.template_errors]
        count = largest(len(order), fits)
        self.template_errors = problems  # discard the errors of these drafts
        return order[:count]

    def compose(
        self,
        alerts: Sequence[Alert],
        key: str,
        limits: ServiceLimits | None = None,
        *,
        group: bool = False,
        forms: Collection[str] = messages.FORMS,
    ) -> messages.Message:
        """Compose the message for alerts with the user's templates, and with built-in ones if these fail."""
        alerts = fold_reversals(alerts)
        message = compose_digest(alerts, key, limits.characters if limits else None, group=group, forms=forms)
        if len(alerts) > 1:
            return self._with_own_templates(message, lambda: digest_facts(alerts, key, group=group), ("digest",))
        topic = alerts[0].topic  # topics without a template of their own use that of alerts
        stems = ("alert",) if topic in (AlertTopic.CHANGE, AlertTopic.TEST) else (topic.value, "alert")
        return self._with_own_templates(message, lambda: messages.facts_of(alerts[0], key), stems)

    def _with_own_templates(
        self, message: messages.Message, read_facts: Callable[[], dict[str, Any]], stems: Sequence[str]
    ) -> messages.Message:
        """Replace each part that has a template, in all its lengths; then only the template can show the key."""
        folder = self._folder
        if folder is None:
            return message
        if not folder.is_dir():
            self._note_error(f"{folder}: there is no such folder; correct `templates` in the watchlist")
            return message
        facts, own = read_facts(), dict[str, str]()
        for part, (ending, copies) in _PARTS.items():
            names = [stem + ending for stem in stems]
            if part == "subject" and "alert" in stems:
                names.append(_SUBJECT)
            path = next((path for name in names if (path := folder / name).is_file()), None)
            if path and (text := self._render_own(part, path, facts)):
                own |= dict.fromkeys((part, *copies), text)
        return replace(message, **own, shows_key=message.shows_key and not own.keys() - {"subject"})  # type: ignore[arg-type]

    def _render_own(self, part: str, path: Path, facts: dict[str, Any]) -> str | None:
        """Render a template of the user; return None and note the error if it fails."""
        try:
            text = _environment(part).from_string(path.read_text(encoding="utf-8")).render(_marked(facts, part))
        except Exception as error:  # noqa: BLE001  a template can raise anything, and no alert may be lost to it
            frames = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == "<template>"]
            line = getattr(error, "lineno", None) or next(reversed(frames), None)
            where = f"{path}:{line}" if line else str(path)
            self._note_error(f"{where}: {type(error).__name__}: {error}; the built-in template was used instead")
            return None
        text = " ".join(text.split())[:_LONGEST_SUBJECT] if part == "subject" else text.strip()
        if not text or len(text) > _MAX_RENDERED:
            result = "makes nothing" if not text else f"makes {len(text)} characters"
            self._note_error(f"{path}: {result}; the built-in template was used instead")
            return None
        return text

    def _note_error(self, problem: str) -> None:
        line = message_line(problem)
        if line not in self.template_errors:
            self.template_errors.append(line)


@cache
def _environment(part: str) -> SandboxedEnvironment:
    """Return a sandbox without Python internals, other files or unknown names; it escapes as the format requires."""
    from jinja2 import StrictUndefined  # noqa: PLC0415  40 ms that only own templates need
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=part == "html",
        finalize=_escaped if part == "markdown" else None,
    )
    environment.filters["markdown"] = _escaped
    return environment


def _escaped(value: Any) -> Markup:
    """Escape text for use within a Markdown line; text that is marked as safe is returned unchanged."""
    from jinja2 import StrictUndefined  # noqa: PLC0415  the same
    from markupsafe import Markup  # noqa: PLC0415

    if isinstance(value, StrictUndefined):
        str(value)  # raises, and says what is missing
    return value if isinstance(value, Markup) else Markup(markdown(str(value)))  # noqa: S704  escaped by the line itself


def _marked(facts: dict[str, Any], part: str) -> dict[str, Any]:
    """Return the facts with our own links marked as safe in Markdown: an escaped URL would not work."""
    if part != "markdown":
        return facts
    from markupsafe import Markup  # noqa: PLC0415  the same

    links = {name: Markup(facts[name]) for name in _LINKS if facts.get(name)}  # noqa: S704  made by own_link
    articles = [_marked(article, part) for article in facts.get("articles", ())]
    return facts | links | ({"articles": articles} if articles else {})
