from watcher.diff.layout import rank_changes, sample_changes
from watcher.model import Change, Location, Sentence, TextKind


def listed(*texts: str) -> dict[tuple[str, ...], list[Sentence]]:
    return {("Ports",): [Sentence(text=text, where=TextKind.LIST) for text in texts]}


def moved(old: list[str], new: list[str]) -> list[tuple[str | None, str | None]]:
    changes = rank_changes(listed(*old), listed(*new))
    return [(field.old, field.new) for change in changes for field in change.fields]


def test_an_item_that_passed_others_has_another_rank():
    assert moved(["Ardal", "Torvik", "Holm"], ["Holm", "Ardal", "Torvik"]) == [("3. Holm", "1. Holm")]


def test_an_item_that_came_or_went_or_was_reworded_passes_none():
    assert moved(["Ardal", "Torvik"], ["Varr", "Ardal", "Torvik"]) == []
    assert moved(["Varr", "Ardal", "Torvik"], ["Ardal", "Torvik"]) == []
    assert moved(["Varr", "Ardal"], ["The port of Ardal", "Varr"]) == []


def test_items_that_a_list_has_twice_are_no_ranks():
    assert moved(["Ardal", "Holm", "Ardal"], ["Holm", "Ardal", "Ardal"]) == []


def test_a_list_turned_round_is_one_change_that_names_some_of_its_items():
    ports = [f"Port {number}" for number in range(9)]
    (change,) = rank_changes(listed(*ports), listed(*ports[::-1]))
    assert [field.name for field in change.fields] == ["rank"] * 3


def test_a_list_that_only_one_text_has_is_none_that_changed():
    assert [*rank_changes({}, listed("Ardal", "Torvik"))] == []


def test_a_sampled_statement_is_a_claim_under_a_reservation():
    statement = Sentence(text="The bridge is safe.", location=Location(section=("B",), start=7, end=26))
    (change,) = sample_changes([statement])
    assert isinstance(change, Change)
    assert (change.fields[0].name, change.fields[0].new) == ("qualification", "<code>The bridge is safe.</code>")
    assert change.location == statement.location
