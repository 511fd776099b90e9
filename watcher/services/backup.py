"""Create and restore backup files; a file gets its final name only after it has been read back."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from snapshots import Archive
from snapshots.backup import BackupManifest, read_manifest, write_backup
from snapshots.restore import restore
from watcher.errors import InputError
from watcher.private_files import create_file


def create_backup(archive: Archive, path: Path, now: datetime) -> BackupManifest:
    """Write a backup beside `path`, read it back, and only then give it that name; its owner alone may read it.

    An older backup of that name is replaced, any other file is not. InputError when the file cannot be written.
    """
    _refuse_other_file(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(create_file(draft), "w+b") as file:
            write_backup(archive, file, now)
            file.flush()
            os.fsync(file.fileno())
            tracked = read_manifest(file, path.name)
        draft.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); choose another folder") from None
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return tracked


def _refuse_other_file(path: Path) -> None:
    try:
        if not path.exists():
            return
        with path.open("rb") as file:
            read_manifest(file, str(path))
    except (OSError, InputError):
        raise InputError(f"{path}: is there already and is no whole backup; choose another name") from None


def restore_backup(archive: Archive, path: Path, *, force: bool, keep_tokens: bool = False) -> BackupManifest:
    """Restore a backup file; InputError when it cannot be read or trusted, or the database is in use."""
    try:
        with path.open("rb") as file:
            return restore(archive, file, str(path), force=force, keep_tokens=keep_tokens)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); name a backup file") from None
