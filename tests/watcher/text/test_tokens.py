import pytest

from tests.cases import for_each
from watcher.model import Severity
from watcher.parse import dialect_for
from watcher.pipeline import compare_wikitext
from watcher.text.tokens import TokenKind, is_german, same_but_for, tokens


def keys(text: str) -> list[str]:
    return [token.key for token in tokens(text) if token.kind.is_content]


@for_each(("old", "new"))
def test_two_writings_of_one_thing_have_the_same_keys(old: str, new: str) -> None:
    assert keys(old) == keys(new)


@for_each(("old", "new"))
def test_what_differs_has_other_keys(old: str, new: str) -> None:
    assert keys(old) != keys(new)


@for_each(("text", "word", "expected"))
def test_a_word_has_its_kind(text: str, word: str, expected: str) -> None:
    assert [token.kind.name for token in tokens(text) if token.text == word] == [expected]


def test_a_figure_is_one_token_whatever_it_says() -> None:
    text = "About 4.5 million (22%) were freed."
    result = [token.text for token in tokens(text, [(6, 17), (19, 22)]) if token.kind is TokenKind.FIGURE]
    assert result == ["4.5 million", "22%"]


@for_each("text", ["", "re-", "anti - ", "'", "U.", "١٢٣", "\u0000", "n't", "’s", "1st-"])
def test_no_text_is_too_odd_to_cut(text: str) -> None:
    for token in tokens(text):
        assert text[token.start : token.end] == token.text


@for_each(("old", "new", "old_figures", "new_figures", "same"))
def test_sentences_are_the_same_but_for_their_figures(old, new, old_figures, new_figures, same) -> None:  # type: ignore[no-untyped-def]
    assert same_but_for(old, new, old_figures, new_figures) is same


@for_each(("old", "new"))
def test_a_time_of_the_day_has_one_key_in_every_notation(old: str, new: str) -> None:
    assert [token.key for token in tokens(old)] == [token.key for token in tokens(new)]


@for_each(("old", "new"), [("at 5 pm", "at 5 am"), ("午後5時に", "午前5時に"), ("5時に", "5時間に")])
def test_other_times_have_other_keys(old: str, new: str) -> None:
    assert [token.key for token in tokens(old)] != [token.key for token in tokens(new)]


CHANGED = [
    ("Er wurde in Wien geboren und war Maler.", "Er wurde in Graz geboren und war Maler."),
    ("Die Brücke wurde von Anna Huber gebaut.", "Die Brücke wurde von Karl Meier gebaut."),
]


def alarms(old: str, new: str) -> list[str]:
    result = compare_wikitext(old, new, wiki=dialect_for("de")).findings
    return [finding.summary for finding in result if finding.severity >= Severity.MEDIUM]


@for_each(("old", "new"))
def test_a_common_noun_in_other_words_is_no_name(old: str, new: str) -> None:
    findings = compare_wikitext(old, new, wiki=dialect_for("de")).findings
    assert [field for finding in findings for field in finding.change.fields if field.name == "entity"] == []


@pytest.mark.parametrize(("old", "new"), CHANGED)
def test_a_name_replaced_by_another_is_reported(old: str, new: str) -> None:
    assert alarms(old, new)


@for_each("text", ["They will die in an hour.", "La casa del rey.", "", "Die Stadt"])
def test_a_text_without_words_that_only_german_has_is_not_german(text: str) -> None:
    assert not is_german(text)
