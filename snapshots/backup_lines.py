"""Unpack and split a backup in bounded memory: a file from elsewhere must not be able to fill the machine."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import zstandard

from watcher.errors import InputError

# A few bytes of zstd unpack to gigabytes, so every size is limited before anything is unpacked or parsed.
LONGEST_ROW: Final = 64 * 2**20  # bytes; a text of a wiki has 2 MiB at most
_LONGEST_HEADING: Final = 64 * 2**10  # bytes of a line that is no row: it names a table's columns
_LARGEST_WINDOW: Final = 8 * 2**20  # level 9 needs 4 MiB; a frame may ask for 2 GiB
# What we write is packed to a tenth or so: rows hold digests and texts that are packed already.
_HIGHEST_RATIO: Final = 200
_LEAST_ALLOWANCE: Final = 64 * 2**20
# A row is a flat list: nested ones would take forty times their size once parsed. Possessive, so never quadratic.
_SCALAR: Final = rb'(?:"(?:[^"\\\x00-\x1f]++|\\.)*+"|[-+.0-9eE]{1,40}+|true|false|null)'
_ROWS: Final = re.compile(rb"(?:\[" + _SCALAR + rb"(?:," + _SCALAR + rb"){0,199}+\]\n)++")
_READ_AT_ONCE: Final = 2**20


def read_parts(file: BinaryIO, name: str, *, verified: bool = False) -> Iterator[bytes]:
    """Yield the lines of a backup, each of a size and form that is safe to parse: rows together, others one by one.

    The form of lines that were `verified` before is not looked at again: that takes as long as parsing them.
    """
    for lines in _whole_lines(file, name):
        start = 0
        while start < len(lines):
            # A row holds no line break, and what is no row is an object.
            end = lines.find(b"\n{" if lines.startswith(b"[", start) else b"\n", start) + 1 or len(lines)
            part = lines[start:end]
            if not verified and not _is_sound(part):
                raise damaged(name)
            yield part
            start = end


def _whole_lines(file: BinaryIO, name: str) -> Iterator[bytes]:
    """Unpack a backup in blocks, each up to the end of a line."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    allowance = max(_LEAST_ALLOWANCE, _HIGHEST_RATIO * size)
    unpacker = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW)
    with unpacker.stream_reader(file, closefd=False, read_across_frames=True) as unpacked:
        begun: list[bytes] = []  # a line whose end was not read yet
        try:
            while block := unpacked.read(_READ_AT_ONCE):
                allowance -= len(block)
                if allowance < 0:
                    raise InputError(
                        f"{name}: unpacks to over {_HIGHEST_RATIO} times its size, which no backup does; "
                        "take another, nothing was changed"
                    )
                end = block.rfind(b"\n") + 1
                if end:
                    yield b"".join((*begun, block[:end]))
                    begun.clear()
                begun.append(block[end:])
                if sum(map(len, begun)) > LONGEST_ROW:
                    raise damaged(name)
        except zstandard.ZstdError:
            raise InputError(f"{name}: is no backup, or is damaged; take another, nothing was changed") from None
        if begun and (rest := b"".join(begun)):
            yield rest


def _is_sound(part: bytes) -> bool:
    if part.startswith(b"["):
        return _ROWS.fullmatch(part) is not None
    return len(part) <= _LONGEST_HEADING


def read_object(line: bytes, name: str) -> dict[str, Any]:
    """Parse a line that is no row."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        entry = None
    if not isinstance(entry, dict):
        raise damaged(name)
    return entry


def damaged(name: str) -> InputError:
    """Return the error about a file that is not as it was written."""
    return InputError(f"{name}: is damaged, or is no backup; take another backup, nothing was changed")
