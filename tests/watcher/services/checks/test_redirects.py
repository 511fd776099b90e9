"""Test that another name of the same linked page or picture is no alert, and the name of another one is."""

import pytest

from tests.cases import parametrize_each
from tests.flows.harness import SOURCE, WikiHarness
from watcher.errors import Unavailable
from watcher.fetch import WikiClient

LEAD = f"The harbour was built for {{}} in the last century.{SOURCE}\n\nIt has a pier of stone and three long quays.\n"


def a_wiki(world: WikiHarness) -> None:
    """Edo and Emperor Hirohito were moved to their other names and left redirects; there is another emperor."""
    world.edit("It has a castle.", "Edo")
    world.store.move("Edo", "Tokyo")
    world.edit("He reigned for many years.", "Mikado Hirohito")
    world.store.move("Mikado Hirohito", "Emperor Hirohito")
    world.store.move("Emperor Hirohito", "Emperor Shōwa")
    world.edit("He reigned before him.", "Emperor Taishō")


@parametrize_each(("old", "new", "alerts"))
def test_only_a_name_of_the_same_page_is_no_alert(world: WikiHarness, old: str, new: str, alerts: int) -> None:
    a_wiki(world)
    world.edit(LEAD.format(old))
    world.watch("Tide").check()
    world.edit_and_check(LEAD.format(new))
    assert len(world.alerts()) == alerts
    if not alerts and "|" not in new:
        (finding,) = world.findings()
        assert (finding.body["severity"], finding.body["reasons"][-1]) == ("low", "same-page")
        assert f"“{old.strip('[]')}” and “{new.strip('[]')}” are names of one page" in str(finding.body)


def test_a_name_of_the_same_page_is_not_in_the_summary_of_a_mute(world: WikiHarness) -> None:
    a_wiki(world)
    world.edit(LEAD.format("[[Emperor Hirohito]]"))
    world.watch("Tide").check()
    made = world.begin_mute()
    world.edit_and_check(LEAD.format("[[Emperor Taishō]]"))
    world.edit_and_check(LEAD.format("[[Emperor Shōwa]]"))
    world.end_mute(made)
    assert not world.alerts()


def test_without_an_answer_of_the_wiki_the_alert_is_sent(world: WikiHarness, monkeypatch) -> None:
    a_wiki(world)
    world.edit(LEAD.format("[[Emperor Hirohito]]"))
    world.watch("Tide").check()
    latest = WikiClient.latest

    def fails_for_two_names(self, titles=(), page_ids=()):
        if len(titles) == len(("old", "new")):
            raise Unavailable("the wiki is busy")
        return latest(self, titles, page_ids)

    monkeypatch.setattr(WikiClient, "latest", fails_for_two_names)
    world.edit_and_check(LEAD.format("[[Emperor Shōwa]]"))
    assert len(world.alerts()) == 1


PICTURED = "It has a pier of stone and three long quays.\n[[File:{}|thumb|The harbour in 1904]]\n"


@pytest.mark.parametrize(("content", "alerts"), [(b"harbour", 0), (b"church", 1)])
def test_another_name_of_the_same_picture_is_no_alert(world: WikiHarness, content: bytes, alerts: int) -> None:
    world.store.upload("Pier.jpg", b"harbour", editor="Ada")
    world.store.upload("Old pier.png", content, editor="Ada")
    world.edit(PICTURED.format("Pier.jpg"))
    world.watch("Tide").check()
    world.edit_and_check(PICTURED.format("Old pier.png"))
    assert len(world.alerts()) == alerts


def test_a_picture_whose_old_name_was_deleted_is_known_by_what_it_was(world: WikiHarness, monkeypatch) -> None:
    world.store.upload("Pier.jpg", b"harbour", editor="Ada")
    world.store.upload("Old pier.png", b"harbour", editor="Ada")
    world.edit(PICTURED.format("Pier.jpg"))
    world.watch("Tide").check()
    digests = WikiClient.image_digests
    monkeypatch.setattr(WikiClient, "image_digests", lambda self, names: digests(self, names) | {"Pier.jpg": None})
    world.edit_and_check(PICTURED.format("Old pier.png"))
    assert not world.alerts()
    assert any("are names of one picture" in str(finding.body) for finding in world.findings())
