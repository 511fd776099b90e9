"""Measure the source check on cited pages: how often it is right, and how often it claims a value that is not stated.

    python tests/benchmarks/source_check.py

The pages of tests/data/source_pages.toml are served on loopback, and each is read as in production, in a process of
its own.
Bars: the right line for 36 of 40, no wrong "states".
"""

import time

from tests.source_site import read_cases, serving_sources, states
from watcher.source_check import read_source


def main() -> None:
    cases = read_cases()
    right = wrong = 0
    seconds = []
    with serving_sources({path: reply for case in cases for path, reply in case.replies.items()}) as site:
        for case in cases:
            begun = time.perf_counter()
            page = read_source(site.url(case.path), contact="mailto:tests@example.org", hosts=[site.host])
            check = case.check(page)
            seconds.append(time.perf_counter() - begun)
            right += (is_right := case.is_right(page, check))
            wrong += (is_wrong := bool(states(check.outcome) - states(case.outcome)))
            if not is_right:
                verdict = "WRONG" if is_wrong else "missed"
                print(f"  {verdict}: {case.name}: {case.outcome}, not {check.outcome}: {check.text}")
    median = sorted(seconds)[len(seconds) // 2]
    print(f"{right} of {len(cases)} right, {wrong} wrong “states”; {median:.2f} s a page (median)")


if __name__ == "__main__":
    main()
