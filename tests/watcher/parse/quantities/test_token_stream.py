from __future__ import annotations

from watcher.parse.quantities.token_stream import END, TokenStream, language_of

LINE = TokenStream.of("More than 5km", language_of("en"))


def test_looks_past_either_end_without_an_error() -> None:
    assert LINE.token(-1) is END
    assert LINE.token(60) is END
    assert LINE.lower(60) == ""


def test_knows_what_touches() -> None:
    assert [LINE.is_adjacent(index) for index in range(5)] == [False, False, False, True, False]


def test_finds_the_phrase_that_ends_before_a_token() -> None:
    assert LINE.phrase_before(LINE.language.before["qualifiers"], 2) == ("more than", 0)
    assert LINE.phrase_before(LINE.language.before["qualifiers"], 1) is None


def test_finds_the_longest_phrase_that_begins_at_a_token() -> None:
    line = TokenStream.of("5 percentage points", language_of("en"))

    assert line.phrase_at(line.language.after["percent"], 1) == ("percentage points", 3)
    assert line.phrase_at(line.language.after["percent"], 0) is None
