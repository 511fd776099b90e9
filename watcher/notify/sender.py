"""Send a message to one Apprise URL; a DeliveryError tells whether to retry.

Plain mail is sent without Apprise, to set the Message-ID from the key, keep threads, and retry for all recipients.
"""

from __future__ import annotations

import logging
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from email.message import EmailMessage
from email.utils import formataddr, formatdate
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any, Final

from watcher.backoff import parse_http_date, parse_retry_after
from watcher.errors import DeliveryError
from watcher.model import Severity
from watcher.notify import payload
from watcher.notify.messages import Message
from watcher.notify.sanitize import markdown, truncate_bytes, utf8_length
from watcher.text import collapse

if TYPE_CHECKING:
    from apprise import Apprise

TIMEOUT = 15.0
_CONNECT = 5.0
_GRACE = 5.0
_CODE = re.compile(r"error=(\d{3})\b")
_LONGEST_TITLE = 200  # put above the text for services without titles
_MAX_READABLE = 20_000
_MAIL_SCHEMES: Final = ("mailto", "mailtos")
_WEBHOOKS = ("json", "jsons", "xml", "xmls", "form", "forms")
_WITH_HEADERS = (*_WEBHOOKS, *_MAIL_SCHEMES)
# Services of Apprise that send mail can show a whole HTML page; chats support only a few tags.
_MAIL = frozenset(
    "mailto mailtos azure brevo mailersend mailgun o365 postmark resend sendgrid sendpulse ses smtp2go "
    "sparkpost".split()
)
_TYPES = {Severity.CRITICAL: "failure", Severity.HIGH: "warning"}
_LONGEST_KEY = 80
_LONGEST_MAIL = 90_000  # Gmail hides what is beyond 102 KB
# Apprise sends from its own threads and copies the context to them, so they share the list in it.
_DELAYS: ContextVar[list[float] | None] = ContextVar("retry_after", default=None)


def send(message: Message, url: str, key: str, *, secret: str = "", timeout: float = TIMEOUT) -> None:
    """Deliver once; `timeout` limits each wait for the receiver, in seconds.

    A message with a payload goes to a JSON webhook, signed with `secret`, or to a file. The key is sent to webhooks as
    header X-Idempotency-Key, in mail as Message-ID, and to others as the last line. Raises DeliveryError, which is
    `permanent` for an unusable URL and for answers that will not change, and has `retry_after` if the receiver sent
    one; its text contains no part of the URL.
    """
    if payload.is_file(url):
        payload.append_payload(message.payload, url)
        return
    service = _service(url, timeout)
    if message.payload:
        payload.post_payload(message.payload, service[0], key, secret, timeout=timeout)
        return
    plugin: Any = service[0]
    schema = _schema(url)
    form, limit = _form(plugin, schema), timeout + _CONNECT + _GRACE
    keyed = replace(message, key=key, shows_key=message.shows_key and schema not in _WITH_HEADERS)
    body, title, sent_form = _fit_body(plugin, keyed, form, _max_body(plugin, schema))
    if is_plain_smtp(plugin, schema):
        send_mail(keyed, body, plugin, html=sent_form == "mail", timeout=timeout)
        return
    if schema in _WITH_HEADERS:
        plugin.headers["X-Idempotency-Key"] = re.sub(r"[^!-~]", "", key)[:200]
    if schema in _MAIL_SCHEMES:
        # Apprise sets its own Message-ID on signed mail; with this, mail programs group a repeated mail with the first
        plugin.headers["References"] = message_id(key, plugin.from_addr[1])
    with capture_retry_after() as delays:
        result = service.notify(
            body=body,
            title=title,
            body_format="html" if sent_form == "mail" else sent_form,
            notify_type="success" if message.is_resolved else _TYPES.get(message.severity, "info"),
            timeout=limit,
        )
    try:
        if not result:
            # Apprise's log has the status codes; it is never quoted, since it may contain secrets.
            codes = [int(code) for entry in result.logs() for code in _CODE.findall(str(entry.message))]
            if codes:
                raise payload.refusal(str(plugin.service_name), codes[-1], delays[-1] if delays else None)
            is_late = result.elapsed >= timeout
            reason = f"no answer within {timeout:g} s" if is_late else "no connection, or it ended without an answer"
            raise DeliveryError(f"{plugin.service_name}: {reason}")
    finally:
        result.close()


