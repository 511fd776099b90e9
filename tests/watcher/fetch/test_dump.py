import bz2
import gzip
import lzma
import re
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cases import for_each
from tests.dumps import export
from tests.simulators import WikiStore
from watcher.errors import InputError
from watcher.fetch import dump
from watcher.fetch.dump import DumpPage, read_dump
from watcher.model import Snapshot

PAGE = DumpPage(wiki="w", title="Tide")
START = datetime(2020, 1, 1, tzinfo=UTC)


def made() -> WikiStore:
    """Two pages; the second has three revisions, of which one is hidden and one has characters of markup."""
    store = WikiStore(now=lambda: START)
    store.edit("Ebb", "It falls.", at=START)
    store.edit("Tide", "It rises by 2 m.", editor="Gull", comment="new", at=START)
    text, later = "It rises by 3 m & <b>falls</b>.\n\n\tÅ 🌊", START + timedelta(days=1)
    store.edit("Tide", text, editor="Tern" * 500, minor=True, at=later)
    store.edit("Tide", "A secret.", editor="Auk", at=START + timedelta(days=2))
    store.hide(4, "content", "user", "comment")
    return store


@pytest.fixture
def store() -> WikiStore:
    return made()


def read(path: Path, body: bytes, page: DumpPage = PAGE) -> list[Snapshot]:
    path.write_bytes(body)
    return list(read_dump(path, page))


def test_empty_texts_in_a_row_without_digests_are_missing(tmp_path: Path):
    texts = ("It rises.", "Gone 1", "Gone 2", "It falls.", "Gone 3", "It rises again.", "Gone 4", "Gone 5", "Gone 6")
    store = WikiStore(now=lambda: START)
    for text in texts:
        store.edit("Tide", text)
    body = re.sub(rb">Gone \d<", b"><", export(store, "Tide", version="0.4"))
    read_back = read(tmp_path / "dump.xml", body)
    expected = ["It rises.", None, None, "It falls.", "", "It rises again.", None, None, None]
    assert [snapshot.wikitext for snapshot in read_back] == expected
    assert [snapshot.revision.sha1 is None for snapshot in read_back] == [text is None for text in expected]


@for_each("version", ["0.4", "0.10", "0.11"])
def test_the_revisions_of_one_page_are_read_from_every_schema(tmp_path: Path, store: WikiStore, version: str):
    first, second, hidden = read(tmp_path / "dump.xml", export(store, "Ebb", "Tide", version=version))
    assert (first.wikitext, first.revision.editor, first.revision.comment) == ("It rises by 2 m.", "Gull", "new")
    assert second.wikitext == "It rises by 3 m & <b>falls</b>.\n\n\tÅ 🌊"
    assert (second.revision.id, second.revision.parent_id, second.revision.minor) == (3, 2, True)
    # Of a longer name no index of PostgreSQL holds more.
    assert (second.revision.at, second.revision.editor) == (START + timedelta(days=1), "Tern" * 150)
    assert second.revision.sha1 == store.by_title["Tide"].revisions[1].sha1
    assert second.revision.article.page_id == store.by_title["Tide"].id
    assert (hidden.wikitext, hidden.revision.editor, hidden.revision.comment) == (None, None, None)
    assert hidden.revision.text_hidden
    assert len(read(tmp_path / "dump.xml", export(store, "Tide", version=version) + b"<no xml" * 20_000)) == 3


@for_each(
    "pack", [bytes, gzip.compress, bz2.compress, lzma.compress, lambda body: lzma.compress(body, lzma.FORMAT_ALONE)]
)
def test_packed_dumps_are_known_by_their_first_bytes(tmp_path: Path, store: WikiStore, pack: Callable[[bytes], bytes]):
    assert [snapshot.revision.id for snapshot in read(tmp_path / "dump", pack(export(store, "Tide")))] == [2, 3, 4]


