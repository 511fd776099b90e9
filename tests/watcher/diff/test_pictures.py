from __future__ import annotations

from tests.cases import for_each
from watcher.diff.engine import image_changes
from watcher.judge import judge
from watcher.model import Figure, Kind, Location, Severity

QUAY = Figure(file="Quay.jpg", caption="The quay.", references=("a",), location=Location(section=("Views",), start=40))
PIER = Figure(file="Pier.jpg", location=Location(start=10))


@for_each(
    ("old", "new", "expected"),
    [
        ({"Quay.jpg": "1"}, {"Quay.jpg": "2"}, ["Quay.jpg"]),
        ({"Quay.jpg": "1"}, {"Quay.jpg": "1"}, []),
        ({}, {"Quay.jpg": "2"}, []),
        ({"Quay.jpg": "1"}, {}, []),
        ({"Quay.jpg": "1"}, {"Quay.jpg": None}, []),
        ({"Crane.jpg": "1"}, {"Crane.jpg": "2"}, []),
        ({"Quay.jpg": "1", "Pier.jpg": "1"}, {"Quay.jpg": "2", "Pier.jpg": "2"}, ["Pier.jpg", "Quay.jpg"]),
    ],
)
def test_only_a_shown_file_with_another_digest_is_reported(
    old: dict[str, str | None], new: dict[str, str | None], expected: list[str]
) -> None:
    changes = image_changes(old, new, [QUAY, PIER])
    assert [change.new.file for change in changes if isinstance(change.new, Figure)] == expected


def test_file_shown_twice_is_reported_once_where_it_stands_first() -> None:
    again = Figure(file="Quay.jpg", location=Location(start=90))
    (change,) = image_changes({"Quay.jpg": "1"}, {"Quay.jpg": "2"}, [QUAY, again])
    assert change.location == QUAY.location


def test_change_has_both_digests_and_the_caption() -> None:
    (change,) = image_changes({"Quay.jpg": "1"}, {"Quay.jpg": "2"}, [QUAY])
    assert change.kind is Kind.FIGURE_CHANGED
    assert [(field.name, field.old, field.new) for field in change.fields] == [("sha1", "1", "2")]
    assert (change.old_sentence, change.new_sentence, change.new_references) == ("The quay.", "The quay.", ("a",))


def test_new_picture_is_judged_as_one() -> None:
    (finding,) = judge(image_changes({"Quay.jpg": "1"}, {"Quay.jpg": "2"}, [QUAY]))
    assert (finding.severity, finding.summary) == (Severity.MEDIUM, "another image under the name Quay.jpg")
