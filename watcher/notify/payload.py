"""Compose the JSON payload of webhooks and files, and send it; schema/alert-1.json describes it.

The payload is for programs: wiki text is exact, not defanged as in messages for people. Payloads of webhooks are signed
as specified by Standard Webhooks (https://www.standardwebhooks.com).
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import hmac
import json
import os
import re
import stat
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from watcher.backoff import parse_http_date, parse_retry_after
from watcher.errors import DeliveryError
from watcher.model import Alert, Notice, Revision
from watcher.notify.entries import ranked
from watcher.notify.messages import Message
from watcher.text import has_hidden_characters

SCHEMA_VERSION: Final = 1
"""Incremented if receivers of the previous version could misread a payload; not for new fields."""
# For a payload with several alerts; the rest go into the next one. Receivers commonly refuse more than 1 MB.
MOST_BYTES: Final = 1_000_000
_MOST_FINDINGS: Final = 500  # of one alert
_MAX_TEXT: Final = 4_000  # characters of a text; an article's longest sentences have some hundred

# Temporary client errors: timeout, too early, too many requests. All other 4xx are permanent.
_RETRYABLE_STATUS: Final = (408, 425, 429)
_BUSY_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Receiver:
    """A destination's URL, whether it gets the JSON payload, and the secret that signs it."""

    url: str = field(repr=False)
    json: bool = False
    secret: str = field(default="", repr=False)


def payload_message(alerts: Sequence[Alert], key: str) -> Message:
    """Return the message for a JSON receiver; all its texts are empty."""
    severity = ranked(alerts)[0].worst
    payload = compose_payload(alerts, key)
    return Message(subject="", text="", markdown="", html="", short="", severity=severity, key=key, payload=payload)


def compose_payload(alerts: Sequence[Alert], key: str) -> str:
    """Return the payload for one alert or the alerts of a digest, the most severe first, as one line of ASCII.

    All other characters are JSON escapes, so that none can control a terminal or break a line of a file.
    """
    order = ranked(alerts)
    written = []
    for alert in order:
        notices = sorted(alert.notices, key=lambda notice: -notice.severity)
        article = alert.article
        written.append(
            {
                "topic": alert.topic.value,
                "key": alert.key,
                "follows": alert.thread or None,
                "article": {"wiki": article.wiki, "page_id": article.page_id or None, "title": article.title},
                "at": alert.after.at.isoformat(),
                "before": _revision(alert.before),
                "after": _revision(alert.after),
                "severity": alert.worst.label,
                "findings": [_finding(notice) for notice in notices[:_MOST_FINDINGS]],
                "not_listed": alert.not_listed + len(notices[_MOST_FINDINGS:]),
                "filtered": alert.filtered,
                "diff_url": alert.diff_url or None,
                "report_url": alert.report_url,
            }
        )
    content = {
        "schema_version": SCHEMA_VERSION,
        "key": key,
        "topic": order[0].topic.value if len(order) == 1 else "digest",
        "severity": order[0].worst.label,
        "alerts": written,
    }
    return json.dumps(content, separators=(",", ":"))


def _finding(notice: Notice) -> dict[str, Any]:
    return {
        "kind": notice.kind.value,
        "severity": notice.severity.label,
        "reasons": list(notice.reasons),
        "section": list(notice.section),
        "summary": notice.summary[:_MAX_TEXT],
        "old": _side(notice.old_text, notice.old_value, notice.old_sentence),
        "new": _side(notice.new_text, notice.new_value, notice.new_sentence),
        "edits": [_revision(edit) for edit in notice.edits],
        **({"through": [title[:_MAX_TEXT] for title in notice.through]} if notice.through else {}),
        "explanations": [text[:_MAX_TEXT] for text in notice.explanations],
        "sources": [
            {"label": link.label[:_MAX_TEXT], "url": link.url, "archive_url": link.archive_url, "status": link.status}
            for link in notice.sources
        ],
        "diff_url": notice.diff_url or None,
        "finding_url": notice.review_url or None,
    }


def _side(text: str | None, value: str | None, sentence: str | None) -> dict[str, str | None] | None:
    """Return the text, value and sentence of one side of a change; None if it has neither text nor sentence."""
    if text is None and sentence is None:
        return None
    return {"text": text and text[:_MAX_TEXT], "value": value, "sentence": sentence and sentence[:_MAX_TEXT]}


def _revision(revision: Revision) -> dict[str, Any] | None:
    """Return a revision as JSON; None for the placeholder in alerts that are not about an edit."""
    return revision.to_dict() if revision.id else None


_BASE64: Final = "whsec_"  # prefix of a secret in base64; without it, the secret's characters are the key
# O_NOFOLLOW: a symlink in the folder must not redirect us. O_NONBLOCK: do not hang on a pipe without a reader.
_APPEND: Final = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY


