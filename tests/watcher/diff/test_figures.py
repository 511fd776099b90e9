import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from watcher.diff.figures import figure_changes, image_changes
from watcher.judge import judge
from watcher.model import Figure, Kind, Location, Severity

SAME = {(): (), ("A",): ("A",), ("B",): ("B",)}


def figure(file: str, caption: str = "", *section: str, alt: str = "", sha1: str | None = None) -> Figure:
    return Figure(file=file, caption=caption, alt=alt, sha1=sha1, location=Location(section=section))


@for_each(
    ("old", "new", "expected"),
    [
        ([figure("a")], [figure("a")], []),
        ([], [figure("a")], [Kind.FIGURE_ADDED]),
        ([figure("a")], [], [Kind.FIGURE_REMOVED]),
        ([figure("a", "Quay")], [figure("a", "Pier")], [Kind.FIGURE_CHANGED]),
        ([figure("a", alt="Quay")], [figure("a", alt="Pier")], [Kind.FIGURE_CHANGED]),
        ([figure("a", sha1="1")], [figure("a", sha1="2")], [Kind.FIGURE_CHANGED]),
        ([figure("a", sha1="1")], [figure("a")], []),
        ([figure("a", "Quay", "A")], [figure("a", "Quay", "B")], [Kind.FIGURE_MOVED]),
        ([figure("a", "Quay", "A")], [figure("a", "Pier", "B")], [Kind.FIGURE_CHANGED, Kind.FIGURE_MOVED]),
        ([figure("a", "Quay", "A")], [figure("b", "Quay", "A")], [Kind.FIGURE_REPLACED]),
        ([figure("a", "Quay", "A")], [figure("b", "Quay", "B")], [Kind.FIGURE_REMOVED, Kind.FIGURE_ADDED]),
        ([figure("a", "Quay"), figure("a", "Pier")], [figure("a", "Pier"), figure("a", "Quay")], []),
        ([figure("a"), figure("a")], [figure("a")], [Kind.FIGURE_REMOVED]),
    ],
)
def test_figures_are_reported(old: list[Figure], new: list[Figure], expected: list[Kind]) -> None:
    assert [change.kind for change in figure_changes(old, new, SAME)] == expected


def test_figure_in_a_renamed_section_has_not_moved() -> None:
    assert figure_changes([figure("a", "", "A")], [figure("a", "", "C")], {("A",): ("C",)}) == ()


def test_another_file_takes_the_place_of_the_one_with_its_caption() -> None:
    old, new = [figure("a", "Quay"), figure("b", "Pier")], [figure("c", "Mole"), figure("d", "Pier")]
    assert {(change.old, change.new) for change in figure_changes(old, new, SAME)} == {
        (old[0], new[0]),
        (old[1], new[1]),
    }
    (change,) = figure_changes([old[1]], new, SAME)[:1]
    assert (change.old, change.new) == (old[1], new[1])


def test_change_has_both_captions_and_references() -> None:
    old = Figure(file="a", caption="Quay", references=("x",))
    new = Figure(file="a", caption="Pier", references=("y",))
    (change,) = figure_changes([old], [new], SAME)
    assert (change.old_sentence, change.new_sentence) == ("Quay", "Pier")
    assert (change.old_references, change.new_references) == (("x",), ("y",))


FIGURES = st.lists(
    st.builds(figure, st.sampled_from("abc"), st.sampled_from(["", "Quay", "Pier"]), st.sampled_from(["A", "B"])),
    max_size=6,
)


@given(FIGURES)
def test_equal_lists_show_nothing(figures: list[Figure]) -> None:
    assert figure_changes(figures, figures, SAME) == ()


@pytest.mark.slow
@given(FIGURES, FIGURES)
def test_undone_edit_is_reported_the_other_way_round(old: list[Figure], new: list[Figure]) -> None:
    turned = {Kind.FIGURE_ADDED: Kind.FIGURE_REMOVED, Kind.FIGURE_REMOVED: Kind.FIGURE_ADDED}
    other = sorted(change.kind for change in figure_changes(old, new, SAME))
    back = sorted(turned.get(change.kind, change.kind) for change in figure_changes(new, old, SAME))
    assert other == back


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
