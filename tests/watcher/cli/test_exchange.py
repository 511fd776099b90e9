"""Test that a watchlist is exported with its mutes and without its secrets, and imported elsewhere."""

import json
import tomllib
from pathlib import Path

import pytest

from tests.cases import for_each
from tests.flows.harness import WikiHarness
from tests.watcher.cli.conftest import Watcher


@pytest.fixture
def file(watcher: Watcher, world: WikiHarness) -> Path:
    """What an installation with two watches and a mute exports."""
    world.watch("Tide", "Ebb “and” flow", every="1h", claims=['It is "high".'])
    watcher("mute", "Tide", "--rule", "claim_added")
    answer = watcher("export")
    assert answer.code == 0
    path = world.folder / "exported.json"
    path.write_text(answer.out)
    return path


def test_what_is_not_there_is_added_and_the_rest_stays(watcher: Watcher, world: WikiHarness, file: Path):
    claim = 'It\'s "high"\\ \x7f ]]\n[keep]\ntexts = "1d" """ \'\'\' \U0001f30a'
    exported = json.loads(file.read_text())
    assert exported["destination"] == [{"name": "inbox", "url": None}]
    exported["watch"][1]["claims"].append(claim)  # whatever it holds, it stays a value
    file.write_text(json.dumps(exported))
    world.watch("Tide", every="2h")
    before = world.path.read_text() + "# mine\n"
    world.path.write_text(before)
    watcher("unmute", 1)
    assert watcher("import", file).out == "added: watch Ebb “and” flow\nadded: mute of Tide, rule claim_added\n"
    assert "rule claim_added" in watcher("mute").out
    assert world.path.read_text().startswith(before)
    content = tomllib.loads(world.path.read_text())
    [tide, ebb] = content["watch"]
    assert (tide["every"], ebb["every"], ebb["claims"]) == ("2h", "1h", ['It is "high".', claim])
    assert "keep" not in content
    assert watcher("import", file).out == "nothing to add\n"


def test_a_secret_does_not_leave_and_its_destination_is_not_added_without_it(
    watcher: Watcher, world: WikiHarness, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SIGNED_URL", "json://127.0.0.1:9/")
    destination = '[[destination]]\nname = "signed"\nurl = "env:SIGNED_URL"\npayload = "json"\n'
    world.extra_settings = f'{destination}secret = "{"S3CR3T" * 3}"\n'
    world.watch("Tide")
    exported = watcher("export").out
    assert "S3CR3T" not in exported
    (world.folder / "x.json").write_text(exported)
    world.extra_settings = ""
    world.watch("Tide")
    answer = watcher("import", "x.json").out
    assert "not added: destination signed, whose secret was not exported; write it yourself" in answer
    assert "signed" not in world.path.read_text()


def test_what_cannot_be_taken_changes_nothing(watcher: Watcher, world: WikiHarness, file: Path):
    reported = json.loads(file.read_text())
    reported["watch"].append({"wiki": "nowhere", "title": "Neap"})
    file.write_text(json.dumps(reported))
    before = world.path.read_text()
    assert watcher("import", file).refuses("nowhere")
    assert world.path.read_text() == before
    assert not list(world.folder.glob("*.part"))


@for_each("text", ["", "{}", "[]", '{"format": "article-watcher-watchlist", "version": 1, "watch": 3}', "[" * 100_000])
def test_another_file_is_refused(watcher: Watcher, world: WikiHarness, text: str):
    (world.folder / "x.json").write_text(text)
    assert watcher("import", "x.json").refuses()


@for_each("hostile")
def test_a_crafted_file_is_refused_whole_in_one_line(watcher: Watcher, world: WikiHarness, file: Path, hostile: str):
    exported = json.loads(file.read_text())
    exported["watch"].append({"wiki": "w", "title": "Spring tide"})
    exported["mute"].append({"rule": "statistic_removed"})
    for name, entries in json.loads(hostile).items():
        exported[name] = exported[name] + entries
    crafted, before = world.folder / "crafted.json", world.path.read_text()
    crafted.write_text(json.dumps(exported))
    assert watcher("import", crafted).refuses()
    assert world.path.read_text() == before
    assert "statistic_removed" not in watcher("mute").out


def test_an_export_of_one_wiki_is_imported_where_there_is_another(watcher: Watcher, world: WikiHarness):
    world.path.write_text(world.path.read_text().replace('wiki = "w"\ntitle', "title"))
    exported = json.loads(watcher("export").out)
    assert [watch["wiki"] for watch in exported["watch"]] == ["w"]
    exported["wiki"] = [{**exported["wiki"][0], "name": "v"}]
    exported["watch"] = [{"wiki": "v", "title": "Tide"}]
    (world.folder / "x.json").write_text(json.dumps(exported))
    assert watcher("import", "x.json").out == "added: wiki v\nadded: watch Tide\n"
    watches = tomllib.loads(world.path.read_text())["watch"]
    assert [(watch["wiki"], watch["title"]) for watch in watches] == [("w", "Tide"), ("v", "Tide")]
