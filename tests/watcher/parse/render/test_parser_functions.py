"""Test parser functions with constant arguments; a real MediaWiki is asked the same in `tests/mediawiki`."""

import time

from tests.cases import for_each
from tests.parser_functions import EVALUATED
from watcher import parse


def words(wikitext: str) -> str:
    return " / ".join(sentence.text for sentence in parse(wikitext).sentences)


@for_each(("written", "shown"), EVALUATED.items())
def test_a_function_with_constant_arguments_shows_its_result(written: str, shown: str):
    assert words(f"pre {written} post") == f"pre {shown} post".replace("  ", " ")


@for_each("written")
def test_what_shows_on_a_condition_of_the_wiki_is_not_stated_and_named_as_unread(written: str):
    document = parse(f"It was calm. {written}")
    assert [sentence.text for sentence in document.sentences] == ["It was calm.", "Condition"]
    assert document.statistics == ()
    assert [unread.reason.partition(":")[0] for unread in document.unread] == ["shown on a condition"]


def test_deep_and_long_functions_take_no_time():
    begun = time.process_time()
    parse("{{#if:" * 2_000 + "x" + "|a|b}}" * 2_000)
    parse("{{#expr:" + "(" * 5_000 + "1" + ")" * 5_000 + "}}")
    parse("{{#expr:" + "9^" * 5_000 + "9}}")
    parse("{{#switch:a|" + "|".join(f"b{number}" for number in range(20_000)) + "}}")
    assert time.process_time() - begun < 10


def test_the_name_of_a_template_in_the_form_of_early_texts_is_not_shown():
    assert words("It was calm. {{msg:calendar of 360 days}}") == "It was calm."
