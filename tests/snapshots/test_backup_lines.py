"""A small file cannot take the machine's memory, whatever it unpacks to."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from snapshots.backup import _END as END
from snapshots.database import HEAD
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
    "rows without end": lambda lines: bomb(*lines[:2], b'[0,"a"]\n' * (MEBIBYTE // 8), times=65),
    "a window of two gigabytes": lambda _: bytes.fromhex("28b52ffd00a8") + b"\x01\x00\x00" + END,
}
WATCHED = """
import resource, sys
from pathlib import Path
from snapshots.backup import read_manifest
from watcher.errors import InputError
path = Path(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    with path.open("rb") as file:
        read_manifest(file, "b")
except InputError as error:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, error)
"""


@pytest.mark.parametrize("make", BOMBS.values(), ids=BOMBS)
def test_a_small_file_that_unpacks_to_gigabytes_is_refused_in_little_memory(
    tmp_path: Path, make: Callable[[list[bytes]], bytes]
):
    path = tmp_path / "bomb"
    path.write_bytes(make(HEADING))
    assert path.stat().st_size < 200_000
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, path], env=unmeasured(), capture_output=True, text=True, timeout=60, check=True
    )
    kibibytes, _, message = done.stdout.partition(" ")
    assert message.startswith("b: ")
    assert int(kibibytes) < 300 * 1024
