"""Run a real mail server on loopback whose replies a test sets."""

import email
import email.policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.ports import free_port


class PostOffice:
    """`plan` gives replies to the next messages, then all of seven bits are taken; `refused` those to recipients."""

    def __init__(self) -> None:
        self.plan: list[str] = []
        self.refused: dict[str, str] = {}
        self.mails: list[EmailMessage] = []
        self.envelopes: list[list[str]] = []
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    def address(self, query: str = "to=a@example.org") -> str:
        """The Apprise URL that sends here."""
        return f"mailto://127.0.0.1:{self.port}?from=watcher@example.org&smtp=127.0.0.1&mode=insecure&{query}"

    @property
    def url(self) -> str:
        return self.address()

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()

    async def handle_RCPT(  # noqa: N802  the name that aiosmtpd looks for
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[Any]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.plan:
            return self.plan.pop(0)
        text = (envelope.original_content or b"").decode("ascii")
        mail = email.message_from_string(text, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.envelopes.append([*envelope.rcpt_tos])
        return "250 OK"
