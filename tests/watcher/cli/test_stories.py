"""Play what a user types and what happens meanwhile, from the tables of cases.toml.

A step runs a command and says what it writes (`out`: all of it; `has`, `err` and `hasnt`: parts), or that it `refuses`;
after it has edited a page (`old → new`), watched pages, or written or deleted files; messages that arrived are counted.
"""

import shlex
from typing import Any

import pytest

from tests.cases import table
from tests.flows.harness import WikiHarness
from tests.simulators import WebhookReceiver
from tests.watcher.cli.conftest import Watcher

STORIES = table(__file__, "stories")


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_a_story(watcher: Watcher, world: WikiHarness, inbox: WebhookReceiver, story: list[dict[str, Any]]):
    for step in story:
        if "edit" in step:
            edit(world, **step["edit"])
        if "watch" in step:
            world.grouping = step.get("grouping", world.grouping)
            settings = dict(step["watch"])
            world.watch(*settings.pop("titles", ["Tide"]), **settings)
        if "replace" in step:
            world.path.write_text(world.path.read_text().replace(*step["replace"]))
        world.path.write_text(world.path.read_text() + step.get("append", ""))
        for name, text in step.get("write", {}).items():
            (world.folder / name).write_text(text, encoding="utf-8")
        for file in world.folder.glob(step.get("delete", "nothing")):
            file.unlink()
        if "move" in step:
            world.store.move(*step["move"])
        inbox.respond_with(step.get("answers", ()))
        if "away" in step:
            world.wiki.refuse(step["away"], status=429, retry_after="3600")  # so long that it is not tried again
        if "run" in step:
            check_answer(watcher, step)
        assert len(inbox.accepted) == step.get("arrived", len(inbox.accepted)), step


def check_answer(watcher: Watcher, step: dict[str, Any]) -> None:
    answer = watcher(*shlex.split(step["run"]))
    if "refuses" in step:
        assert answer.refuses(step["refuses"]), (step, answer)
        return
    assert answer.code == step.get("code", 0), (step, answer)
    assert answer.out == step.get("out", answer.out), (step, answer)
    assert [part for part in step.get("has", ()) if part not in answer.out] == [], (step, answer)
    assert [part for part in step.get("err", ()) if part not in answer.err] == [], (step, answer)
    assert [part for part in step.get("hasnt", ()) if part in answer.out + answer.err] == [], (step, answer)


def edit(world: WikiHarness, change: str, title: str = "Tide", editor: str = "Editor") -> None:
    """Save a page with one text in the place of another, or with a text of its own."""
    old, arrow, new = change.partition(" → ")
    if arrow:
        before = world.store.by_title[title].latest.text or ""
        assert old in before, change
        world.edit(before.replace(old, new), title, editor=editor)
    else:
        world.edit(change, title, editor=editor)
