"""A wish about the watchlist → the file written anew: checked first, all or nothing, and over nobody else's change."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from watcher.config import edit_watch, understood
from watcher.errors import ConfigError, Conflict
from watcher.private_files import create_file, keep_mode

_LARGEST = 4_000_000


def version_of(path: Path) -> str:
    """What tells one content of the file from another; it goes into forms and comes back with the wish."""
    return _version(_read(path.resolve()))


def rewrite(
    path: Path, change: Callable[[str], str], *, version: str | None = None, environ: Mapping[str, str] | None = None
) -> bool:
    """Put `change(text)` in the place of the file's text; whether anything is other than before.

    Raises Conflict when the file is not of that `version` any more, ConfigError when the new text would be no
    watchlist or cannot be written, and what `change` raises: then the file is as it was.
    """
    real = path.resolve()
    with _alone(real):
        before = _read(real)
        if version is not None and version != _version(before):
            raise Conflict(
                f"{path.name} was changed meanwhile, so nothing was written: look at it again, then try anew"
            )
        try:
            text = before.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ConfigError(f"{path.name}: not UTF-8 text; save the file as UTF-8") from None
        changed = change(text)
        if changed == text:
            return False
        understood(changed.replace("\r\n", "\n"), real, environ=os.environ if environ is None else environ)
        _replace(real, changed)
        return True


def change_watch(path: Path, wiki: str, title: str, wishes: Mapping[str, Any], version: str | None = None) -> bool:
    """Set settings of a watch anew; as `rewrite`, and Missing when the watch is not in the file."""
    return rewrite(path, lambda text: edit_watch(text, wiki, title, wishes), version=version)


def _version(content: bytes) -> str:
    return sha256(content).hexdigest()[:32]


def _read(real: Path) -> bytes:
    try:
        with real.open("rb") as file:
            return file.read(_LARGEST)
    except OSError as error:
        raise ConfigError(f"{real.name}: cannot be read ({error.strerror}); check the file") from None


@contextmanager
def _alone(real: Path) -> Iterator[None]:
    """One writer at a time, in this process and in others: a lock on the folder, for the file itself is replaced."""
    try:
        folder = os.open(real.parent, os.O_RDONLY)
    except OSError as error:
        raise ConfigError(f"{real.parent}: cannot be opened ({error.strerror}); check the folder") from None
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _replace(real: Path, text: str) -> None:
    draft = real.with_name(real.name + ".new")
    try:
        draft.unlink(missing_ok=True)  # left by a writer that was killed: only one writes at a time
        with os.fdopen(create_file(draft), "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            keep_mode(file.fileno(), real)
        os.replace(draft, real)  # noqa: PTH105  all or nothing
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise ConfigError(
            f"{real.name}: cannot be written ({error.strerror}); let this program write its folder, or edit it by hand"
        ) from None
