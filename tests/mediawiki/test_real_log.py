"""Test that alerts name the actions, actors and reasons that a real MediaWiki logs about a page."""

import pytest

from tests.mediawiki.wiki import Session
from watcher.fetch import WikiClient

pytestmark = pytest.mark.mediawiki


def test_the_log_names_action_actor_and_reason(client: WikiClient, admin: Session, title: str) -> None:
    admin.edit(title, "Some text.")
    admin.do("protect", title=title, protections="edit=sysop", reason="Edit war", token=admin.token)
    admin.do("protect", title=title, protections="edit=all", token=admin.token)
    admin.do("delete", title=title, reason="Not a topic", token=admin.token)
    admin.undelete(title)
    deletions = client.log_entries(title, "delete")
    assert [entry.action for entry in deletions] == ["delete/restore", "delete/delete"]
    assert deletions[1].comment == "Not a topic"
    assert deletions[1].user
    assert deletions[0].id > deletions[1].id
    assert [entry.action for entry in client.log_entries(title, "protect")] == ["protect/unprotect", "protect/protect"]


def test_a_move_is_logged_under_the_former_title(client: WikiClient, admin: Session, title: str) -> None:
    admin.edit(title, "Some text.")
    admin.move(title, f"{title} moved")
    assert [entry.action for entry in client.log_entries(title, "move")] == ["move/move"]
    assert client.log_entries(f"{title} moved", "move") == ()


def test_a_hidden_revision_is_in_the_deletion_log(client: WikiClient, admin: Session, title: str) -> None:
    number = admin.edit(title, "Some text.")
    admin.edit(title, "Another text.")
    admin.hide([number], "content")
    assert [entry.action for entry in client.log_entries(title, "delete")] == ["delete/revision"]
