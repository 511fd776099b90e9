"""The user's own templates become messages; where one has a mistake, ours is sent and the mistake is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from watcher.model import Alert
from watcher.notify.channels import TIMEOUT, send
from watcher.notify.digest import compose_digest
from watcher.notify.message import Message, compose, facts_of
from watcher.notify.words import clean, markdown

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

_SUBJECT: Final = "subject.txt"
_LONGEST: Final = 20_000
_LONGEST_SUBJECT: Final = 300


class Wording:
    """How messages read: by the templates in `folder`, by ours where there are none.

    `mistakes` has a line for each of the user's templates that could not be used, each once.
    """

    def __init__(self, folder: Path | None, *, timeout: float = TIMEOUT) -> None:
        self._folder = folder
        self._timeout = timeout
        self.mistakes: list[str] = []

    def notify(self, alert: Alert, url: str, key: str) -> None:
        """Tell one destination of an alert; raises DeliveryError."""
        message = self.compose(alert, key)
        send(message, url, message.key, timeout=self._timeout)

    def notify_digest(self, alerts: Sequence[Alert], url: str, key: str) -> None:
        """Tell one destination of several alerts in one message; raises DeliveryError."""
        message = self.compose(alerts[0], key) if len(alerts) == 1 else compose_digest(alerts, key)
        send(message, url, message.key, timeout=self._timeout)

    def compose(self, alert: Alert, key: str) -> Message:
        """The message in the user's words, as far as these work."""
        message = compose(alert, key)
        if self._folder is None:
            return message
        if not self._folder.is_dir():
            self._told(f"{self._folder}: there is no such folder; correct `templates` in the watchlist")
            return message
        facts = facts_of(alert, key)
        return replace(
            message,
            text=self._rendered("alert.txt", facts) or message.text,
            markdown=self._rendered("alert.md", facts) or message.markdown,
            html=self._rendered("alert.html", facts) or message.html,
            subject=self._rendered(_SUBJECT, facts) or message.subject,
        )

    def _rendered(self, file: str, facts: dict[str, Any]) -> str | None:
        """What a template of the user makes of the facts; None where there is none or it fails."""
        assert self._folder
        path = self._folder / file
        if not path.is_file():
            return None
        try:
            text = _environment(html=file.endswith(".html")).from_string(path.read_text(encoding="utf-8")).render(facts)
        except Exception as error:  # noqa: BLE001  a template can raise anything, and no alert may be lost to it
            line = getattr(error, "lineno", None) or _line_of(error)
            where = f"{path}:{line}" if line else str(path)
            self._told(f"{where}: {type(error).__name__}: {error}; our own words were sent instead")
            return None
        text = " ".join(text.split())[:_LONGEST_SUBJECT] if file == _SUBJECT else text.strip()
        if not text or len(text) > _LONGEST:
            found = "makes nothing" if not text else f"makes {len(text)} characters"
            self._told(f"{path}: {found}; our own words were sent instead")
            return None
        return text

    def _told(self, mistake: str) -> None:
        line = clean(mistake)
        if line not in self.mistakes:
            self.mistakes.append(line)


@cache
def _environment(*, html: bool) -> SandboxedEnvironment:
    """Only for text: no attributes of Python's own, no other files, no unknown names."""
    from jinja2 import StrictUndefined  # noqa: PLC0415  40 ms that only own templates need
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=html
    )
    environment.filters["markdown"] = markdown
    return environment


def _line_of(error: BaseException) -> int | None:
    """The line of the template in which an error came up while it was rendered."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
