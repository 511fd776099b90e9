from __future__ import annotations

import hashlib
import threading
from datetime import UTC, datetime, timedelta

import pytest

from tests.simulators import WikiStore

NOW = datetime(2026, 3, 1, 12, 0, 0, 999, tzinfo=UTC)


@pytest.fixture
def shelf() -> WikiStore:
    return WikiStore(now=lambda: NOW)


def test_an_edit_makes_a_page_and_then_its_revisions(shelf: WikiStore) -> None:
    first = shelf.edit("a page", "One.")
    second = shelf.edit("A_page", "Two.\n\n", editor="Ann", comment="why", minor=True, tags=("t",))
    leaf = shelf.by_title["A page"]
    assert [saved.id for saved in leaf.revisions] == [first, second]
    assert (leaf.latest.text, leaf.latest.parent_id, leaf.latest.editor) == ("Two.", first, "Ann")
    assert leaf.latest.at == NOW.replace(microsecond=0)
    assert leaf.latest.sha1 == hashlib.sha1(b"Two.").hexdigest()


def test_the_same_text_again_saves_nothing(shelf: WikiStore) -> None:
    assert shelf.edit("P", "One.") == shelf.edit("P", "One. \n")
    assert len(shelf.by_title["P"].revisions) == 1


def test_an_older_time_goes_into_the_middle_with_a_new_id(shelf: WikiStore) -> None:
    times = [NOW, NOW + timedelta(days=2), NOW + timedelta(days=1)]
    made = [shelf.edit("P", f"Text {number}", at=at) for number, at in enumerate(times)]
    assert [saved.id for saved in shelf.by_title["P"].revisions] == [made[0], made[2], made[1]]


def test_edits_of_one_second_stand_in_the_order_of_their_ids(shelf: WikiStore) -> None:
    made = [shelf.edit("P", f"Text {number}") for number in range(4)]
    assert [saved.id for saved in shelf.by_title["P"].revisions] == made


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("#REDIRECT [[A]]", "A"),
        ("\n#redirect: [[A#Part|a]] and more", "A#Part"),
        ("#REDIRECT A", None),
        ("Text. #REDIRECT [[A]]", None),
    ],
)
def test_a_redirect_is_reported_by_how_its_text_begins(shelf: WikiStore, text: str, target: str | None) -> None:
    shelf.edit("P", text)
    assert shelf.by_title["P"].target == target


def test_an_upload_adds_a_version_and_one_file_page(shelf: WikiStore) -> None:
    shelf.upload("a.png", b"1")
    shelf.upload("A.png", b"2")
    versions = shelf.files["File:A.png"]
    assert [upload.sha1 for upload in versions] == [hashlib.sha1(b).hexdigest() for b in (b"1", b"2")]
    assert len(shelf.by_title["File:A.png"].revisions) == 1
    assert versions[0].url.startswith(f"{versions[1].url}/")


def test_edits_from_many_threads_lose_nothing(shelf: WikiStore) -> None:
    def write(name: int) -> None:
        for number in range(50):
            shelf.edit("P", f"{name} {number}")

    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(shelf.by_revision) == list(range(1, 201))
    assert len(shelf.by_title["P"].revisions) == 200
