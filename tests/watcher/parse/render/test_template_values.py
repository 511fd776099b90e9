from pathlib import Path

from tests.cases import for_each
from watcher.parse.render import template_values
from watcher.parse.render.template_values import VALUES

SHOWN = Path(__file__).with_name("template_values.txt").read_text(encoding="utf-8").splitlines()


@for_each("line", SHOWN)
def test_a_template_reads_as_on_the_page(line: str):
    template, shown = (part.strip() for part in line.split("→"))
    name, *written = template.strip("{}").split("|")
    named = dict(part.split("=") for part in written if "=" in part)
    numbered = {str(index): value for index, value in enumerate((part for part in written if "=" not in part), 1)}
    assert VALUES[name](numbered | named).strip() == shown


@for_each("written, shown")
def test_digits_are_grouped_and_words_left_alone(written: str, shown: str):
    assert template_values.format_number(written) == shown


def test_numbered_parameters_end_at_the_first_gap():
    assert template_values.positional({"1": "a", "2": "b", "4": "d", "name": "x"}) == ["a", "b"]
