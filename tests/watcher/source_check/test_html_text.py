"""Test what is read of web pages that are encoded, nested or laid out in unusual ways."""

from tests.cases import for_each
from watcher.source_check.html_text import HtmlText, read_html


def read(body: str, content_type: str = "text/html; charset=utf-8") -> HtmlText:
    return read_html(body.encode(), content_type)


def rows(body: str) -> list[tuple[str, str]]:
    return [(passage.label, passage.text) for passage in read(body).passages]


@for_each(("body", "encoding", "content_type"))
def test_a_page_is_decoded_as_browsers_do(body: str, encoding: str, content_type: str):
    assert read_html(body.encode(encoding), content_type).text == "4,200 Mühlen"


@for_each("body", ["", "<!-- only a comment -->", "<script>x</script>"])
def test_a_page_without_elements_has_no_passages(body: str):
    assert read(body).passages == []


def test_cells_have_the_headers_of_their_row_and_column_however_far_these_reach():
    body = (
        "<table><caption>Mills<script>x</script></caption>"
        "<tr><th>Year<th colspan=2>Built<br>new</tr>"
        "<tr><td rowspan=2>1901<td>12<td>14</tr>"
        "<form></form><tr><td>16<td rowspan='many'>18</tr></table>"
    )
    assert rows(body)[3:] == [
        ("Year × Mills", "1901"),
        ("1901 × Built new × Mills", "12"),
        ("1901 × Built new × Mills", "14"),
        ("Year × Mills", "1901"),
        ("1901 × Built new × Mills", "16"),
        ("1901 × Built new × Mills", "18"),
    ]


def test_a_table_has_at_most_200_columns():
    body = f"<table><tr>{'<td>7</td>' * 300}</tr></table>"
    assert len(rows(body)) == 200


@for_each(("body", "passages"))
def test_a_page_is_read_as_it_looks(body: str, passages: tuple[str, ...]):
    assert tuple(passage.text for passage in read(body).passages) == passages


@for_each("part")
def test_what_is_beside_the_content_is_read_as_such(part: str):
    page = read(f"<main class='related'><p>4,200 mills</p></main>{part.format('900 looms')}")
    assert [(passage.text, passage.aside) for passage in page.passages] == [("4,200 mills", False), ("900 looms", True)]
    assert (page.content, page.text) == ("4,200 mills", "4,200 mills 900 looms")


def test_a_page_that_is_nested_without_end_is_partial():
    assert read("<div>" * 230 + "4,200 mills" + "</div>" * 230).partial
    assert not read("<div>" * 30 + "4,200 mills" + "</div>" * 30).partial


def test_what_a_page_declares_about_itself_is_read():
    page = read(
        "<html lang='EN-gb'><title>Mills <b>of the river</b></title><h2>First</h2><h1> </h1>"
        '<script type="application/ld+json">{"isAccessibleForFree": "false"}</script>'
        "<input type=PASSWORD><iframe src='/inner'></iframe><iframe></iframe><p>4,200 mills"
    )
    assert (page.language, page.heading, page.free) == ("en-gb", "First", False)
    assert (page.scripts, page.password, page.frames) == (1, 1, ["/inner"])