@dataclass(frozen=True, slots=True)
class ServiceLimits:
    """The form (text, Markdown, HTML or the HTML page of a mail) and the length that a destination accepts."""

    form: str
    characters: int

    def body(self, message: Message) -> str:
        """Return the message in this form."""
        return str(getattr(message, self.form))

    def fits(self, message: Message) -> bool:
        """Return whether the whole message fits; text is measured in bytes, as some services do."""
        return (utf8_length if self.form == "text" else len)(self.body(message)) <= self.characters


def limits_of(url: str) -> ServiceLimits:
    """Return the limits of a URL's service, capped at a readable length; raise DeliveryError if it is unusable."""
    plugin, schema = _service(url, TIMEOUT)[0], _schema(url)
    reserved = _LONGEST_TITLE if plugin.title_maxlen <= 0 else 0
    reserved += 0 if schema in _WITH_HEADERS else _LONGEST_KEY
    form = _form(plugin, schema)
    longest = _LONGEST_MAIL if form == "mail" else _MAX_READABLE
    return ServiceLimits(form, max(1, min(_max_body(plugin, schema) - reserved, longest)))


def _max_body(plugin: Any, schema: str) -> int:
    """Return the maximum length of a body; Apprise's limit does not apply to mail that is sent without it."""
    return _LONGEST_MAIL if is_plain_smtp(plugin, schema) else int(plugin.body_maxlen)


def _form(plugin: Any, schema: str) -> str:
    form = str(plugin.resolve_format().value)
    return "mail" if form == "html" and schema in _MAIL else form


def url_problem(url: str) -> str | None:
    """Return why a URL cannot be used, without quoting it; None if it can. No request is made."""
    if payload.is_file(url):
        return payload.file_problem(url)
    try:
        _service(url, TIMEOUT)
    except DeliveryError:
        schema = _schema(url)
    else:
        return None
    if schema in ("http", "https"):
        webhook = f"{schema.replace('http', 'json')}:// in place of {schema}:// for a webhook of your own"
        return f"is not an address of a service that Apprise knows; copy it whole, or write {webhook}"
    from apprise.manager_plugins import NotificationManager  # noqa: PLC0415  as in _service

    plugins: Any = NotificationManager()  # type: ignore[no-untyped-call]
    if schema not in plugins:
        return "has a scheme that Apprise does not know; see https://appriseit.com/services/ for those of all services"
    plugin = plugins[schema]
    if plugin.enabled:
        return f"is not complete for {plugin.service_name}; see {plugin.setup_url} for its form"
    required = plugin.requirements.get("packages_required") or []
    packages = ", ".join([required] if isinstance(required, str) else required)
    if packages:
        return f"needs a Python package that is not installed: {packages}; install it for Article Watcher"
    return f"cannot be used on this machine: {plugin.requirements.get('details') or plugin.setup_url}"


def _service(url: str, timeout: float) -> Apprise:
    """Return an Apprise for this one service, with timeouts, and without retries, redirects and images."""
    # Apprise logs URLs with passwords at DEBUG and parts of them at higher levels; urllib3 logs the paths of webhooks,
    # which serve as passwords, at DEBUG, and httpx logs whole URLs at INFO.
    for name, level in (("apprise", logging.INFO), ("urllib3", logging.INFO), ("httpx", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, level))
    log = logging.getLogger("apprise")
    log.propagate = False
    if not any(isinstance(sink, logging.NullHandler) for sink in log.handlers):
        log.addHandler(logging.NullHandler())
    import apprise  # noqa: PLC0415  0.3 s, which only a delivery needs

    asset = apprise.AppriseAsset(
        app_id="article-watcher",
        app_desc="Article Watcher",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        http_redirects=False,
        async_mode=False,
        storage_mode="memory",
        result_log_disk_size=0,
    )
    plugin: Any = None
    with suppress(ValueError, TypeError, AttributeError, LookupError):  # how plugins reject malformed URLs
        plugin = apprise.Apprise.instantiate(url, asset=asset)
    if plugin is None or (_schema(url) in _MAIL_SCHEMES and not plugin.targets):
        raise DeliveryError("Apprise cannot use the URL of this destination; correct it", permanent=True)
    plugin.socket_connect_timeout = min(_CONNECT, timeout)
    plugin.socket_read_timeout = timeout
    plugin.redirects = False
    plugin.retry = 0  # the outbox retries: it records every attempt and survives a crash
    service = apprise.Apprise(asset=asset)
    service.add(plugin)
    return service


