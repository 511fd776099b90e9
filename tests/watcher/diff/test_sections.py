import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from watcher.diff.sections import pair_sections
from watcher.model import Kind, Section

LONG = "The harbour was dug by hand over nine winters."
OTHER = "Sailing boats moor along the wooden pier in summer."


def section(*path: str, level: int = 0, body: str = "") -> Section:
    return Section(path=path, level=level or len(path) + 1, body=body)


def described(old: list[Section], new: list[Section]) -> list[tuple[str, str, str]]:
    return [
        (
            change.kind,
            change.old.heading if isinstance(change.old, Section) else "",
            change.new.heading if isinstance(change.new, Section) else "",
        )
        for change in pair_sections(old, new).changes
    ]


@for_each(("old", "new", "expected"))
def test_sections_are_reported(
    old: tuple[str, ...], new: tuple[str, ...], expected: tuple[tuple[str, str, str], ...]
) -> None:
    def read(lines: tuple[str, ...]) -> list[Section]:
        parts = [line.format(LONG=LONG, OTHER=OTHER).partition(": ") for line in lines]
        return [section(*path.split(" › "), body=body) for path, _, body in parts]

    assert described(read(old), read(new)) == [*expected]


def test_a_section_of_another_level_is_moved() -> None:
    assert described([section("A", level=2)], [section("A", level=3)]) == [("section.moved", "A", "A")]


def test_paths_lead_from_old_sections_to_new_ones() -> None:
    old = [section("A", body=LONG), section("A", "K"), section("Z", body="Gone words.")]
    new = [section("B", body=LONG), section("B", "K")]
    assert dict(pair_sections(old, new).paths) == {(): (), ("A",): ("B",), ("A", "K"): ("B", "K")}


def test_change_names_what_changed() -> None:
    (change,) = pair_sections([section("A", "K", body=LONG)], [section("L", body=LONG)]).changes
    assert [(field.name, field.old, field.new) for field in change.fields] == [
        ("heading", "K", "L"),
        ("path", "A › K", "L"),
        ("level", "3", "2"),
    ]


@for_each(("old", "new", "is_another"))
def test_a_heading_with_the_opposite_word_or_another_number_says_something_else(
    old: str,
    new: str,
    is_another: bool,  # noqa: FBT001  a case
) -> None:
    (change,) = pair_sections([section(old, body=LONG)], [section(new, body=LONG)]).changes
    assert ("header" in {field.name for field in change.fields}) is is_another


A, B = section("A", body=LONG), section("B", body=OTHER)
WHEREABOUTS = {
    "merged": ([A, B], [section("A", body=f"{LONG}\n\n{OTHER}")], "A"),
    "merged into the lead": ([section(body=LONG), B], [section(body=f"{LONG}\n{OTHER}")], "lead"),
    "all but a short line": ([A, section("B", body=f"{OTHER}\nOld.")], [section("A", body=f"{LONG}\n{OTHER}")], "A"),
    "gone": ([A, B], [A], None),
    "half of it": ([A, section("B", body=f"{OTHER}\n{LONG[4:]}!")], [section("A", body=f"{LONG}\n{OTHER}")], None),
    "each line in another": ([A, section(), section("B", body=f"{OTHER}\n{LONG}")], [A, section(body=OTHER)], None),
    "too short to tell": ([A, section("B", body="No.")], [section("A", body=f"{LONG} No.")], None),
}


@for_each(("old", "new", "expected"), WHEREABOUTS.values(), ids=WHEREABOUTS)
def test_a_section_whose_text_stands_elsewhere_is_reported_with_where(
    old: list[Section], new: list[Section], expected: str | None
) -> None:
    other, back = pair_sections(old, new).changes, pair_sections(new, old).changes
    assert [change.kind for change in other if change.kind is Kind.SECTION_REMOVED] == [Kind.SECTION_REMOVED]
    tracked = [
        (field.name, field.new) for change in other if change.kind is Kind.SECTION_REMOVED for field in change.fields
    ]
    split = [(field.name, field.old) for change in back if change.kind is Kind.SECTION_ADDED for field in change.fields]
    assert tracked == split == ([("text", expected)] if expected else [])


def test_a_section_of_very_many_lines_is_found_by_one_look_at_each() -> None:
    lines = "\n".join(f"The harbour had {number} boats on the wooden pier." for number in range(20_000))
    (change,) = pair_sections([A, section("B", body=lines)], [section("A", body=f"{LONG}\n{lines}")]).changes
    assert [(field.name, field.new) for field in change.fields] == [("text", "A")]


def test_very_many_renamed_sections_are_paired_by_their_text_alone() -> None:
    old = [section(f"A{n}", body=f"{LONG} {n}") for n in range(200)]
    new = [section(f"B{n}", body=f"{LONG} {n}") for n in range(200)]
    assert {kind for kind, _, _ in described(old, new)} == {Kind.SECTION_RENAMED}


SECTIONS = st.lists(
    st.builds(
        lambda path, level, body: Section(path=tuple(path), level=level, body=body),
        st.lists(st.sampled_from("ABC"), min_size=1, max_size=2),
        st.integers(2, 4),
        st.sampled_from(["", LONG, OTHER, LONG + OTHER]),
    ),
    max_size=7,
)


@pytest.mark.slow
@given(SECTIONS)
def test_equal_lists_show_nothing(sections: list[Section]) -> None:
    assert pair_sections(sections, sections).changes == ()


@pytest.mark.slow
@given(SECTIONS, SECTIONS)
def test_every_section_is_paired_or_reported_once(old: list[Section], new: list[Section]) -> None:
    changes = pair_sections(old, new).changes
    gone = sum(change.kind is Kind.SECTION_REMOVED for change in changes)
    come = sum(change.kind is Kind.SECTION_ADDED for change in changes)
    assert len(old) - gone == len(new) - come
