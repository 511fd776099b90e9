"""Test that every key of a TOML text is located on its line."""

import tomllib
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from watcher.config.toml_positions import line_index, nearest_line


@for_each(("text", "lines"))
def test_a_key_is_found_on_its_line(text: str, lines: dict[str, int]):
    tomllib.loads(text)
    assert {"/".join(map(str, key)): line for key, line in line_index(text).items()}.items() >= lines.items()


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
