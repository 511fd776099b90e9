"""Sign and recognise the cookie of a browser from which a user has signed in before.

It proves only that, and keeps the attempts of strangers from making its owner wait. It is signed with the user's
password hash, so that it ends with the password or the user, and nothing needs to be stored.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

DEVICE_LENGTH: Final = timedelta(days=180)
_LONGEST: Final = 200
_PARTS: Final = 3


def device_cookie(name: str, password_hash: str, secret: str, now: datetime) -> str:
    """Return the value of the cookie; `secret` tells one browser from another."""
    issued = str(int(now.timestamp()))
    return f"{issued}.{secret}.{_signature(name, password_hash, issued, secret)}"


def known_device(value: str | None, name: str, password_hash: str, now: datetime) -> str:
    """Return the identifier of this browser; empty when the cookie is not this user's or too old."""
    parts = (value or "").split(".")
    if len(parts) != _PARTS or len(value or "") > _LONGEST or not value or not value.isascii():
        return ""
    issued, secret, signature = parts
    expected = _signature(name, password_hash, issued, secret)
    if not hmac.compare_digest(signature, expected):
        return ""
    age = now - datetime.fromtimestamp(int(issued), UTC)  # signed, so it is a number that we wrote
    return secret if age < DEVICE_LENGTH else ""


def _signature(name: str, password_hash: str, issued: str, secret: str) -> str:
    text = f"device\0{name}\0{issued}\0{secret}"
    return hmac.new(password_hash.encode(), text.encode("utf-8", "replace"), sha256).hexdigest()
