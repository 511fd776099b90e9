from __future__ import annotations

from tests.cases import for_each
from tests.watcher.history_helpers import TEXT, stories, timelines_from

SEA = "[[File:Sea.jpg|thumb|The sea at noon]]\n"
LAKE = "[[File:Shore.jpg|thumb|Fishermen of Lake Como]]\n"
DUSK = SEA.replace("Sea.jpg", "Dusk.jpg")
PLAIN = "[[File:Sea.jpg]]\n"
ICON = "[[File:Anchor icon.png|20px]]\n"


@for_each(
    ("texts", "expected"),
    [
        ((SEA + TEXT, TEXT), [["added", "removed"]]),
        ((TEXT, SEA + TEXT), [["added"]]),
        ((SEA + TEXT, SEA.replace("Sea.jpg", "Lake.jpg") + TEXT), [["added", "changed"]]),
        ((SEA + TEXT, SEA.replace("noon", "dusk") + TEXT), [["added", "changed"]]),
        ((TEXT + ICON, TEXT), []),
        ((SEA + TEXT, TEXT + "\n" + SEA), [["added"]]),
        ((SEA + TEXT, SEA + TEXT + "\n" + SEA), [["added"]]),
        ((SEA + TEXT + "\n" + SEA, SEA + TEXT), [["added"]]),
        ((SEA + TEXT, "gone", SEA + TEXT), [["added", "removed", "restored"]]),
        ((ICON + TEXT, PLAIN + TEXT, ICON + TEXT), [["added", "removed"]]),
        ((SEA + TEXT, LAKE + TEXT, SEA + TEXT), [["added", "removed", "restored"], ["added", "removed"]]),
        ((SEA + TEXT + "\n" + LAKE, SEA + TEXT + "\n" + SEA), [["added"], ["added", "removed"]]),
        ((SEA + TEXT + "\n" + SEA, SEA + TEXT + "\n" + DUSK, TEXT), [["added", "removed"], ["added", "removed"]]),
        ((SEA + TEXT + "\n" + LAKE, TEXT + "\n" + SEA), [["added"], ["added", "removed"]]),
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
        "in place of an icon for a while",
        "of another thing in its place",
        "in place of another, shown already",
        "replaced where it was shown twice",
        "moved to the place of another",
    ],
)
def test_a_picture_lives_while_it_is_shown_anywhere(texts: tuple[str, ...], expected: list[list[str]]):
    verbs = [[verb for _, verb, _ in story] for story in stories(timelines_from(*texts, subject="figure"))]
    assert verbs == expected
