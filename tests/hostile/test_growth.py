"""Test that the cost of an edit grows linearly with its length."""

import gc
import time
from collections.abc import Callable

import pytest

from tests.cases import for_each
from tests.hostile.edits import PLANTED, Edit, edit, repeated
from watcher import compare_wikitext

pytestmark = pytest.mark.slow

_SHORT, _FACTOR = 2_000, 4
_SQUARE = 9.0  # 4 where the cost is linear, 16 where it is the square
_ENOUGH = 0.1  # seconds of the shorter text: below, its square is bounded by the limits on a page
_LENGTHS, _TRIES = 2, 3  # a square may be less than the other work at one length; a machine may spoil one measurement


def planted(before: str, piece: str, after: str, size: int) -> Edit:
    """An edit of a text of that piece, on both sides of it."""
    text = repeated(piece, size)
    return edit(f"{before}{text}{after} end", f"{before}{text}{after}")


def seconds(made: Edit) -> float:
    """Processor time of one comparison, in which the honest change must be found."""
    gc.collect()
    begun = time.process_time()
    comparison = compare_wikitext(made.old, made.new)
    spent = time.process_time() - begun
    assert any(PLANTED in (finding.change.new_sentence or "") for finding in comparison.findings)
    return spent


def growth(make: Callable[[int], Edit]) -> float:
    """How many times longer a text takes that is four times as long; 0 where even that takes next to nothing.

    Lengths rise, so that a cost that explodes is seen early; of short ones a stage that starts looks like a square.
    """
    growths: list[float] = []
    for size in (_SHORT, _SHORT * 4, _SHORT * 16):
        # Two lengths, so that no stage remembers the text; the first ever comparison warms up.
        if len(growths) < _LENGTHS and (short := min(seconds(make(size)), seconds(make(size + 40)))) >= _ENOUGH:
            growths.append(seconds(make(size * _FACTOR)) / short)
    return max(growths, default=0.0)


def grows(make: Callable[[int], Edit]) -> bool:
    return all(growth(make) > _SQUARE for _ in range(_TRIES))


@for_each(("before", "piece", "after"))
def test_an_attack_that_was_met_takes_no_square_of_its_length(before: str, piece: str, after: str) -> None:
    assert not grows(lambda size: planted(before, piece, after, size))


def test_sentences_that_stand_in_one_caption_take_no_square_of_its_length() -> None:
    def caption(size: int) -> str:
        return f"[[File:A.jpg|thumb|{repeated('It stood for 5 years. ', size)}]]"

    assert not grows(lambda size: edit(caption(size), caption(size // 2)))
