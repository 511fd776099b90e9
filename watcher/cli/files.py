"""A file name, or - for standard input → its text, or one line that says why not."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from watcher.errors import InputError
from watcher.model.limits import MAX_TEXT_BYTES

LARGEST = MAX_TEXT_BYTES


def read_text(name: str) -> str:
    """The wikitext of a file; InputError when it is missing, too large or no text."""
    try:
        body = sys.stdin.buffer.read(LARGEST + 1) if name == "-" else _bytes(Path(name))
    except OSError as error:
        raise InputError(
            f"{name}: cannot be read ({error.strerror}); give another file, or - for standard input"
        ) from None
    except ValueError as error:
        raise InputError(f"{name!r}: is no file name ({error}); give another file") from None
    return _decoded(name, body)


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


def _decoded(name: str, body: bytes) -> str:
    if len(body) > LARGEST:
        raise InputError(
            f"{name}: larger than {LARGEST >> 20} MiB, which no wiki page is; give the wikitext of one page"
        )
    if b"\0" in body:
        raise InputError(f"{name}: is a binary file; give a text file with wikitext")
    try:
        return body.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: is not UTF-8 (byte {error.start}); convert it, or give another file") from None


def read_lines(name: str, *needed: str) -> Iterator[dict[str, Any]]:
    """The objects of a JSON-lines file, each with the text fields `needed`; InputError names the line."""
    try:
        file = sys.stdin if name == "-" else Path(name).open(encoding="utf-8")  # noqa: SIM115  closed below, stdin too
    except (OSError, ValueError) as error:
        raise InputError(f"{name}: cannot be read ({error}); give a file with one JSON object a line") from None
    with file:
        for number, line in enumerate(_lines(name, file), start=1):
            if line.strip():
                yield _object(f"{name}:{number}", line, needed)


def _lines(name: str, file: Any) -> Iterator[str]:
    try:
        yield from file
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: is not UTF-8 ({error.reason}); convert it") from None


def _object(where: str, line: str, needed: tuple[str, ...]) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError as error:
        raise InputError(f"{where}: is not JSON ({error}); write one object a line") from None
    if not isinstance(entry, dict) or "id" not in entry:
        raise InputError(f"{where}: must be an object with the keys id, {', '.join(needed)}")
    for key in needed:
        if not isinstance(entry.get(key), str):
            raise InputError(f"{where}: {key} must be a text")
    return entry
