"""Test that a blanked, redirected or mostly removed page is one change, and an ordinary edit none."""

from __future__ import annotations

from tests.cases import for_each
from watcher.diff.engine import is_gone, page_change
from watcher.model import Kind

LONG = "The harbour handled many ships in each of these years.\n\n" * 60


@for_each(("new", "rest"))
def test_a_page_that_is_emptied_or_redirected_says_what_is_left(new: str, rest: str) -> None:
    change = page_change(LONG, new)
    assert change is not None
    assert change.kind is Kind.SECTION_REMOVED
    assert [(field.name, field.old, field.new) for field in change.fields] == [("page", "3,360 characters", rest)]
    assert is_gone(change) is (rest == "nothing" or rest.startswith("a redirect"))


def test_a_page_of_which_a_third_is_left_is_mostly_removed_and_still_compared() -> None:
    change = page_change(LONG, LONG[: len(LONG) // 3])
    assert change is not None
    assert change.fields[0].new == "1,120 characters"
    assert not is_gone(change)


@for_each(
    ("old", "new"),
    [
        (LONG, LONG[: len(LONG) // 2]),
        (LONG, LONG + "It burned down.\n"),
        ("A stub of a few words.", ""),
        ("#REDIRECT [[Harbour]]", "#REDIRECT [[Port]]"),
        ("", LONG),
    ],
    ids=["half", "added", "stub", "redirect corrected", "created"],
)
def test_an_ordinary_edit_is_no_change_of_the_page(old: str, new: str) -> None:
    assert page_change(old, new) is None
