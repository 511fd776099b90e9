"""Ask a real MediaWiki what readers see: parser functions, hidden and struck text."""

import pytest
from lxml import html

from tests.cases import for_each
from tests.hidden_texts import HIDDEN, SEEN
from tests.mediawiki.wiki import RealWiki, Session
from tests.parser_functions import EVALUATED
from watcher.parse.rendered import facts_text

pytestmark = [pytest.mark.mediawiki]


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