def _schema(url: str) -> str:
    return url.partition("://")[0].lower()


def _fit_body(plugin: Any, message: Message, form: str, limit: int) -> tuple[str, str, str]:
    """Return body, title and form that the service accepts; the body is plainer and shorter if it has to be."""
    title_in_body = plugin.title_maxlen <= 0
    heading = message.subject
    if title_in_body:
        heading = markdown(heading) if form == "markdown" else escape(heading) if form == "html" else heading
    bodies = [(form, ServiceLimits(form, 0).body(message)), (form, getattr(message, f"compact_{form}", ""))]
    bodies += [("text", message.text), ("text", message.compact_text)]
    if form == "text" and message.is_single:
        bodies.insert(0, ("text", message.compact_text))  # read on a phone: 500 bytes suffice for one finding
    # If no header carries the key, it is shown, so that a message that was sent twice can be recognized.
    line = f"key {message.key[:_LONGEST_KEY]}"
    for kind, body in bodies:
        shown = body
        if message.shows_key and message.key not in body:
            match kind:
                case "mail":
                    shown = body.replace("</body>", f"<p>{escape(line)}</p></body>")
                case "html":
                    shown = f"{body}<p>{escape(line)}</p>"
                case "markdown":
                    shown = f"{body}\n\n{markdown(line)}"
                case _:
                    shown = f"{body}\n{line}"
        # the text begins with the article and contains all information of the subject
        for title in (heading, "") if title_in_body and kind == "text" else (heading,):
            if body and len(shown) + (len(title) + 4 if title_in_body else 0) <= limit:
                return shown, title, kind
    return message.short if len(message.short) <= limit else truncate_bytes(message.short, limit), "", "text"


@contextmanager
def capture_retry_after() -> Iterator[list[float]]:
    """Yield a list that collects the Retry-After delays of all answers, in seconds, while the body runs."""
    _patch_requests()
    delays: list[float] = []
    before = _DELAYS.set(delays)
    try:
        yield delays
    finally:
        _DELAYS.reset(before)


@cache
def _patch_requests() -> None:
    """Wrap `requests.Session.send`, which every web service of Apprise uses; requests has no hook for all sessions."""
    import requests  # noqa: PLC0415  50 ms, which only a delivery needs

    send = requests.Session.send

    def send_and_capture(session: Any, request: Any, **options: Any) -> Any:
        response = send(session, request, **options)
        delays = _DELAYS.get()
        if delays is not None:
            # A date is relative to the receiver's own clock, which is in the Date header of the same answer.
            now = parse_http_date(response.headers.get("Date"))
            delay = parse_retry_after(response.headers.get("Retry-After"), now)
            delays.extend([] if delay is None else [delay])
        return response

    requests.Session.send = send_and_capture  # type: ignore[method-assign,assignment] # see above


_TEMPORARY: Final = range(400, 500)
_PERMANENT: Final = range(500, 600)
# Headers that this module sets; a `+Subject=` in the URL would add a second one.
_OURS: Final = frozenset(
    "subject from to cc bcc reply-to date message-id in-reply-to references mime-version content-type "
    "content-transfer-encoding x-idempotency-key auto-submitted".split()
)


def is_plain_smtp(plugin: Any, schema: str) -> bool:
    """Return whether this is plain SMTP, which this module sends; Apprise sends signed and encrypted mail."""
    return schema in _MAIL_SCHEMES and plugin.pgp_mode == "no"


def message_id(key: str, sender: str) -> str:
    """Return the Message-ID for a key; it is the same on every attempt.

    >>> message_id("k1-team", "watcher@example.org")
    '<k1-team@article-watcher.example.org>'
    """
    domain = re.sub(r"[^a-z0-9.-]", "", sender.rpartition("@")[2].lower()).strip(".-")
    # Keys are not from outside, but still no key may end the header.
    return f"<{re.sub(r'[^A-Za-z0-9!#$%&*+/=?^_`{|}~.-]', '-', key)[:200]}@article-watcher.{domain or 'invalid'}>"


