from hypothesis import given
from hypothesis import strategies as st

from watcher.common_ends import common_ends

TEXTS = st.text(alphabet="ab", max_size=12)


@given(TEXTS, TEXTS)
def test_ends_are_as_long_as_they_can_be_and_do_not_overlap(old: str, new: str) -> None:
    before, after = common_ends(old, new)
    assert before + after <= min(len(old), len(new))
    assert old[:before] == new[:before]
    assert old[len(old) - after :] == new[len(new) - after :]
    left, right = old[before : len(old) - after], new[before : len(new) - after]
    assert not (left and right) or (left[0] != right[0] and left[-1] != right[-1])


def test_bytes_have_ends_as_text_has() -> None:
    assert common_ends(b"a common end", b"no common end") == (0, 11)
