"""Test which templates are citations, and what they show."""

import mwparserfromhell

from tests.cases import for_each
from watcher.model import Reference
from watcher.parse.citations.plain_text import citation_name, citation_of, plain_url


def read(text: str) -> Reference | None:
    return citation_of(mwparserfromhell.parse(text, skip_style_tags=True).filter_templates()[0])


@for_each(
    "name", ["cite web", "cite court", "citation", "vcite book", "literatur", "ouvrage", "cita libro", "книга", "cytuj"]
)
def test_citation_templates_are_known(name: str):
    assert citation_name(name) == name


@for_each("name", ["citation needed", "citations missing", "convert", "sfn", "", "city"])
def test_other_templates_cite_nothing(name: str):
    assert citation_name(name) is None


def shown(text: str) -> str:
    citation = read(text)
    assert citation is not None
    return citation.text


def test_the_order_of_words_does_not_depend_on_the_order_of_parameters():
    item = shown("{{cite book|title=T|last=Li|location=Lagos|edition=2nd|publisher=P|date=2019}}")
    two = shown("{{cite book|edition=2nd|date=2019|location=Lagos|publisher=P|last=Li|title=T}}")
    assert item == two == "Li. 2019. T. P. 2nd. Lagos"


@for_each(
    "bookkeeping",
    [
        "access-date=3 May 2019",
        "url-status=dead",
        "ref=none",
        "archive-date=2019",
        "df=dmy-all",
        "author-link=Li",
        "和書",
    ],
)
def test_bookkeeping_is_not_shown(bookkeeping: str):
    assert shown("{{cite web|title=T|last=Li|" + bookkeeping + "}}") == "Li. T"


def test_editors_stand_beside_authors_as_words():
    assert shown("{{cite book|title=T|last=Li|editor-last=Sen}}") == "Li. T. Sen"


def test_many_authors_keep_their_numbers():
    citation = read("{{cite journal|last10=K|last2=B|first2=Y|last1=A|first1=Z|title=T}}")
    assert citation is not None
    assert citation.authors == ("A, Z", "B, Y", "K")


@for_each("written", ["http://a.b", " http://a.b ", "[http://a.b c]", "http://a.b <!-- x -->", "http://a.b c"])
def test_an_address_is_taken_as_written_without_its_surroundings(written: str):
    assert plain_url(written) == "http://a.b"
