"""Test that every key of a TOML text is located on its line."""

import tomllib
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from watcher.config.toml_positions import line_index, nearest_line

CASES = {
    "plain keys": ("a = 1\nb = 2", {("a",): 1, ("b",): 2}),
    "tables": ("[t]\n\n# c\na = 1", {("t",): 1, ("t", "a"): 4}),
    "arrays of tables": ("[[t]]\na = 1\n[[t]]\na = 2", {("t", 0, "a"): 2, ("t", 1): 3, ("t", 1, "a"): 4}),
    "a table inside the newest": ("[[t]]\n[[t]]\n[t.u]\na = 1", {("t", 1, "u"): 3, ("t", 1, "u", "a"): 4}),
    "arrays inside arrays": ("[[t]]\n[[t.u]]\n[[t.u]]\nb = 1", {("t", 0, "u", 1, "b"): 4}),
    "dotted keys": ("[t]\nu . v = 1", {("t", "u"): 2, ("t", "u", "v"): 2}),
    "quoted keys": ('"a.b" = 1\n\'c d\' = 2\n"\\u00e9" = 3', {("a.b",): 1, ("c d",): 2, ("é",): 3}),
    "quoted headers": ('["a]b"]\nc = 1', {("a]b", "c"): 2}),
    "multi-line strings": ('a = """\n[x]\nb = 1\\"""\n"""\nc = 1', {("c",): 5}),
    "multi-line literals": ("a = '''\n\"\"\"\n'''\nc = 1", {("c",): 4}),
    "string that ends in quotes": ('a = """x"""""\nc = 1', {("c",): 2}),
    "hash in a string": ('a = \'#\'\nb = "# \\" "\nc = 1', {("c",): 3}),
    "multi-line arrays": ("a = [\n 1, # ]\n '],',\n [2,\n 3],\n]\nb = 1", {("a", 1): 3, ("a", 2, 1): 5, ("b",): 7}),
    "inline tables": ("a = [{b = 1},\n {b = {c = 2}}]", {("a", 0, "b"): 1, ("a", 1, "b", "c"): 2}),
    "windows line ends": ("a = 1\r\nb = 2\r\n", {("b",): 2}),
    "dates and floats": ("a = 2024-05-01T10:00:00Z\nb = 1e3\nc = [1.5, inf]\nd = true", {("d",): 4}),
}


@for_each("case", CASES)
def test_a_key_is_found_on_its_line(case: str):
    text, lines = CASES[case]
    tomllib.loads(text)
    assert line_index(text).items() >= lines.items()


def test_a_missing_key_has_the_line_of_the_table_around_it():
    index = line_index("[a]\nb = 1\n[[c]]\n")
    assert [nearest_line(index, path) for path in [("c", 0, "x"), ("a", "x"), ("x",)]] == [3, 1, 1]


VALUES = st.recursive(
    st.booleans() | st.integers(0, 99) | st.text(st.sampled_from("a]}#,='\"\\\n"), max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab.#]", max_size=3), inner, max_size=3),
    max_leaves=8,
)


def written(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
        case list():
            return "[" + "".join(f"\n {written(item)}," for item in value) + "\n]"
        case dict():
            return "{" + ", ".join(f"{written(key)} = {written(item)}" for key, item in value.items()) + "}"
    raise AssertionError(value)


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield (*path, key)
        yield from paths(item, (*path, key))


@given(st.dictionaries(st.text("abc", min_size=1), VALUES, max_size=4))
def test_every_path_that_tomllib_reads_has_a_line(content: Any):
    text = "".join(f"{key} = {written(value)}\n" for key, value in content.items())
    assert tomllib.loads(text) == content
    assert set(line_index(text)) == set(paths(content))
