"""Test that a small backup file cannot exhaust the memory, whatever it unpacks to."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import zstandard

from snapshots.backup import _END as END
from snapshots.upgrade import HEAD
from tests.command import unmeasured
from tests.snapshots.builders import NOW


def bomb(*pieces: bytes, times: int = 1) -> bytes:
    """A small file that unpacks to `times` copies of the last piece."""
    packer = zstandard.ZstdCompressor(level=3).compressobj()
    head = b"".join(packer.compress(piece) for piece in pieces[:-1])
    return head + b"".join(packer.compress(pieces[-1]) for _ in range(times)) + packer.flush() + END


MEBIBYTE = 2**20
HEADING = [
    json.dumps({"format": "article-watcher-backup", "version": 1, "schema": HEAD, "at": NOW.isoformat()}).encode()
    + b"\n",
    b'{"table":"article","columns":[["id","plain"],["title","plain"]]}\n',
]
BOMBS: dict[str, Callable[[list[bytes]], bytes]] = {
    "a row without end": lambda lines: bomb(*lines[:2], b'["', b"a" * MEBIBYTE, times=65),
    "a row of many values": lambda lines: bomb(*lines[:2], b"[0", b",0" * (MEBIBYTE // 2), times=8),
    "a row of nested lists": lambda lines: bomb(*lines[:2], b"[[]", b",[]" * (MEBIBYTE // 3), times=8),
    "a heading without end": lambda lines: bomb(lines[0], b'{"table":"', b"a" * MEBIBYTE, times=65),
    "a first line without end": lambda _: bomb(b'{"format":"', b"a" * MEBIBYTE, times=65),
    "rows without end": lambda lines: bomb(*lines[:2], b'[0,"a"]\n' * (MEBIBYTE // 8), times=24),
    "a window of two gigabytes": lambda _: bytes.fromhex("28b52ffd00a8") + b"\x01\x00\x00" + END,
}
WATCHED = """
import resource, sys
from pathlib import Path
from snapshots.backup import read_manifest
from watcher.errors import InputError
for name in sys.argv[1:]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        with Path(name).open("rb") as file:
            read_manifest(file, "b")
    except InputError as error:
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, error)
"""


def test_small_files_that_unpack_to_gigabytes_are_refused_in_little_memory(tmp_path: Path):
    paths = [tmp_path / str(number) for number in range(len(BOMBS))]
    for path, make in zip(paths, BOMBS.values(), strict=True):
        path.write_bytes(make(HEADING))
        assert path.stat().st_size < 200_000
    command = [sys.executable, "-c", WATCHED, *paths]
    done = subprocess.run(command, env=unmeasured(), capture_output=True, text=True, timeout=120, check=True)
    answers = [line.partition(" ") for line in done.stdout.splitlines()]
    assert {
        name for name, (_, _, message) in zip(BOMBS, answers, strict=True) if not message.startswith("b: ")
    } == set()
    assert {
        name for name, (kibibytes, _, _) in zip(BOMBS, answers, strict=True) if int(kibibytes) > 300 * 1024
    } == set()
