"""Read hostile texts that must reach every page, mail, feed and chart as plain text.

Markup and scripts of every sort, addresses that run, broken and steering characters, templates of other engines, ends
of the contexts in which a text may stand, and texts that are merely enormous.
"""

import json
from pathlib import Path


def read_texts(path: Path) -> tuple[str, ...]:
    """Read a text from each line: a JSON string, or its parts; a pair is a part and how often it is repeated."""
    lines = map(json.loads, path.read_text(encoding="ascii").splitlines())
    return tuple("".join(part if isinstance(part, str) else part[0] * part[1] for part in line) for line in lines)


HOSTILE = read_texts(Path(__file__).with_name("texts.jsonl"))
