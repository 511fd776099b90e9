"""Count which events of scripted histories the timelines report as the script has them.

    python tests/benchmarks/scripted_histories.py                  200 histories of 200 edits: four minutes
    python tests/benchmarks/scripted_histories.py --histories 10   the first ten of them

Timelines of less than a day, which are not listed, are counted as well.
"""

import argparse
from collections import Counter

from tests.watcher.history_generator import Event, Saga, events
from tests.watcher.history_helpers import record, timelines_of


def difference(seed: int, edits: int) -> tuple[int, Counter[Event], Counter[Event]]:
    """Return how many events a history has, those that are missing and those that did not happen."""
    saga = Saga(seed)
    saga.play(edits)
    timelines = timelines_of(record(saga.snapshots()))
    expected, result = Counter(saga.events), events(timelines)
    return expected.total(), expected - result, result - expected


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--histories", type=int, default=200)
    parser.add_argument("--edits", type=int, default=200)
    options = parser.parse_args()
    count = missing = phantom = 0
    for seed in range(options.histories):
        total, absent, invented = difference(seed, options.edits)
        count, missing, phantom = count + total, missing + absent.total(), phantom + invented.total()
        for kind, rows in (("missing", absent), ("did not happen", invented)):
            for event in rows.elements():
                print(f"history {seed:4}  {kind}: {event}")
    print(f"{count:,} events, {missing} missing, {phantom} that did not happen: {1 - missing / count:.3%} right")


if __name__ == "__main__":
    main()
