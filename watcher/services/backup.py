"""Create and restore backup files; a file gets its final name only after it has been read back."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from snapshots import Archive
from snapshots.backup import BackupManifest, read_manifest, write_backup
from snapshots.restore import restore
from watcher.errors import InputError, StoreError
from watcher.private_files import create_file


def create_backup(archive: Archive, path: Path, now: datetime) -> BackupManifest:
    """Write a backup that only its owner can read; it gets the name `path` after it has been read back.

    An older backup of that name is replaced, any other file is not. Raises InputError when it cannot be written.
    """
    try:
        if path.exists():
            with path.open("rb") as known:
                read_manifest(known, str(path))
    except (OSError, InputError):
        raise InputError(f"{path}: exists and is not a complete backup; choose another name") from None
    # In the same folder, for a rename across file systems is a copy that can be interrupted.
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(create_file(draft), "w+b") as file:
            write_backup(archive, file, now)
            file.flush()
            os.fsync(file.fileno())
            manifest = read_manifest(file, path.name)
        draft.replace(path)  # only now: a backup that cannot be read back must not replace one that can
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); choose another folder") from None
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return manifest


def restore_backup(
    archive: Archive, path: Path, now: datetime, *, force: bool, keep_tokens: bool = False
) -> BackupManifest:
    """Restore a backup file; raises InputError when it cannot be read or trusted, or the database is in use.

    With `force`, a damaged SQLite file is moved aside, and a new one is made.
    """
    try:
        with path.open("rb") as file:
            try:
                return restore(archive, file, str(path), force=force, keep_tokens=keep_tokens)
            except StoreError as error:
                # What cannot be read cannot be replaced row by row.
                if not force or "is damaged" not in str(error):
                    raise
                aside = archive.database.move_aside(f".damaged-{now:%Y%m%dT%H%M%S}")
                file.seek(0)
                manifest = restore(archive, file, str(path), force=force, keep_tokens=keep_tokens)
                return replace(manifest, moved=aside)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); name a backup file") from None
