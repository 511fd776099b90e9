"""Test the words of a citation without its markup."""

import dataclasses
from typing import Any

import mwparserfromhell

from tests.cases import for_each, table
from watcher.model import Reference
from watcher.parse.citations.plain_text import (
    ALIASES,
    HIDDEN_PARAMETERS,
    PREFIXES,
    TEMPLATES,
    citation_name,
    citation_of,
    is_archive,
    normal_doi,
    normal_isbn,
    normal_url,
    normalize_template_name,
    plain_text,
    plain_url,
    source_identity,
    unarchived_url,
)

CASES = table(__file__, "cases")


@for_each("name", CASES)
def test_a_reader_sees_the_words(name: str):
    text, words = CASES[name]
    assert plain_text(mwparserfromhell.parse(text, skip_style_tags=True)) == words


@for_each("written", ["cite web", " Cite_web\n", "CITE  WEB", "Template:Cite web", "cite web<!-- x -->"])
def test_a_template_has_one_name(written: str):
    assert normalize_template_name(written) == "cite web"


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


@for_each("bookkeeping")
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


@for_each(
    "written", ["10.1000/ABC", "doi:10.1000/abc", "https://doi.org/10.1000/abc.", "http://dx.doi.org/10.1000%2Fabc"]
)
def test_a_doi_has_one_form(written: str):
    assert normal_doi(written) == "10.1000/abc"


@for_each("written", ["", None, "11.1000/abc", "none"])
def test_what_is_no_doi_is_none(written: str | None):
    assert normal_doi(written) is None


@for_each(
    "written", ["0306406152", "0-306-40615-2", "ISBN 978-0-306-40615-7", "9780306406157", "ISBN-13: 978 0 306 40615 7"]
)
def test_an_isbn_has_thirteen_digits(written: str):
    assert normal_isbn(written) == "9780306406157"


def test_an_isbn_may_end_in_x():
    assert normal_isbn("0-8044-2957-X") == "9780804429573"


@for_each("written", ["", None, "123", "97803064061570", "X306406152"])
def test_what_is_no_isbn_is_none(written: str | None):
    assert normal_isbn(written) is None


SAME_ADDRESS = table(__file__, "same_address")


@for_each("written", SAME_ADDRESS)
def test_an_address_has_one_form(written: str):
    assert normal_url(written) == "a.org/b?c=1"


@for_each(("first", "two"))
def test_other_pages_are_other_addresses(first: str, two: str):
    assert normal_url(first) != normal_url(two)


@for_each(("url", "archived"))
def test_a_copy_is_distinguished_from_a_library(url: str, archived: bool):  # noqa: FBT001  a column of the table
    assert is_archive(url) is archived


@for_each("written", ["https://web.archive.org/web/2019/https://web.archive.org/", "http://", "x", ""])
def test_odd_addresses_are_read_without_an_error(written: str):
    assert isinstance(normal_url(written) + unarchived_url(written), str)


def ref(**fields: object) -> Reference:
    return Reference(key="k", **fields)  # type: ignore[arg-type]


@for_each(("given", "identity"))
def test_the_strongest_identifier_is_the_identity(given: dict[str, Any], identity: str):
    assert source_identity(ref(**given)) == identity


def test_a_new_name_leaves_the_identity_and_is_that_of_a_mere_use():
    assert source_identity(Reference(key="n/a", name="a", group="n")) == "name:a"
    assert source_identity(ref(name="a", url="http://a.org/1")) == source_identity(
        ref(name="b", url="https://www.a.org/1/")
    )


# Fields that the reader assembles into those of a Reference.
PARTS = {"chapter", "year", "month"}


def test_standard_names_are_fields_of_a_reference():
    assert set(ALIASES.values()) - PARTS <= {field.name for field in dataclasses.fields(Reference)}


@for_each("words", [ALIASES, HIDDEN_PARAMETERS, TEMPLATES, PREFIXES])
def test_words_are_written_as_they_are_looked_up(words: object):
    assert [word for word in words if word != word.lower() or "_" in word or not word.strip()] == []  # type: ignore[attr-defined]


def test_no_parameter_is_both_read_and_unseen():
    assert set(ALIASES) & HIDDEN_PARAMETERS == set()
