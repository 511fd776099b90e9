import io
import json
import random
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import zstandard
from sqlalchemy import text
from sqlmodel import SQLModel

from snapshots import Archive
from snapshots.backup import _END as END
from snapshots.backup import MAX_ROW, batches, read_manifest, write_backup
from snapshots.tables import ArticleRow, CounterRow, Mute, RevisionRow, TextRow
from snapshots.upgrade import HEAD
from tests.cases import for_each
from tests.command import unmeasured
from tests.snapshots.builders import NOW, PAGE, a_snapshot, backup, checked_up_to
from watcher.errors import InputError


@pytest.fixture
def written(archive: Archive) -> bytes:
    """A backup of five checks."""
    checked_up_to(archive, 5)
    return backup(archive).getvalue()


def unpacked(raw: bytes) -> list[bytes]:
    return zstandard.ZstdDecompressor().decompressobj().decompress(raw).splitlines(keepends=True)


def packed(lines: list[bytes]) -> bytes:
    return zstandard.ZstdCompressor().compress(b"".join(lines)) + END


def test_a_backup_says_what_it_holds_its_rows_are_values_and_tables_stand_before_those_that_point_to_them(
    archive: Archive, written: bytes
):
    backup_manifest = read_manifest(io.BytesIO(written), "b")
    assert backup_manifest.at == NOW
    assert backup_manifest.schema == archive.schema_version()
    assert backup_manifest.rows["article"] == 1
    assert backup_manifest.rows["revision"] == backup_manifest.rows["text"] == 5
    assert backup_manifest.rows["finding"] == 8
    assert backup_manifest.rows["mute"] == 0
    result = {table: dict(zip(names, rows[0], strict=True)) for table, names, rows in batches(io.BytesIO(written), "b")}
    assert result["article"]["title"] == PAGE.title
    assert result["revision"]["at"] == NOW + timedelta(minutes=1)
    assert isinstance(result["text"]["body"], bytes)
    order = [table for table, _, _ in batches(io.BytesIO(written), "b")]
    assert order.index("article") < order.index("revision") < order.index("comparison") < order.index("finding")


STRANGE = 'a\\b\\\\n"c"\t\r\n\b\f\x01\x7f\x85\u2028é\U0001f6a2 [1,{}]'


@pytest.mark.dialect
def test_each_value_comes_out_as_it_was_stored(archive: Archive):
    at = [NOW + timedelta(microseconds=count) for count in (0, 1, 120_000)]
    stored: list[SQLModel] = [
        CounterRow(id=1, name="tenth", labels=STRANGE, amount=0.1, at=at[0]),
        CounterRow(id=2, name="many", labels="", amount=1e300, at=at[1]),
        CounterRow(id=3, name="few", labels="null", amount=-5e-324, at=at[2]),
        Mute(id=2**62, words=STRANGE, at=at[0]),
        TextRow(id=1, digest=bytes(range(256)), number=0, size=0, body=b""),
        ArticleRow(id=1, wiki="en", page_id=1, title=STRANGE, registered_at=at[0]),
    ]
    revision = RevisionRow(
        id=1, wiki="en", revision_id=1, article_id=1, parent_id=0, at=at[1], minor=True, bot=False, tags=[STRANGE],
        seen_at=at[2],
    )  # fmt: skip
    with archive.database.write() as session:
        session.add_all(stored)
        session.flush()
        session.add(revision)
    file = backup(archive)
    read = {table: [dict(zip(names, row, strict=True)) for row in rows] for table, names, rows in batches(file, "b")}
    for row in stored:
        assert row.model_dump() in read[str(row.__tablename__)]
    texts = {"tags": json.dumps([STRANGE], separators=(",", ":")), "groups": read["revision"][0]["groups"]}
    assert read["revision"] == [revision.model_dump() | texts]


@pytest.mark.dialect
def test_what_is_written_meanwhile_is_not_in_it(archive: Archive, open_archive: Callable[..., Archive]):
    checked_up_to(archive, 2)

    class Meddling(io.BytesIO):
        """A disk on which somebody else stores a revision while the backup is being written."""

        done = False

        def write(self, piece: object) -> int:
            if not self.done:
                self.done = True
                open_archive().revisions.store(PAGE, [a_snapshot(9, "x" * 90)])
            return super().write(piece)  # type: ignore[arg-type]

    file = Meddling()
    write_backup(archive, file, NOW)
    file.seek(0)
    backup_manifest = read_manifest(file, "b")
    assert backup_manifest.rows["text"] == backup_manifest.rows["revision"]
    assert file.done


