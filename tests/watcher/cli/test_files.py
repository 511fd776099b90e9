"""Test that an unusable file is refused in one line that names it and the next step."""

import io
import sys
from pathlib import Path

import pytest

from tests.cases import for_each
from watcher.cli.diff import MAX_TEXT_BYTES, read_lines, read_text
from watcher.errors import InputError


def stdin(monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(body), encoding="utf-8"))


@for_each(
    ("body", "text"),
    [(b"", ""), ("Zürich".encode(), "Zürich"), (b"\xef\xbb\xbfmarked", "marked"), (b"one\r\ntwo\r\n", "one\ntwo\n")],
)
def test_a_text_is_read_as_it_was_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: bytes, text: str):
    path = tmp_path / "page.wikitext"
    path.write_bytes(body)
    assert read_text(str(path)) == text
    stdin(monkeypatch, body)
    assert read_text("-") == text


@for_each(
    ("body", "expected"),
    [
        (b"GIF89a\x00\x01", "is a binary file"),
        ("Zürich".encode("latin-1"), "is not UTF-8 (byte 1)"),
        (b"x" * (MAX_TEXT_BYTES + 1), "larger than 8 MiB"),
    ],
    ids=["binary", "another encoding", "too large"],
)
def test_what_is_no_wikitext_is_refused(tmp_path: Path, body: bytes, expected: str):
    path = tmp_path / "page.wikitext"
    path.write_bytes(body)
    with pytest.raises(InputError, match=r"page\.wikitext") as refusal:
        read_text(str(path))
    assert expected in str(refusal.value)
    assert "; " in str(refusal.value)


@pytest.mark.parametrize("name", ["absent.wikitext", "folder", "a\0b"], ids=["absent", "a folder", "no name"])
def test_what_is_no_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    for read in (read_text, lambda item: list(read_lines(item, "text"))):
        with pytest.raises(InputError, match=r"cannot be read|is not a file name"):
            read(name)


def test_lines_are_objects_and_empty_lines_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    body = '{"id": 1, "text": "a"}\n\n{"id": "two", "text": "b", "more": []}'
    (tmp_path / "lines.jsonl").write_text("\ufeff" + body)
    requested = [{"id": 1, "text": "a"}, {"id": "two", "text": "b", "more": []}]
    assert list(read_lines(str(tmp_path / "lines.jsonl"), "text")) == requested
    stdin(monkeypatch, body.encode())
    assert list(read_lines("-", "text")) == requested
    for wrong, problem in (('{"id": 1, "text": "Zürich"}'.encode("latin-1"), "not UTF-8"), (b"[" * 9**6, "not JSON")):
        stdin(monkeypatch, wrong)
        with pytest.raises(InputError, match=f"is {problem}"):
            list(read_lines("-", "text"))


@for_each(("line", "expected"))
def test_a_line_that_cannot_be_used_is_named_by_its_number(tmp_path: Path, line: str, expected: str):
    (tmp_path / "lines.jsonl").write_text('{"id": 0, "text": "good"}\n' + line)
    lines = read_lines(str(tmp_path / "lines.jsonl"), "text")
    assert next(lines)["id"] == 0
    with pytest.raises(InputError, match=r"lines.jsonl:2: ") as refusal:
        next(lines)
    assert expected in str(refusal.value)
