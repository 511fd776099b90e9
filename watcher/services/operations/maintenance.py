"""Maintain the database: write and restore backups, and apply the retention periods of `[keep]`.

A backup file gets its final name only after it has been read back.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from snapshots import Archive
from snapshots.backup import BackupManifest, read_manifest, restore, write_backup
from snapshots.retention import apply_retention
from watcher.errors import InputError, StoreError
from watcher.private_files import create_file
from watcher.services.checks.outcome import save_round

if TYPE_CHECKING:
    from watcher.services.context import AppContext

# The names that `watcher.services.page_check` gives to reports; other files in the folder are not ours.
_REPORT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}-\d+-\d+-\d+\.html")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionReport:
    """What was removed, or would be if not `applied`: rows by table, report files, and the bytes of both."""

    rows: dict[str, int]
    reports: int
    freed: int
    applied: bool

    @property
    def lines(self) -> tuple[str, ...]:
        """A line for each kind of row, then the total."""
        counts = {**self.rows, "report": self.reports}
        result = [f"{_NAMES.get(name, name)}: {count:,}" for name, count in counts.items() if count]
        if not result:
            return ("nothing is older than [keep] allows",)
        done = "removed" if self.applied else "would be removed; do it with `watcher tidy --apply`"
        return (*result, f"{self.freed:,} bytes of texts and reports {done}")


_NAMES: Final = {
    "alert": "alerts",
    "attempt": "lines of the delivery log",
    "comparison": "comparisons",
    "delivery": "deliveries",
    "event": "events",
    "finding": "findings",
    "report": "report files",
    "review": "reviews",
    "review_event": "decisions of reviewers",
    "text": "texts",
    "sent_fact": "facts that alerts stated",
}


def apply_retention_periods(services: AppContext, *, apply: bool) -> RetentionReport:
    """Remove what is older than `[keep]` allows, or only count it; without `[keep]`, only report files are removed.

    Raises StoreError, in which case nothing was removed from the database.
    """
    keep, now = services.watchlist.keep, services.now()
    findings, texts = (None if age is None else now - age for age in (keep.findings, keep.texts))
    rows, freed = apply_retention(services.archive, findings=findings, texts=texts, apply=apply)
    folder, oldest = services.watchlist.reports, (now - keep.reports).timestamp()
    reports: dict[Path, int] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        with suppress(FileNotFoundError):  # another process may apply retention at the same time
            state = path.lstat()  # a link in the folder could lead to any file on the machine
            if _REPORT.fullmatch(path.name) and stat.S_ISREG(state.st_mode) and state.st_mtime < oldest:
                reports[path] = state.st_size
    size = sum(reports.values())
    if apply:
        for path in reports:
            path.unlink(missing_ok=True)
        save_round(services.archive, services.counts, "tidy", services.now())
    return RetentionReport(rows=rows, reports=len(reports), freed=freed + size, applied=apply)


def create_backup(archive: Archive, path: Path, now: datetime) -> BackupManifest:
    """Write a backup that only its owner can read; it is renamed to `path` after it has been read back.

    An older backup of that name is replaced, but no other file. Raises InputError if the backup cannot be written.
    """
    try:
        if path.exists():
            with _open(path) as known:
                read_manifest(known, str(path))
    except (OSError, InputError):
        raise InputError(f"{path}: exists and is not a complete backup; choose another name") from None
    # In the same folder, because a rename across file systems is a copy that can be interrupted.
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


def _open(path: Path) -> BinaryIO:
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "is no regular file")  # a FIFO or terminal would wait for a writer
    return path.open("rb")


def restore_backup(
    archive: Archive, path: Path, now: datetime, *, force: bool, keep_tokens: bool = False
) -> BackupManifest:
    """Restore a backup file. Raises InputError if it cannot be read or trusted, or if the database is not empty.

    With `force`, a database that is not empty is replaced, and a damaged SQLite file is moved aside.
    """
    try:
        with _open(path) as file:
            try:
                return restore(archive, file, str(path), force=force, keep_tokens=keep_tokens)
            except StoreError as error:
                # A damaged database cannot be replaced row by row.
                if not force or "is damaged" not in str(error):
                    raise
                aside = archive.database.move_aside(f".damaged-{now:%Y%m%dT%H%M%S}")
                file.seek(0)
                manifest = restore(archive, file, str(path), force=force, keep_tokens=keep_tokens)
                return replace(manifest, moved=aside)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); name a backup file") from None
