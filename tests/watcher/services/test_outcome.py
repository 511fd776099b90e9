from __future__ import annotations

from tests.cases import for_each
from watcher.config import Watch
from watcher.services.outcome import CheckOutcome, CheckState


@for_each(
    ("text", "line"),
    [
        ("nothing since revision 7", "Tide: nothing since revision 7"),
        ("a\nb\x1b[2J", "Tide: a\\u000ab\\u001b[2J"),
        ("\u202egnirts", "Tide: \\u202egnirts"),
        ("21 → 25 “Flüsse”", "Tide: 21 → 25 “Flüsse”"),
        ("\x9b31m\u2028\ufeff", "Tide: \\u009b31m\\u2028\\ufeff"),
    ],
)
def test_a_line_shows_what_would_steer_a_terminal(text: str, line: str):
    assert CheckOutcome(watch=Watch(wiki="w", title="Tide"), state=CheckState.QUIET, text=text).line == line
