"""A watchlist travels from one installation to another with its mutes and without its secrets."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.flows.world import World


@pytest.fixture
def file(watcher: Callable[..., Any], world: World) -> Path:
    """What an installation with two watches and a mute exports."""
    world.watch("Tide", "Ebb “and” flow", every="1h", claims=['It is "high".'])
    watcher("mute", "Tide", "--rule", "claim_added")
    answer = watcher("export")
    assert answer.code == 0
    path = world.folder / "exported.json"
    path.write_text(answer.out)
    return path


def test_what_is_not_there_is_added_and_the_rest_stays(watcher: Callable[..., Any], world: World, file: Path):
    world.watch("Tide", every="2h")
    before = world.path.read_text() + "# mine\n"
    world.path.write_text(before)
    world.database = "sqlite:///other.db"
    answer = watcher("import", file)
    assert answer.code == 0
    assert answer.out == "added: watch Ebb “and” flow\n"
    assert world.path.read_text().startswith(before)
    [tide, ebb] = tomllib.loads(world.path.read_text())["watch"]
    assert (tide["every"], ebb["every"], ebb["claims"]) == ("2h", "1h", ['It is "high".'])
    assert watcher("import", file).out == "nothing to add\n"


def test_mutes_travel_too(watcher: Callable[..., Any], file: Path):
    watcher("unmute", 1)
    assert "added: mute of Tide" in watcher("import", file).out
    assert "rule claim_added" in watcher("mute").out


def test_addresses_do_not_leave(file: Path, world: World):
    assert world.inbox not in file.read_text()
    assert json.loads(file.read_text())["destination"] == [{"name": "inbox", "url": None}]


def test_what_cannot_be_taken_changes_nothing(watcher: Callable[..., Any], world: World, file: Path):
    told = json.loads(file.read_text())
    told["watch"].append({"wiki": "nowhere", "title": "Neap"})
    file.write_text(json.dumps(told))
    before = world.path.read_text()
    refused = watcher("import", file)
    assert refused.code == 2
    assert "nowhere" in refused.err
    assert world.path.read_text() == before
    assert not list(world.folder.glob("*.new"))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": "article-watcher-watchlist", "version": 1, "watch": 3}'])
def test_another_file_is_refused(watcher: Callable[..., Any], world: World, text: str):
    (world.folder / "x.json").write_text(text)
    refused = watcher("import", "x.json")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