def post_payload(payload: str, plugin: Any, key: str, secret: str, *, timeout: float) -> None:
    """Send a payload to the address of an Apprise JSON URL; `timeout` in seconds limits each wait for the receiver.

    The `webhook-id` is the key, the same on every attempt. Raises DeliveryError; its text contains no part of the URL.
    """
    import httpx  # noqa: PLC0415  80 ms, which only webhooks need

    port = f":{plugin.port}" if plugin.port else ""
    url = f"{'https' if plugin.secure else 'http'}://{plugin.host}{port}{plugin.fullpath}"
    body = payload.encode("ascii")
    try:
        # Our headers replace those of the URL, case-insensitively.
        headers = httpx.Headers({"User-Agent": "article-watcher", **plugin.headers})
        headers.update(signed_headers(body, key, secret, int(time.time())))
        user = (plugin.user, plugin.password or "") if plugin.user else None
        with (
            httpx.Client(verify=plugin.verify_certificate, timeout=timeout, follow_redirects=False) as client,
            # Only the headers of the answer are read, so that a receiver cannot keep us busy with its body.
            client.stream(
                plugin.method, url, params=plugin.params or None, content=body, headers=headers, auth=user
            ) as response,
        ):
            code, answer = response.status_code, response.headers
    except httpx.TimeoutException:
        raise DeliveryError(f"JSON: no answer within {timeout:g} s") from None
    except (httpx.LocalProtocolError, httpx.InvalidURL, ValueError):
        text = "JSON: its URL has a header or an address that cannot be sent; correct the destination"
        raise DeliveryError(text, permanent=True) from None
    except httpx.HTTPError:
        raise DeliveryError("JSON: no connection, or it ended without an answer") from None
    if not 200 <= code < 300:  # noqa: PLR2004  the class of success
        raise refusal("JSON", code, parse_retry_after(answer.get("Retry-After"), parse_http_date(answer.get("Date"))))


def refusal(service: str, code: int, retry_after: float | None) -> DeliveryError:
    """Return the error for an unsuccessful HTTP status; `retry_after` is in seconds, or None if it was not sent."""
    if 400 <= code < 500 and code not in _RETRYABLE_STATUS:  # noqa: PLR2004  the class of client errors
        text = f"{service}: answered {code}; correct the destination, then `watcher deliver --retry-dead`"
        return DeliveryError(text, permanent=True)
    if retry_after is None and code in _RETRYABLE_STATUS:
        retry_after = _BUSY_SECONDS
    return DeliveryError(f"{service}: answered {code}", retry_after=retry_after)


def signed_headers(body: bytes, key: str, secret: str, at: int) -> dict[str, str]:
    """Return the headers of a payload; with a secret, they have a signature over key, time and body."""
    identity = re.sub(r"[^!-~]", "", key)[:200]
    headers = {
        "Content-Type": "application/json",
        "X-Idempotency-Key": identity,
        "webhook-id": identity,
        "webhook-timestamp": str(at),
    }
    if secret:
        own = secret.removeprefix(_BASE64)
        signing_key = base64.b64decode(own) if own != secret else secret.encode()
        digest = hmac.new(signing_key, b"%s.%d.%s" % (identity.encode(), at, body), hashlib.sha256).digest()
        headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
    return headers


def is_file(url: str) -> bool:
    """Return whether a URL names a file that payloads are appended to."""
    return url[:7].lower() == "file://"


def file_problem(url: str) -> str | None:
    """Return why a file:// URL cannot be used; None if it has the absolute path of a file."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    if parts.netloc or parts.query or parts.fragment or not path.startswith("/") or path.endswith("/"):
        return "must be file:// and the absolute path of a file; write for example file:///var/log/watcher/alerts.jsonl"
    return "has a hidden character in its path; choose another one" if has_hidden_characters(path) else None


def file_path(url: str) -> Path:
    """Return the path of a file:// URL."""
    return Path(unquote(urlsplit(url).path))


def append_payload(payload: str, url: str) -> None:
    """Append a payload as one line to a file, created with mode 0600; raise DeliveryError on failure.

    The file is opened for each line, so that it may be rotated at any time. It is locked while a line is written, so
    that no other process mistakes half a line for one that a crash left unfinished.
    """
    if problem := file_problem(url):
        raise DeliveryError(f"file: its URL {problem}", permanent=True)
    path = file_path(url)
    try:
        descriptor = os.open(path, _APPEND, 0o600)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise DeliveryError("file: is not a regular file; name another one", permanent=True)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            size = os.fstat(descriptor).st_size
            # End a line that a power failure left unfinished, so that this one is intact.
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            line = b"\n" * torn + payload.encode("ascii") + b"\n"
            if os.write(descriptor, line) < len(line):  # a whole line or nothing
                os.ftruncate(descriptor, size)
                raise DeliveryError("file: the disk is full; free some of it")
            os.fsync(descriptor)  # from now on, the alert counts as sent
        finally:
            os.close(descriptor)
    except OSError as error:
        # the path is part of the URL, so it is not shown
        text = f"file: cannot be written ({error.strerror}); create its folder and let this program write it"
        raise DeliveryError(text) from None
