"""Render messages with the user's own templates; on an error the built-in one is sent and the error reported."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any, Final

from watcher.model import Alert, AlertTopic
from watcher.notify.digests import compose_digest, digest_facts, largest, ranked
from watcher.notify.entries import fold_turns
from watcher.notify.isolated import send_isolated
from watcher.notify.messages import FORMS, Message, compose, facts_of
from watcher.notify.payload import Receiver, payload_fits, payload_message
from watcher.notify.sanitize import markdown
from watcher.notify.sender import TIMEOUT, ServiceLimits, limits_of
from watcher.text import message_line

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment
    from markupsafe import Markup

# A part of the message → how the file of its template ends, and which other parts are made of it.
_PARTS: Final = {
    "text": (".txt", ("compact_text",)),
    "markdown": (".md", ("compact_markdown",)),
    "html": (".html", ("mail",)),
    "subject": (".subject.txt", ()),
}
# A topic that has no template of its own reads like any alert.
_STEMS: Final = {
    AlertTopic.UPDATE: ("update", "alert"),
    AlertTopic.RESOLVED: ("resolved", "alert"),
    AlertTopic.CATCH_UP: ("catch-up", "alert"),
    AlertTopic.OPERATOR: ("operator", "alert"),
}
_ALERT: Final = ("alert",)
_DIGEST: Final = ("digest",)
_SUBJECT: Final = "subject.txt"  # of alerts, the short name of alert.subject.txt
_LINKS: Final = ("diff", "report")
_LONGEST: Final = 20_000
_UNCUT: Final = 10**9
_LONGEST_SUBJECT: Final = 300
_KEY: Final = 60  # characters of the longest key of a digest but for absurd names


class MessageRenderer:
    """Renders messages with the templates in `folder`, with the built-in ones where there are none.

    `template_errors` has a line for each of the user's templates that failed, each once.
    """

    def __init__(self, folder: Path | None, *, timeout: float = TIMEOUT) -> None:
        self._folder = folder
        self._timeout = timeout
        self.template_errors: list[str] = []

    def notify(self, alert: Alert, receiver: Receiver, key: str) -> None:
        """Send an alert to one destination; raises DeliveryError."""
        self._send(payload_message([alert], key) if receiver.json else self.compose(alert, key), receiver)

    def notify_digest(self, alerts: Sequence[Alert], receiver: Receiver, key: str, *, group: bool = False) -> None:
        """Send several alerts, as those of a group, to one destination in one message; raises DeliveryError."""
        if receiver.json:
            self._send(payload_message(alerts, key), receiver)
        else:
            self._send(self.compose_digest(alerts, key, limits_of(receiver.url), group=group), receiver)

    def _send(self, message: Message, receiver: Receiver) -> None:
        send_isolated(message, receiver.url, message.key, secret=receiver.secret, timeout=self._timeout)

    def alerts_that_fit(self, alerts: Sequence[Alert], receiver: Receiver) -> list[Alert]:
        """Return the alerts, the most severe first, that one message to this URL has room for; at least one.

        Raises DeliveryError when the URL cannot be used.
        """
        order = ranked(alerts)
        if receiver.json:
            return order[: largest(len(order), lambda count: payload_fits(order[:count]))]
        room = limits_of(receiver.url)

        def fits(count: int) -> bool:
            uncut = replace(room, characters=_UNCUT)
            return room.fits(self.compose_digest(order[:count], "k" * _KEY, uncut, forms={room.form}))

        problems = [*self.template_errors]
        count = largest(len(order), fits)
        self.template_errors = problems  # of drafts that nobody gets
        return order[:count]

    def compose(self, alert: Alert, key: str, *, forms: Collection[str] = FORMS) -> Message:
        """Compose the message with the user's templates, as far as these work."""
        message = compose(alert, key, forms=forms)
        return self._reworded(message, lambda: facts_of(alert, key), _STEMS.get(alert.topic, _ALERT))

    def compose_digest(
        self,
        alerts: Sequence[Alert],
        key: str,
        room: ServiceLimits | None = None,
        *,
        group: bool = False,
        forms: Collection[str] = FORMS,
    ) -> Message:
        """Compose the message for several alerts with the user's templates, as far as these work."""
        alerts = fold_turns(alerts)
        if len(alerts) == 1:
            return self.compose(alerts[0], key, forms=forms)
        message = compose_digest(alerts, key, room.characters if room else None, group=group, forms=forms)
        return self._reworded(message, lambda: digest_facts(alerts, key, group=group), _DIGEST)

    def _reworded(self, message: Message, read_facts: Callable[[], dict[str, Any]], stems: Sequence[str]) -> Message:
        """Replace each part that has a template, in all its lengths; the key is then shown by the template alone."""
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
            if path and (text := self._rendered(part, path, facts)):
                own |= dict.fromkeys((part, *copies), text)
        return replace(message, **own, shows_key=message.shows_key and not own.keys() - {"subject"})  # type: ignore[arg-type]

    def _rendered(self, part: str, path: Path, facts: dict[str, Any]) -> str | None:
        """Render a template of the user; None where it fails."""
        try:
            text = _environment(part).from_string(path.read_text(encoding="utf-8")).render(_marked(facts, part))
        except Exception as error:  # noqa: BLE001  a template can raise anything, and no alert may be lost to it
            frames = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == "<template>"]
            line = getattr(error, "lineno", None) or next(reversed(frames), None)
            where = f"{path}:{line}" if line else str(path)
            self._note_error(f"{where}: {type(error).__name__}: {error}; the built-in template was used instead")
            return None
        text = " ".join(text.split())[:_LONGEST_SUBJECT] if part == "subject" else text.strip()
        if not text or len(text) > _LONGEST:
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
    """Build a sandbox: no attributes of Python's own, no other files, no unknown names; escaped as the format needs."""
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
    """Escape text for the inside of a Markdown line, once: what is marked as safe stays as it is."""
    from jinja2 import StrictUndefined  # noqa: PLC0415  the same
    from markupsafe import Markup  # noqa: PLC0415

    if isinstance(value, StrictUndefined):
        str(value)  # raises, and says what is missing
    return value if isinstance(value, Markup) else Markup(markdown(str(value)))  # noqa: S704  escaped by the line itself


def _marked(facts: dict[str, Any], part: str) -> dict[str, Any]:
    """Mark our own links as safe in Markdown: an escaped address leads nowhere."""
    if part != "markdown":
        return facts
    from markupsafe import Markup  # noqa: PLC0415  the same

    links = {name: Markup(facts[name]) for name in _LINKS if facts.get(name)}  # noqa: S704  made by own_link
    articles = [_marked(article, part) for article in facts.get("articles", ())]
    return facts | links | ({"articles": articles} if articles else {})
