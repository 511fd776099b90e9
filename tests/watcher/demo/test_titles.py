from __future__ import annotations

from tests.cases import for_each
from watcher.demo.wiki_store import EMPTY, TOO_LONG, Title, normalize_title


@for_each(("raw", "text", "namespace"))
def test_each_title_has_one_spelling(raw: str, text: str, namespace: int) -> None:
    assert normalize_title(raw) == Title(text=text, namespace=namespace)


@for_each(
    ("raw", "reason"),
    [
        ("", EMPTY),
        ("Talk:", EMPTY),
        ("x" * 256, TOO_LONG),
        ("ß" * 128, TOO_LONG),
        ("A[b]", 'The requested page title contains invalid characters: "[".'),
        ("a|b", 'The requested page title contains invalid characters: "|".'),
    ],
)
def test_what_can_be_no_title_says_why(raw: str, reason: str) -> None:
    assert normalize_title(raw) == Title(text=raw, reason=reason)


def test_the_longest_title_is_255_bytes() -> None:
    assert normalize_title("x" * 255).reason is None


def test_a_page_of_another_wiki_keeps_its_first_letter() -> None:
    assert normalize_title("Wikipedia:foo_bar") == Title(text="wikipedia:foo bar", interwiki="wikipedia")
