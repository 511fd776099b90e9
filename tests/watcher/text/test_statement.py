"""Test what states a fact, and what only points, speaks to its reader or is scribbled."""

from tests.cases import for_each
from watcher.text.statement import CODE_LABEL, has_insult, in_link_section, insult, is_chat, states_fact


@for_each("text")
def test_a_sentence_states_a_fact(text: str) -> None:
    assert states_fact(text)


@for_each("text")
def test_pointers_remarks_shouts_and_debris_state_nothing(text: str) -> None:
    assert not states_fact(text)


def test_an_item_of_a_list_states_a_fact_only_as_a_full_sentence() -> None:
    text = "The wooden mill of the northern valley burned down"
    assert states_fact(text)
    assert not states_fact(text, listed=True)
    assert states_fact(f"{text}.", listed=True)


@for_each(
    ("text", "expected"),
    [
        ("woooooodle", "ooooo"),
        ("Bold text", "Bold text"),
        ("SHE IS THE BEST!", "SHE IS THE BEST!"),
        ("The mill of Dumb Creek stands.", None),
    ],
)
def test_scribbles_and_insults_are_found(text: str, expected: str | None) -> None:
    assert insult(text) == expected


@for_each(("word", "rude"), [("stupid", True), ("Stupid", False), ("WHAT", True), ("AND", False), ("UNESCO", False)])
def test_a_word_is_an_insult_by_itself(word: str, rude: bool) -> None:  # noqa: FBT001  a case
    assert has_insult(word) is rude


def test_a_quotation_speaks_to_no_reader() -> None:
    assert is_chat("Thanks, you are great")
    assert not is_chat("He said “you are great” to her.")


@for_each(("heading", "listed"), [("External links", True), ("外部リンク", True), ("Links of the chain", False)])
def test_sections_of_links_are_known_by_their_heading(heading: str, listed: bool) -> None:  # noqa: FBT001  a case
    assert in_link_section(("Mill", heading)) is listed


@for_each(
    ("label", "code"),
    [("calling_code", True), ("ICD10", True), ("latd", True), ("population", False), ("decoder", False)],
)
def test_parameters_of_codes_are_known_by_their_name(label: str, code: bool) -> None:  # noqa: FBT001  a case
    assert (CODE_LABEL.search(label) is not None) is code
