"""Test that mistakes are listed in the order of the file, each once, counted from 1."""

from watcher.config.loader import ConfigProblem, format_path, format_problems


def test_tables_and_items_are_counted_from_one():
    assert format_path(("watch", 0, "claims", 2)) == "watch[1].claims[3]"
    assert format_path(("watcher", "contact")) == "watcher.contact"


def test_mistakes_stand_in_the_order_of_the_file():
    lines = {("b",): 9, ("a",): 10, ("c",): 2}
    problems = [ConfigProblem(path=(key,), text="wrong") for key in "abc"]
    assert format_problems("f.toml", problems, lines).splitlines() == [
        "f.toml:2: c: wrong",
        "f.toml:9: b: wrong",
        "f.toml:10: a: wrong",
    ]


def test_the_same_mistake_is_reported_once():
    problems = [ConfigProblem(path=("a",), text="wrong")] * 3
    assert format_problems("f.toml", problems, {("a",): 1}) == "f.toml:1: a: wrong"
