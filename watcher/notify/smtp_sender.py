"""Send a message by SMTP with its key as Message-ID, to the server of an Apprise mail URL."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.utils import formataddr, formatdate
from threading import Timer
from typing import Any, BinaryIO, Final

from watcher.errors import DeliveryError
from watcher.notify.messages import Message
from watcher.text import collapse

SCHEMES: Final = ("mailto", "mailtos")
_TEMPORARY: Final = range(400, 500)
_PERMANENT: Final = range(500, 600)
_LONGEST_REPLIES: Final = 262_144  # bytes that a server may say in one conversation
# Headers that are set here; a `+Subject=` in the URL would be a second one.
_OURS: Final = frozenset(
    "subject from to cc bcc reply-to date message-id in-reply-to references mime-version content-type "
    "content-transfer-encoding x-idempotency-key auto-submitted".split()
)


def handles(plugin: Any, schema: str) -> bool:
    """Return whether this is plain SMTP, which is handled here; signed and encrypted mail is left to Apprise."""
    return schema in SCHEMES and plugin.pgp_mode == "no"


def message_id(key: str, sender: str) -> str:
    """Build the Message-ID of a key: the same on every attempt.

    >>> message_id("k1-team", "watcher@example.org")
    '<k1-team@article-watcher.example.org>'
    """
    domain = re.sub(r"[^a-z0-9.-]", "", sender.rpartition("@")[2].lower()).strip(".-")
    # Strangers' keys do not come here, but one that could end the header must not either.
    return f"<{re.sub(r'[^A-Za-z0-9!#$%&*+/=?^_`{|}~.-]', '-', key)[:200]}@article-watcher.{domain or 'invalid'}>"


def send_mail(message: Message, body: str, plugin: Any, *, html: bool, timeout: float, limit: float) -> None:
    """Deliver to all recipients of the URL at once; `timeout` limits each wait, `limit` the whole, in seconds.

    While one of several recipients is refused temporarily, nobody gets the mail: it is retried for all of
    them, and nobody gets it twice. Raises DeliveryError, whose text holds no address and no answer.
    """
    receivers = [address for _, address in plugin.targets]
    receivers += [address for address in sorted({*plugin.cc, *plugin.bcc}) if address not in receivers]
    mail = compose_mail(message, body, plugin, html=html).as_bytes()
    try:
        with _connection(plugin, timeout, limit) as server:
            refused = _send_data(server, plugin.from_addr[1], receivers, mail)
    except smtplib.SMTPResponseException as error:
        code = error.smtp_code
        if code in _PERMANENT:
            text = f"E-Mail: answered {code}; correct the destination, then `watcher deliver --retry-dead`"
            raise DeliveryError(text, permanent=True) from None
        reason = f"answered {code}" if code in range(100, 600) else "it answered nonsense"
        raise DeliveryError(f"E-Mail: {reason}") from None
    except (OSError, smtplib.SMTPException) as error:
        # smtplib turns a timeout into a lost connection; of the server's words nothing is shown, they may quote secrets
        late = isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
        reason = f"no answer within {timeout:g} s" if late else "no connection, or it ended without an answer"
        raise DeliveryError(f"E-Mail: {reason}") from None
    if refused:
        text = f"E-Mail: {len(refused)} of {len(receivers)} recipients refused ({refused[0]}), the others have it"
        raise DeliveryError(f"{text}; correct the destination", permanent=True)


def compose_mail(message: Message, body: str, plugin: Any, *, html: bool) -> EmailMessage:
    """Compose the mail: plain text, and HTML where the service takes it; its thread is the message's."""
    from email.header import Header  # noqa: PLC0415  the same
    from email.policy import SMTP as WIRE  # noqa: PLC0415  its parser of headers is slow to import

    mail, sender = EmailMessage(policy=WIRE), plugin.from_addr[1]
    # EmailMessage folds between words of ASCII and encoded ones, where blanks are then lost or doubled.
    ascii_only = message.subject.isascii()
    subject = Header(message.subject, "us-ascii" if ascii_only else "utf-8", header_name="Subject")
    mail.set_raw("Subject", subject.encode(linesep=WIRE.linesep))
    mail["From"] = _person(plugin.from_addr[0], sender)
    mail["To"] = ", ".join(_person(name, address) for name, address in plugin.targets)
    for header, addresses in (("Cc", plugin.cc - plugin.bcc), ("Reply-To", plugin.reply_to)):
        if addresses:
            mail[header] = ", ".join(_person(plugin.names.get(address), address) for address in sorted(addresses))
    mail["Date"] = formatdate()
    mail["Message-ID"] = message_id(message.key, sender)
    if message.thread and message.thread != message.key:
        mail["In-Reply-To"] = mail["References"] = message_id(message.thread, sender)
    mail["X-Idempotency-Key"] = re.sub(r"[^!-~]", "", message.key)[:200]
    mail["Auto-Submitted"] = "auto-generated"  # no holiday note comes back
    for name, value in plugin.headers.items():
        if name.lower() not in _OURS and re.fullmatch(r"[!-9;-~]{1,100}", name):
            mail[name] = collapse(str(value))
    mail.set_content(message.text if html else body)
    if html:
        mail.add_alternative(body, subtype="html")
    return mail


