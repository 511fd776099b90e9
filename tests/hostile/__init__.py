"""Read hostile texts that must reach every page, mail, feed and chart as plain text.

Markup and scripts of every sort, addresses that run, broken and steering characters, templates of other engines, ends
of the contexts in which a text may stand, and texts that are merely enormous: a piece and how many times it stands.
"""

from __future__ import annotations

import json
from pathlib import Path

_LINES = Path(__file__).with_name("texts.jsonl").read_text(encoding="ascii").splitlines()
HOSTILE = tuple(text if isinstance(text, str) else text[0] * text[1] for text in map(json.loads, _LINES))
