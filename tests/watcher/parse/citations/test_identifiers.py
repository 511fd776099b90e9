"""Test the normal form of identifiers, and the work that a reference cites."""

from tests.cases import for_each, table
from watcher.model import Reference
from watcher.parse.citations.plain_text import (
    is_archive,
    normal_doi,
    normal_isbn,
    normal_url,
    source_identity,
    unarchived_url,
)


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


IDENTITIES = {
    "doi before all": (ref(doi="10.1/x", isbn="9780306406157", url="http://a.org", title="T"), "doi:10.1/x"),
    "doi by its resolver": (ref(url="https://doi.org/10.1000/X"), "doi:10.1000/x"),
    "isbn before address": (ref(isbn="9780306406157", url="http://a.org"), "isbn:9780306406157"),
    "pages of a book are cited apart": (ref(isbn="9780306406157", pages="3–4"), "isbn:9780306406157:3 4"),
    "address before title": (ref(url="http://www.a.org/", title="T"), "url:a.org"),
    "a copy alone": (ref(archive_url="https://web.archive.org/web/2019/http://a.org/b"), "url:a.org/b"),
    "title with authors": (ref(title="The T.", authors=("Li, B",)), "title:the t|li b"),
    "text": (ref(text="Li,  2010."), "text:li 2010"),
    "a mere use": (Reference(key="n/a", name="a", group="n"), "name:a"),
}


@for_each("name", IDENTITIES)
def test_the_strongest_identifier_is_the_identity(name: str):
    reference, expected = IDENTITIES[name]
    assert source_identity(reference) == expected


def test_a_new_name_leaves_the_identity():
    assert source_identity(ref(name="a", url="http://a.org/1")) == source_identity(
        ref(name="b", url="https://www.a.org/1/")
    )