def _person(name: object, address: str) -> str:
    return formataddr((str(name) if name else "", address))


class _Replies:
    """Limits the replies of a server: smtplib gathers the lines of a reply, however many there are."""

    def __init__(self, inner: BinaryIO) -> None:
        self._inner = inner
        self._left = _LONGEST_REPLIES

    def readline(self, size: int = -1) -> bytes:
        line = self._inner.readline(size)
        self._left -= len(line)
        if self._left < 0:
            raise OSError("the server says too much")
        return line

    def close(self) -> None:
        self._inner.close()


class _Server(smtplib.SMTP):
    """A mail server whose replies are bounded."""

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _Replies(self.sock.makefile("rb"))
        return super().getreply()


class _TLSServer(_Server, smtplib.SMTP_SSL):
    """A mail server with TLS from the beginning."""


@contextmanager
def _connection(plugin: Any, timeout: float, limit: float) -> Iterator[smtplib.SMTP]:
    """Connect to a server that is ready for a mail; the connection is cut when the whole takes too long."""
    context = ssl.create_default_context()
    if not plugin.verify_certificate:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    mode, location = str(plugin.secure_mode), (plugin.smtp_host, int(plugin.port))
    server = _TLSServer(timeout=timeout, context=context) if mode == "ssl" else _Server(timeout=timeout)
    server._host = plugin.smtp_host  # type: ignore[attr-defined]  # noqa: SLF001  TLS asks for it; connect() does not set it

    def abort() -> None:
        with suppress(OSError, AttributeError):
            if server.sock is not None:
                server.sock.shutdown(socket.SHUT_RDWR)

    watchdog = Timer(limit, abort)
    watchdog.daemon = True
    watchdog.start()
    try:
        code, _ = server.connect(*location)
        if code != 220:  # noqa: PLR2004  ready
            raise smtplib.SMTPResponseException(code, "")
        if mode == "starttls":
            server.starttls(context=context)
        server.ehlo_or_helo_if_needed()
        if plugin.user and plugin.password:
            server.login(plugin.user, plugin.password)
        yield server
        # It has the mail: whatever happens to the farewell changes nothing.
        with suppress(OSError, smtplib.SMTPException):
            server.quit()
    finally:
        watchdog.cancel()
        server.close()


def _send_data(server: smtplib.SMTP, sender: str, receivers: Sequence[str], mail: bytes) -> list[int]:
    """Give the mail to the server; returns the codes of recipients that it refuses permanently."""
    size = [f"size={len(mail)}"] if server.has_extn("size") else []
    _accepted(*server.mail(sender, size))
    codes = [server.rcpt(address)[0] for address in receivers]
    refused = [code for code in codes if code in _PERMANENT]
    waiting = [code for code in codes if code in _TEMPORARY]
    if waiting or len(refused) == len(receivers):
        raise smtplib.SMTPResponseException((waiting or refused)[0], "")
    _accepted(*server.data(mail))
    return refused


def _accepted(code: int, answer: bytes) -> None:
    if code not in range(200, 300):
        raise smtplib.SMTPResponseException(code, answer)
