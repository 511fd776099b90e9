"""Test `watcher diff` and `watcher facts`: files in; text, JSON, HTML or Markdown and an exit code out."""

import json
from pathlib import Path

import pytest

from tests.cases import for_each
from tests.watcher.cli.conftest import Watcher

OLD = "In 2012 there were 21 million victims.<ref>{{cite web|title=Sacks|url=https://a.example/}}</ref>\n"
NEW = OLD.replace("21", "25")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    old, new = tmp_path / "old.wikitext", tmp_path / "new.wikitext"
    old.write_text(OLD)
    new.write_text(NEW)
    return old, new


@for_each(("form", "begins"), [("text", ""), ("html", "<!doctype html>"), ("markdown", "#"), ("json", "{")])
def test_a_comparison_is_shown_in_each_form(watcher: Watcher, files: tuple[Path, Path], form: str, begins: str):
    answer = watcher("diff", *files, "--format", form)
    assert (answer.code, answer.err) == (1, "")
    assert answer.out.lower().startswith(begins)
    assert "25 million" in answer.out
    assert answer.out.endswith("\n")
    assert watcher("diff", files[0], files[0], "--format", form).code == 0


@for_each(("words", "expected"))
def test_a_call_that_makes_no_sense_is_refused(
    watcher: Watcher, files: tuple[Path, Path], words: list[str], expected: str
):
    assert all(path.exists() for path in files)
    assert watcher(*words).refuses(expected)


def test_a_batch_answers_each_line_in_its_order(watcher: Watcher, tmp_path: Path):
    lines = [{"id": "b", "old": OLD, "new": NEW}, {"id": 1, "old": OLD, "new": OLD}]
    (tmp_path / "batch.jsonl").write_text("\n".join(map(json.dumps, lines)))
    answer = watcher("diff", "--batch", "batch.jsonl")
    written = [json.loads(line) for line in answer.out.splitlines()]
    assert [item["id"] for item in written] == ["b", 1]
    assert [len(item["changes"]) for item in written] == [1, 0]
    assert answer.code == 1
    (tmp_path / "batch.jsonl").write_text(json.dumps(lines[1]))
    assert watcher("diff", "--batch", "batch.jsonl").code == 0


def test_a_text_and_each_line_of_a_batch_is_read_in_its_language(watcher: Watcher, tmp_path: Path):
    texts = [("en", "It had 1,234 members."), ("de", "Es hatte 1.234 Mitglieder."), ("fr", "Il avait 1 234 membres.")]
    lines = [json.dumps({"id": code, "text": text, "lang": code}) for code, text in texts]
    (tmp_path / "batch.jsonl").write_text("\n".join(lines))
    written = [json.loads(line) for line in watcher("facts", "--batch", "batch.jsonl").out.splitlines()]
    assert [item["statistics"][0]["value"] for item in written] == ["1234"] * 3
    (tmp_path / "seite").write_text("Es hatte 1.234 Mitglieder.")
    [statistic] = json.loads(watcher("facts", "seite", "--format", "json", "--language", "de").out)["statistics"]
    assert statistic["value"] == "1234"
    assert watcher("facts", "seite", "--language", "english").refuses("'english' is not a language code")


def test_facts_name_the_table_row_and_column_of_a_cell_and_its_source(watcher: Watcher, tmp_path: Path):
    source = "<ref name=count>{{cite book |title=Boats of the sound |isbn=978-0-306-40615-7}}</ref>"
    table = f"{{|\n|+ Boats in 2020\n! Pos !! Harbour !! Boats{source}\n|-\n| 1 || Ardal || 640\n|}}"
    (tmp_path / "page").write_text(table)
    [*_, boats] = json.loads(watcher("facts", "page", "--format", "json").out)["statistics"]
    assert (boats["label"], boats["references"], boats["faults"]) == ("Boats in 2020: Ardal × Boats", ["count"], [])
    assert "  640 [Boats of the sound] 640 (Boats in 2020: Ardal × Boats)" in watcher("facts", "page").out.splitlines()
