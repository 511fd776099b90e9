from tests.cases import for_each
from watcher.text.token_diff import TokenChange, token_changes
from watcher.text.tokens import tokens


def differences(old: str, new: str) -> tuple[TokenChange, ...]:
    return token_changes(old, new, tokens(old), tokens(new))


def content(old: str, new: str) -> list[tuple[list[str], list[str]]]:
    """Words of meaning on either side of each slot."""
    sides = [
        ([token.text for token in slot.content[0]], [token.text for token in slot.content[1]])
        for slot in differences(old, new)
    ]
    return [side for side in sides if side != ([], [])]


@for_each(("old", "new"))
def test_what_is_moved_or_written_otherwise_leaves_no_words(old: str, new: str) -> None:
    assert content(old, new) == []


@for_each(("old", "new", "expected"))
def test_what_took_the_place_of_what_is_one_slot(
    old: str, new: str, expected: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
) -> None:
    assert content(old, new) == [tuple(map(list, sides)) for sides in expected]


def test_a_sentence_that_was_split_says_so() -> None:
    (slot,) = differences("The army left and took the port.", "The army left. It took the port.")
    assert slot.splits


def test_the_full_stops_of_an_acronym_split_nothing() -> None:
    (slot,) = differences("The U.S. Navy left.", "The United Nations left.")
    assert not slot.splits


def test_spans_run_from_neighbour_to_neighbour() -> None:
    old, new = "The army quit Peru today.", "The army quit Chile today."
    (slot,) = differences(old, new)
    assert old[slice(*slot.old_span)] == " Peru "
    assert new[slice(*slot.new_span)] == " Chile "


@for_each(("old", "new", "same"))
def test_two_countries_are_never_a_slip_of_the_pen(old: str, new: str, same: bool) -> None:  # noqa: FBT001  a case
    assert (content(f"The case of {old} was heard.", f"The case of {new} was heard.") == []) is same


def test_very_long_slots_are_left_as_they_are() -> None:
    old = " ".join(f"wo{chr(97 + at % 26)}{chr(97 + at // 26)}x" for at in range(200))
    new = " ".join(f"qu{chr(97 + at % 26)}{chr(97 + at // 26)}z" for at in range(200))
    (slot,) = differences(old, new)
    assert slot.is_long
