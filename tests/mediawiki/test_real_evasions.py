"""Ask a real MediaWiki what readers see of evasions, parser functions and hidden text, and what is told of it."""

import itertools
from collections.abc import Callable, Iterable, Iterator

import pytest
from lxml import html

from tests.cases import for_each
from tests.evasions.articles import Evasion
from tests.evasions.forms import headers, hidden_text, parameters, parser_functions
from tests.hidden_texts import HIDDEN, SEEN
from tests.mediawiki.wiki import RealWiki, Session
from tests.parser_functions import EVALUATED
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
_NOT_INSTALLED = ("#replace", "#sub", "#invoke", "<poem")  # the wiki of the tests shows them as they are written
_CONDITION = ("#ifexist", "Weather", "NAMESPACE", "#time", "<bdo", *_NOT_INSTALLED)  # gaps in what the wikitext states
# What is gone for readers is a plain removal, and what that weighs is judgement's; the wikitext tells the condition.
_REMOVED = "{{{{#ifexist:Sound of Varr/Old|{old}}}}}"


@pytest.fixture(scope="module")
def render(real_wiki: RealWiki, image: Callable[[int], bytes]) -> Iterator[Callable[[str], str]]:
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
        admin.upload("Quay.png", image(17))  # readers see the caption of a file that is missing
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
        if not any(word in edit.form for word in (_REMOVED, *_NOT_INSTALLED))
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


@SAMPLES
def test_parameters_are_read_as_readers_see_them(render: Callable[[str], str], every: int):
    written = ("{{formatnum:", *(f"{{{{{name.casefold()}|" for name in _TEMPLATES))
    plain = [
        edit for edit in parameters() if "{{" not in edit.form or any(name in edit.form.casefold() for name in written)
    ]
    assert len(plain) >= 50
    assert otherwise(plain[::every], render) == []


@pytest.fixture(scope="module")
def rendered(real_wiki: RealWiki) -> Session:
    return real_wiki.session()


def page(session: Session, wikitext: str) -> str:
    answer = session.do(
        "parse", text=wikitext, title="Harbour", contentmodel="wikitext", prop="text", disablelimitreport="1"
    )
    return str(answer["text"])


@for_each(("written", "shown"), EVALUATED.items())
def test_the_wiki_shows_the_same_result_of_a_parser_function(written: str, shown: str, rendered: Session):
    tree = html.fromstring(page(rendered, f"pre {written} post"))
    for struck in tree.xpath("//s"):
        struck.drop_tree()
    assert " ".join(tree.text_content().split()) == f"pre {shown} post".replace("  ", " ")


@for_each("text", HIDDEN)
def test_what_is_hidden_in_the_wikitext_is_hidden_on_the_page(text: str, rendered: Session):
    facts = facts_text(page(rendered, text))
    assert "secret" not in facts
    assert "shown" in facts


@for_each("text", SEEN)
def test_what_is_shown_in_the_wikitext_is_shown_on_the_page(text: str, rendered: Session):
    assert "shown" in facts_text(page(rendered, text))
