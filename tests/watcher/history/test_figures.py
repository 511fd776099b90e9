from __future__ import annotations

from tests.cases import for_each
from tests.watcher.history_helpers import TEXT, stories, timelines_from

SEA = "[[File:Sea.jpg|thumb|The sea at noon]]\n"


@for_each(
    ("texts", "expected"),
    [
        ((SEA + TEXT, TEXT), [["added", "removed"]]),
        ((TEXT, SEA + TEXT), [["added"]]),
        ((SEA + TEXT, SEA.replace("Sea.jpg", "Lake.jpg") + TEXT), [["added", "changed"]]),
        ((SEA + TEXT, SEA.replace("noon", "dusk") + TEXT), [["added", "changed"]]),
        ((TEXT + "[[File:Anchor icon.png|20px]]\n", TEXT), []),
        ((SEA + TEXT, TEXT + "\n" + SEA), [["added"]]),
        ((SEA + TEXT, SEA + TEXT + "\n" + SEA), [["added"]]),
        ((SEA + TEXT + "\n" + SEA, SEA + TEXT), [["added"]]),
        ((SEA + TEXT, "gone", SEA + TEXT), [["added", "removed", "restored"]]),
    ],
    ids=[
        "removed",
        "added",
        "replaced",
        "captioned",
        "icon",
        "moved",
        "shown twice",
        "shown once",
        "blanked and restored",
    ],
)
def test_a_picture_lives_while_it_is_shown_anywhere(texts: tuple[str, ...], expected: list[list[str]]):
    verbs = [[verb for _, verb, _ in story] for story in stories(timelines_from(*texts, subject="figure"))]
    assert verbs == expected