def test_a_page_is_known_by_its_id_after_a_move_and_by_either_first_letter(tmp_path: Path, store: WikiStore):
    body = export(store, "Ebb", "Tide")
    moved = DumpPage(wiki="w", title="Tides", page_id=store.by_title["Tide"].id)
    assert len(read(tmp_path / "dump.xml", body, moved)) == 3
    assert len(read(tmp_path / "dump.xml", body, DumpPage(wiki="w", title="tide"))) == 3
    assert read(tmp_path / "dump.xml", body, DumpPage(wiki="w", title="Flood")) == []
    # characters that XML cannot hold excuse another digest
    assert read(tmp_path / "dump.xml", body.replace(b"by 2 m", "by � m".encode()))[0].wikitext == "It rises by � m."


BOMB = b'<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
FOREIGN = b'<!DOCTYPE mediawiki SYSTEM "file:///etc/hostname">'


@for_each(
    "change, message",
    [
        (lambda body: body[:-200], "the file is cut after revision 3"),
        (lambda body: gzip.compress(body)[:-30], "the file is cut"),
        (lambda body: lzma.compress(body)[:-30], "the file is cut"),
        (lambda body: gzip.compress(body)[:-8] + b"12345678", "it cannot be read (CRC"),
        (lambda body: body.replace(b"by 3 m", b"by 9 m"), "the text of revision 3 does not match its SHA-1 after"),
        (lambda body: FOREIGN + body, "it has a DTD"),
        (lambda body: BOMB + body, "it has a DTD"),
        (lambda body: body.replace(b"<ns>", b"&nbsp;<ns>"), "not well-formed XML (undefined entity"),
        (lambda body: b'<?xml version="1.0" encoding="x-tide"?>' + body, "it cannot be read (unknown encoding"),
        (lambda _: b"<html><body>503</body></html>", "it is not a MediaWiki export: it begins with <html>"),
        (lambda _: b"", "the file is cut"),
        (lambda body: b"7z\xbc\xaf\x27\x1c" + body, "7z is not read"),
        (lambda body: body.replace(b"<id>3</id>", b"<id>-3</id>"), "'-3' where an id was expected"),
        (lambda body: body.replace(b"<id>3</id>", b"<id>" + b"9" * 30 + b"</id>"), "where an id was expected"),
        (lambda body: body.replace(b"<ns>", b"<a>" * 20), "elements in more than 12 levels"),
        (lambda body: body.replace(b"<ns>", b" " * 70_000 + b"<ns>"), "characters in <page>"),
        (lambda body: body.replace(b"<ns>", b"<ns " + b"a" * 2_000_000), "an unclosed tag"),
        (lambda body: body.replace(b">new<", b">" + b"a" * 70_000 + b"<"), "characters in <comment>"),
        (lambda body: body.replace(b"It rises by 2 m.", b""), "the dump has no texts (a stub)"),
    ],
    ids=str,
)  # fmt: skip
def test_a_broken_dump_is_refused_in_one_line(tmp_path: Path, change: Callable[[bytes], bytes], message: str):
    body = export(made(), "Tide")
    with pytest.raises(InputError) as raised:
        read(tmp_path / "dump.xml", change(body))
    assert message in str(raised.value), str(raised.value)
    assert str(raised.value).startswith(str(tmp_path / "dump.xml"))
    assert "\n" not in str(raised.value)


@pytest.mark.slow
def test_a_text_that_no_wiki_compares_is_passed_over_and_an_endless_one_or_too_many_are_refused(
    tmp_path: Path, store: WikiStore, monkeypatch: pytest.MonkeyPatch
):
    large = 2 * dump.MAX_TEXT_BYTES
    body = export(store, "Tide").replace(b"It rises by 2 m.", b"a" * large)
    first, *rest = read(tmp_path / "dump.xml", body)
    assert (first.wikitext, first.revision.size, len(rest)) == (None, large, 2)
    endless = gzip.compress(export(store, "Tide").replace(b"It rises by 2 m.", b"a" * (9 * dump.MAX_TEXT_BYTES)), 1)
    (tmp_path / "dump.xml").write_bytes(endless)
    tracemalloc.start()
    with pytest.raises(InputError, match="characters in <text>"):
        list(read_dump(tmp_path / "dump.xml", PAGE))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * dump.MAX_TEXT_BYTES
    monkeypatch.setattr(dump, "MAX_REVISIONS", 2)
    with pytest.raises(InputError, match="more than 2 revisions of one page"):
        read(tmp_path / "dump.xml", export(store, "Tide"))
