"""What is due is sent in the user's words; a mistake in them costs the words, not the alert."""

from __future__ import annotations

from flows.posting import post
from tests.flows.world import CHANGED, TEXT, World
from watcher.demo.inbox import Inbox


def test_all_that_waits_for_a_digest_arrives_in_one_message_under_one_key(either_world: World):
    world = either_world
    with Inbox(["503"]) as box:
        world.inbox = box.url
        world.wishes = 'digest = "daily 08:00"\noperator = false\n'
        world.edit(TEXT, "Ebb")
        world.watch("Tide", "Ebb")
        world.check()
        for title in ("Tide", "Ebb"):
            world.edit(CHANGED, title)
            world.check()
            with world.services() as services:
                assert post(services).sent == 0
        assert box.letters == ()
        for _ in range(2):
            world.clock.pass_by(days=1)
            with world.services() as services:
                report = post(services)
        assert report.sent == 1
        first, second = [letter for letter in box.letters if "Digest" in str(letter.json["title"])]
        assert first.header("X-Idempotency-Key") == second.header("X-Idempotency-Key")
        assert "Tide" in second.json["message"]
        assert "Ebb" in second.json["message"]


def test_a_broken_template_is_named_and_the_alert_arrives_in_our_words(world: World):
    folder = world.folder / "words"
    folder.mkdir()
    (folder / "alert.txt").write_text("{{ nonsense }}", encoding="utf-8")
    with Inbox() as box:
        world.inbox = box.url
        world.watch("Tide")
        text = world.path.read_text(encoding="utf-8")
        world.path.write_text(text.replace("[watcher]\n", '[watcher]\ntemplates = "words"\n'), encoding="utf-8")
        world.check()
        world.edit(CHANGED)
        world.check()
        with world.services() as services:
            report = post(services)
        assert report.sent == 1
        assert "21 million → 25 million" in box.letters[0].json["message"]
        (mistake,) = report.mistakes
        assert mistake.endswith("alert.txt:1: UndefinedError: 'nonsense' is undefined; our own words were sent instead")
