"""A replaced word becomes a score: does the sentence now state something else, or the same in other words?"""

from watcher.diff.slots import Slot

THRESHOLD = 0.5


def substitution_score(slot: Slot, slots_in_pair: int) -> float:
    return 0.0
