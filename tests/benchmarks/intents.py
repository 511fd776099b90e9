"""Measure the share of single-sentence edits that alert, by the intent that an annotator gave each.

    python tests/benchmarks/intents.py

The edits are in ../shared/data/factual-change/intents.jsonl.gz. An edit alerts when one of its findings is at least
medium. Meaning-changed edits should alert, the others should not.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
from collections import Counter
from pathlib import Path

from watcher import compare_wikitext
from watcher.model import Severity

ROOT = Path(__file__).resolve().parents[2]
EDITS = Path(os.environ.get("WATCHER_SHARED", ROOT / "../shared")) / "data/factual-change/intents.jsonl.gz"
TOGETHER = ("clarity", "style")  # one bar for both


def main() -> None:
    """Print a row for each intent."""
    if not EDITS.exists():
        sys.exit(f"{EDITS}: no such file; it is not part of this repository")
    count, alerts = Counter[str](), Counter[str]()
    with gzip.open(EDITS, "rt", encoding="utf-8") as lines:
        for line in lines:
            edit = json.loads(line)
            count[edit["intent"]] += 1
            alerts[edit["intent"]] += bool(compare_wikitext(edit["old"], edit["new"]).at_least(Severity.MEDIUM))
    count[" + ".join(TOGETHER)] = sum(count[intent] for intent in TOGETHER)
    alerts[" + ".join(TOGETHER)] = sum(alerts[intent] for intent in TOGETHER)
    print("intent           edits  alert  share")
    for intent, number in count.items():
        print(f"{intent:16} {number:5}  {alerts[intent]:5}  {alerts[intent] / number:.3f}")


if __name__ == "__main__":
    main()
