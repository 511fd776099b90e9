"""Prove on a real MediaWiki what readers see of the evasions, and that it is told by what is rendered, too."""

import itertools
from collections.abc import Callable, Iterable, Iterator

import pytest

from tests.evasions.articles import Evasion
from tests.evasions.forms import headers, hidden_text, parameters, parser_functions
from tests.mediawiki.wiki import RealWiki
from watcher import compare_wikitext, parse
from watcher.model import Policy, Severity
from watcher.parse.rendered import facts_text

pytestmark = [pytest.mark.mediawiki]

_ROW = "|-\n! {0}\n| {{{{{{{0}|}}}}}}"
# As their documentation says, without what only looks.
_TEMPLATES = {
    "Weather": "<noinclude>Nothing is shown.</noinclude>",
    "Strikethrough": "<s>{{{1|}}}</s>",
    "Strike": "<s>{{{1|}}}</s>",
    "Vanchor": '<span id="{{{1|}}}">{{{text|{{{1|}}}}}}</span>',
    "Sort": '<span data-sort-value="{{{1|}}}">{{{2|{{{1|}}}}}}</span>',
    "Sortname": '<span data-sort-value="{{{2|}}}, {{{1|}}}">{{{1|}}} {{{2|}}}</span>',
    "Nts": "{{formatnum:{{{1|}}}}}",
    "Gaps": "{{{1|}}},{{{2|}}}",
    "US$": "US${{{1|}}}",
    "Efn": "{{#tag:ref|{{{1|}}}|group=lower-alpha}}",
}
_CONDITION = ("#ifexist", "Weather", "NAMESPACE", "#time")  # what the wikitext does not say is a gap in its sentences
# What is gone for readers is a plain removal, and what that weighs is judgement's; the wikitext tells the condition.
_REMOVED = "{{{{#ifexist:Sound of Varr/Old|{old}}}}}"


@pytest.fixture(scope="module")
def render(real_wiki: RealWiki) -> Iterator[Callable[[str], str]]:
    """Give the facts of a wikitext as the wiki renders it; each text is rendered once."""
    known: dict[str, str] = {}
    names = {edit.form.partition(" = ")[0]: None for edit in parameters()}
    boxes = {
        "Infobox strait": ("country", "key_figure"),
        "Infobox harbour": (*names, "country"),
        "Harbour facts": (*names, "country"),
    }
    templates = {
        name: "\n".join(('{| class="infobox"', "|+ {{{name|}}}", *map(_ROW.format, rows), "|}"))
        for name, rows in boxes.items()
    }
    with real_wiki.session("Admin") as admin:
        for name, text in {**templates, **_TEMPLATES}.items():
            admin.edit(f"Template:{name}", text)
    with real_wiki.session() as session:

        def rendered(text: str) -> str:
            if text not in known:
                answer = session.do(
                    "parse",
                    text=text,
                    title="Sound of Varr",
                    contentmodel="wikitext",
                    prop="text",
                    disablelimitreport="1",
                )
                known[text] = facts_text(str(answer["text"]))
            return known[text]

        yield rendered


def unreported(edits: Iterable[Evasion], render: Callable[[str], str]) -> list[str]:
    """The edits that what readers see, before and after, does not tell."""
    return [
        f"{edit.name} ({edit.kind}): {edit.form}"
        for edit in edits
        if edit.form != _REMOVED
        and not compare_wikitext(render(edit.old), render(edit.new), policy=Policy(pinned=edit.pins)).at_least(
            Severity.MEDIUM
        )
    ]


def sentences(wikitext: str) -> list[str]:
    return sorted(" ".join(sentence.text.split()) for sentence in parse(wikitext).sentences)


def otherwise(edits: Iterable[Evasion], render: Callable[[str], str]) -> list[str]:
    """The edits after which the wikitext is read otherwise than what readers see."""
    return [
        f"{edit.name} ({edit.kind}): {edit.form}"
        for edit in edits
        if not any(word in edit.form for word in _CONDITION) and sentences(edit.new) != sentences(render(edit.new))
    ]


SAMPLES = pytest.mark.parametrize("every", [13, pytest.param(1, marks=pytest.mark.slow)])


@SAMPLES
def test_what_readers_see_tells_forms_of_parser_functions_and_hidden_text(render: Callable[[str], str], every: int):
    edits = itertools.chain(parser_functions(), hidden_text())
    assert unreported(itertools.islice(edits, 0, None, every), render) == []


@SAMPLES
def test_forms_are_read_as_readers_see_them(render: Callable[[str], str], every: int):
    for edits in (parser_functions, hidden_text, headers):
        assert otherwise(itertools.islice(edits(), 0, None, every), render) == []


def test_parameters_are_read_as_readers_see_them(render: Callable[[str], str]):
    written = ("{{formatnum:", *(f"{{{{{name.casefold()}|" for name in _TEMPLATES))
    plain = [
        edit for edit in parameters() if "{{" not in edit.form or any(name in edit.form.casefold() for name in written)
    ]
    assert len(plain) >= 50
    assert otherwise(plain, render) == []