SPOILT: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "nothing": (lambda _: b"", "not a backup"),
    "something else": (lambda _: b"SQLite format 3\0" * 99, "not a backup"),
    "cut off": (lambda raw: raw[: len(raw) // 2], "cut off"),
    "the last byte gone": (lambda raw: raw[:-1], "cut off"),
    "a byte turned": (lambda raw: raw[:200] + bytes([raw[200] ^ 1]) + raw[201:], "damaged"),
    "some bytes from its middle": (lambda raw: raw[:250] + raw[300:], "damaged|not a backup"),
    "a tail": (lambda raw: raw + b"more", "cut off"),
    "a value changed and packed anew": (
        lambda raw: packed([line.replace(b"Lighthouses", b"Lightvessel") for line in unpacked(raw)]),
        "was changed",
    ),
    "a row left out": (lambda raw: packed(unpacked(raw)[:-2] + unpacked(raw)[-1:]), "was changed"),
    "no last line": (lambda raw: packed(unpacked(raw)[:-1]), "cut off"),
    "a line after the last": (lambda raw: packed([*unpacked(raw), b"{}\n"]), "was changed"),
    "no JSON": (lambda raw: packed([*unpacked(raw)[:1], b"{\n"]), "damaged"),
    "a heading without columns": (
        lambda raw: packed([*unpacked(raw)[:1], b'{"table": "article"}\n', b"[1]\n"]),
        "damaged",
    ),
    "a table twice": (lambda raw: packed([*unpacked(raw)[:2], unpacked(raw)[1]]), "damaged"),
    "a row of no table": (lambda raw: packed([unpacked(raw)[0], b"[1]\n"]), "damaged"),
    "a row with a list in it": (lambda raw: packed([*unpacked(raw)[:2], b"[[1]]\n"]), "damaged"),
    "a row that ends in the middle": (lambda raw: packed([*unpacked(raw)[:2], b'["a']), "damaged"),
    "a heading as deep as a well": (lambda raw: packed([unpacked(raw)[0], b'{"a":' * 12_000 + b"\n"]), "damaged"),
    "no time": (
        lambda _: packed([b'{"format": "article-watcher-backup", "version": 1, "schema": "0001"}\n']),
        "damaged",
    ),
    "a schema that is a path": (
        lambda raw: packed([json.dumps(json.loads(unpacked(raw)[0]) | {"schema": "../x"}).encode() + b"\n"]),
        "damaged",
    ),
    "another format": (lambda _: packed([b'{"format": "x"}\n']), "not a backup"),
    "a newer schema": (
        lambda raw: packed([json.dumps(json.loads(unpacked(raw)[0]) | {"schema": "9999"}).encode() + b"\n"]),
        "newer release",
    ),
}


@for_each(("spoil", "expected"), SPOILT.values(), ids=SPOILT)
def test_a_file_that_is_not_as_it_was_written_is_refused(
    written: bytes, spoil: Callable[[bytes], bytes], expected: str
):
    with pytest.raises(InputError, match=f"^b: .*({expected})"):
        read_manifest(io.BytesIO(spoil(written)), "b")


MEBIBYTE = 2**20


def insert_text(archive: Archive, number: int, size: int) -> None:
    with archive.database.connection() as connection:
        connection.execute(
            text("INSERT INTO text (id, digest, base_id, number, size, body) VALUES (:id, :digest, NULL, 0, 1, :body)"),
            {"id": number, "digest": number.to_bytes(32, "big"), "body": random.Random(number).randbytes(size)},
        )


@pytest.mark.dialect
@pytest.mark.slow
def test_rows_are_handed_on_few_enough_to_be_held_at_once(archive: Archive):
    for number in range(1, 7):
        insert_text(archive, number, 3 * MEBIBYTE)
    assert [len(rows) for _, _, rows in batches(backup(archive), "b")] == [1] * 6


def test_a_row_that_no_backup_can_hold_is_said_when_it_is_written(archive: Archive):
    insert_text(archive, 1, MAX_ROW * 3 // 4)
    with pytest.raises(InputError, match="larger than a backup can hold"):
        write_backup(archive, io.BytesIO(), NOW)


def bomb(*pieces: bytes, times: int = 1) -> bytes:
    """A small file that unpacks to `times` copies of the last piece."""
    packer = zstandard.ZstdCompressor(level=3).compressobj()
    head = b"".join(packer.compress(piece) for piece in pieces[:-1])
    return head + b"".join(packer.compress(pieces[-1]) for _ in range(times)) + packer.flush() + END


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
    "rows without end": lambda lines: bomb(*lines[:2], b"[1e5" + b",1e5" * 199 + b"]\n", times=85_000),
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


@pytest.mark.slow
def test_small_files_that_unpack_to_gigabytes_are_refused_in_little_memory(tmp_path: Path):
    paths = [tmp_path / str(number) for number in range(len(BOMBS))]
    for path, make in zip(paths, BOMBS.values(), strict=True):
        path.write_bytes(make(HEADING))
        assert path.stat().st_size < 200_000
    command = [sys.executable, "-c", WATCHED, *paths]
    done = subprocess.run(command, env=unmeasured(), capture_output=True, text=True, timeout=120, check=True)
    answers = dict(zip(BOMBS, (line.partition(" ") for line in done.stdout.splitlines()), strict=True))
    assert [name for name, (_, _, message) in answers.items() if not message.startswith("b: ")] == []
    assert [name for name, (kibibytes, _, _) in answers.items() if int(kibibytes) > 300 * 1024] == []
