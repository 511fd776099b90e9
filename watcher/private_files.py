"""Create files and folders that only their owner can read, whatever the umask of the process is.

The database holds password hashes, the watchlist may hold addresses with passwords in them, and a report shows what a
wiki has hidden since: none of them is for other users of the machine. Files that exist keep the mode that their owner
gave them.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

FILE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700
# O_EXCL fails on a symbolic link too, so that nobody can make us write somewhere else.
_NEW: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


def make_folder(folder: Path) -> None:
    """Create a folder and its missing parents for their owner alone; raises OSError."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=FOLDER_MODE, exist_ok=True)
        path.chmod(FOLDER_MODE)
    folder.mkdir(exist_ok=True)  # raises where a file is in the way


def create_file(path: Path) -> int:
    """Create a file that is not there yet and return its descriptor; raises FileExistsError and other OSErrors."""
    descriptor = os.open(path, _NEW, FILE_MODE)
    os.fchmod(descriptor, FILE_MODE)
    return descriptor


def create_if_missing(path: Path) -> None:
    """Create an empty file for its owner alone unless there is one; raises OSError."""
    with suppress(FileExistsError):
        os.close(create_file(path))


def write_text(path: Path, text: str, *, durable: bool = False) -> None:
    """Replace a file's text in one step, for readers see the old one or the new one; raises OSError.

    A file that exists keeps its mode. What UTF-8 cannot hold is written as a question mark. If asked, it is on the disk
    before the old one goes, so that a power cut leaves no empty file.
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
    """Give a new file the mode and the owner of the file that it is going to replace.

    Without the owner a watchlist that root edits could not be read any more by the service's user.
    """
    try:
        state = path.lstat()
    except FileNotFoundError:
        return
    if (state.st_uid, state.st_gid) != (os.geteuid(), os.getegid()):
        with suppress(PermissionError):
            os.fchown(descriptor, state.st_uid, state.st_gid)
    os.fchmod(descriptor, state.st_mode & 0o777)