def send_mail(message: Message, body: str, plugin: Any, *, html: bool, timeout: float) -> None:
    """Deliver to all recipients of the URL at once; `timeout` limits each wait, in seconds.

    If the server refuses one of several recipients temporarily, the mail is sent to none of them and retried for all,
    so that nobody gets it twice. Raises DeliveryError, whose text contains no address and no answer of the server.
    """
    receivers = [address for _, address in plugin.targets]
    receivers += [address for address in sorted({*plugin.cc, *plugin.bcc}) if address not in receivers]
    mail = compose_mail(message, body, plugin, html=html).as_bytes()
    try:
        with _connection(plugin, timeout) as server:
            size = [f"size={len(mail)}"] if server.has_extn("size") else []
            _accepted(*server.mail(plugin.from_addr[1], size))
            codes = [server.rcpt(address)[0] for address in receivers]
            refused = [code for code in codes if code in _PERMANENT]
            waiting = [code for code in codes if code in _TEMPORARY]
            if waiting or len(refused) == len(receivers):
                _accepted((waiting or refused)[0], b"")
            _accepted(*server.data(mail))
    except smtplib.SMTPResponseException as error:
        code = error.smtp_code
        if code in _PERMANENT:
            text = f"E-Mail: answered {code}; correct the destination, then `watcher deliver --retry-dead`"
            raise DeliveryError(text, permanent=True) from None
        reason = f"answered {code}" if code in range(100, 600) else "its answer is invalid"
        raise DeliveryError(f"E-Mail: {reason}") from None
    except (OSError, smtplib.SMTPException) as error:
        # smtplib reports a timeout as a lost connection; the server's text is never shown, since it may quote secrets
        late = isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
        reason = f"no answer within {timeout:g} s" if late else "no connection, or it ended without an answer"
        if isinstance(error, ssl.SSLCertVerificationError):
            reason = "its certificate is not trusted or is for another name"
        elif type(error) in (smtplib.SMTPException, smtplib.SMTPNotSupportedError):
            reason = "it has no STARTTLS, or no login, of the kind that the URL asks for"
        raise DeliveryError(f"E-Mail: {reason}") from None
    if refused:
        text = f"E-Mail: {len(refused)} of {len(receivers)} recipients refused ({refused[0]}), the others have it"
        raise DeliveryError(f"{text}; correct the destination", permanent=True)


def compose_mail(message: Message, body: str, plugin: Any, *, html: bool) -> EmailMessage:
    """Compose the mail as plain text, with an HTML part if `html`; it replies to the message's thread."""
    from email.header import Header  # noqa: PLC0415  the same
    from email.policy import SMTP as WIRE  # noqa: PLC0415  its parser of headers is slow to import

    # 8-bit content needs the 8BITMIME extension, which the next relay may lack.
    mail, sender = EmailMessage(policy=WIRE.clone(cte_type="7bit")), plugin.from_addr[1]
    # EmailMessage folds between ASCII and encoded words, and then loses or doubles the spaces there.
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
    mail["Auto-Submitted"] = "auto-generated"  # prevents vacation replies (RFC 3834)
    for name, value in plugin.headers.items():
        if name.lower() not in _OURS and re.fullmatch(r"[!-9;-~]{1,100}", name):
            mail[name] = collapse(str(value))
    mail.set_content(message.text if html else body)
    if html:
        mail.add_alternative(body, subtype="html")
    return mail


def _person(name: object, address: str) -> str:
    return formataddr((str(name) if name else "", address))


@contextmanager
def _connection(plugin: Any, timeout: float) -> Iterator[smtplib.SMTP]:
    """Yield a connection to a server that is ready for a mail, logged in if the URL has credentials."""
    context = ssl.create_default_context()
    if not plugin.verify_certificate:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    mode, location = str(plugin.secure_mode), (plugin.smtp_host, int(plugin.port))
    server = smtplib.SMTP_SSL(timeout=timeout, context=context) if mode == "ssl" else smtplib.SMTP(timeout=timeout)
    server._host = plugin.smtp_host  # type: ignore[attr-defined]  # noqa: SLF001  TLS asks for it; connect() does not set it
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
        # The server has accepted the mail: its answer to QUIT does not matter, and is not waited for.
        with suppress(OSError, smtplib.SMTPException):
            server.putcmd("quit")
    finally:
        server.close()


def _accepted(code: int, answer: bytes) -> None:
    if code not in range(200, 300):
        raise smtplib.SMTPResponseException(code, answer)
