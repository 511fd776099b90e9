"""Create files and folders that only their owner can read, independent of the process's umask.

The database contains password hashes, the watchlist may contain URLs with passwords, and a report may show text that a
wiki has hidden since: other users of the machine must not read them. Existing files keep the mode that their owner set.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

FILE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700
# O_EXCL also fails on a symbolic link, so that nobody can redirect what we write.
_NEW: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


def make_folder(folder: Path) -> None:
    """Create a folder and its missing parents for their owner only. Raises OSError."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=FOLDER_MODE, exist_ok=True)
        path.chmod(FOLDER_MODE)
    folder.mkdir(exist_ok=True)  # raises if there is a file with this name


def create_file(path: Path) -> int:
    """Create a new file and return its descriptor. Raises FileExistsError and other OSErrors."""
    descriptor = os.open(path, _NEW, FILE_MODE)
    os.fchmod(descriptor, FILE_MODE)
    return descriptor


def create_if_missing(path: Path) -> None:
    """Create an empty file for its owner only, unless it exists. Raises OSError."""
    with suppress(FileExistsError):
        os.close(create_file(path))


def write_text(path: Path, text: str, *, durable: bool = False) -> None:
    """Replace a file's text atomically: readers see either the old text or the new one. Raises OSError.

    An existing file keeps its mode. Characters that UTF-8 cannot encode are written as question marks. With `durable`,
    the new file is synced to disk before it replaces the old one, so that a power cut leaves no empty file.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        with os.fdopen(create_file(draft), "w", encoding="utf-8", errors="replace", newline="") as file:
            file.write(text)
            if durable:
                file.flush()
                os.fsync(file.fileno())
            keep_mode(file.fileno(), path)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def keep_mode(descriptor: int, path: Path) -> None:
    """Give a new file the mode and the owner of the file that it will replace.

    Otherwise the service's user could no longer read a watchlist that root has edited.
    """
    try:
        state = path.lstat()
    except FileNotFoundError:
        return
    if (state.st_uid, state.st_gid) != (os.geteuid(), os.getegid()):
        with suppress(PermissionError):
            os.fchown(descriptor, state.st_uid, state.st_gid)
    os.fchmod(descriptor, state.st_mode & 0o777)
