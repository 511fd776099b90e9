"""Test what is read of cited pages, and what is said of the two values of a change."""

import gzip
import io
from collections.abc import Iterator
from time import process_time

import pytest
from pypdf import PdfReader, PdfWriter

from tests.cases import for_each
from tests.hostile_servers import Behaviour, dripping, flooding, serving
from tests.source_site import AT, Reply, SourceCase, SourceSite, pdf_of, read_cases, serving_sources, sides, states
from watcher.model.source_checks import Problem, SourceCheck
from watcher.source_check import SourcePage, compare_source, read_source
from watcher.source_check.page import SourcePassage
from watcher.source_check.reader import is_public, read_page, unwrapped

pytestmark = pytest.mark.waits

CONTACT = "mailto:tests@example.org"
CASES = read_cases()
HTML = {"Content-Type": "text/html; charset=utf-8"}
ARTICLE = (
    "<html lang='en'><title>Mills</title><body><h1>Mills</h1><p>The mills employed 8,400 workers. {}</p></body></html>"
)
PAGE = Reply(
    body=ARTICLE.format("They stood at the river, and their wheels can be seen still. " * 5).encode(), headers=HTML
)


@pytest.fixture(scope="module")
def site() -> Iterator[SourceSite]:
    with serving_sources({path: reply for case in CASES for path, reply in case.replies.items()}) as running:
        yield running


def read(url: str, *hosts: str, seconds: float = 20.0) -> SourcePage:
    return read_page(url, contact=CONTACT, hosts=hosts, seconds=seconds)


def problem(url: str, *hosts: str, seconds: float = 20.0) -> Problem | None:
    return read(url, *hosts, seconds=seconds).problem


def redirect(url: str) -> Reply:
    return Reply(status=302, headers={"Location": url})


def test_the_right_line_is_said_of_at_least_36_of_40_pages_and_nothing_is_called_stated_that_is_not(site: SourceSite):
    assert len(CASES) == 40
    read_pages = [(case, read(site.url(case.path), site.host)) for case in CASES]
    checks = [(case, page, case.check(page)) for case, page in read_pages]
    assert [case.name for case, _, check in checks if states(check.outcome) - states(case.outcome)] == []
    assert sum(case.is_right(page, check) for case, page, check in checks) >= 36


def case_of(name: str) -> SourceCase:
    return next(case for case in CASES if case.name == name)


def checked(site: SourceSite, name: str) -> SourceCheck:
    case = case_of(name)
    return case.check(read(site.url(case.path), site.host))


@for_each(("name", "text"))
def test_the_line_quotes_what_is_stated_and_names_what_is_not(site: SourceSite, name: str, text: str):
    assert checked(site, name).text == text


WOLVES = "In 2014, the institute counted {} wolves in the Havel region."


def check_of(article: str, old: str, new: str, language: str = "en", **passage: str) -> SourceCheck:
    page = SourcePage(url="", passages=(SourcePassage(**passage),), language=language)
    before, after = sides(article.format(old), article.format(new), language)
    return compare_source(page, before, after, title="The region", language=language, at=AT)


@for_each("sentence")
def test_a_number_that_is_about_something_else_is_on_the_page_and_not_stated(sentence: str):
    check = check_of(WOLVES, "1,734", "1,374", text=sentence)
    assert ("new" in states(check.outcome), "1,374 is not on it" in check.text) == (False, False), check.text


@for_each(("language", "sentence", "new", "old"))
def test_of_two_values_near_each_other_the_one_on_the_page_is_stated(language: str, sentence: str, new: str, old: str):
    assert check_of(sentence, old, new, language, text=sentence.format(new)).outcome == "new"


@for_each(("heading", "label", "outcome"))
def test_of_a_cell_the_row_and_of_a_sentence_the_heading_tell_what_is_counted(heading: str, label: str, outcome: str):
    assert check_of(WOLVES, "1,734", "1,374", text="1,734", heading=heading, label=label).outcome == outcome


@pytest.mark.slow
def test_a_paragraph_of_thousands_of_numbers_takes_no_square_of_its_length():
    begun = process_time()
    check_of(WOLVES, "1,734", "1,374", text="900 wolves of the Havel region, " * 6_000)
    assert process_time() - begun < 20  # seconds: the square took 40


def test_a_page_is_read_in_a_process_of_its_own(site: SourceSite):
    case = case_of("a report states the old value more exactly")
    page = read_source(site.url(case.path), contact=CONTACT, hosts=[site.host])
    assert page == read(site.url(case.path), site.host)
    assert SourcePage.from_dict(page.to_dict()) == page


def test_a_check_survives_being_stored(site: SourceSite):
    check = checked(site, "a page states both values, of two ways of counting")
    assert SourceCheck.from_dict(check.to_dict()) == check


def test_the_contact_is_told_and_robots_txt_is_asked_first(site: SourceSite):
    site.paths.clear()
    read(site.url(CASES[0].path), site.host)
    assert site.paths == ["/robots.txt", CASES[0].path]
    assert all(CONTACT in agent for agent in site.agents)


@for_each(
    ("robots", "expected"),
    [
        (Reply(body=b"User-agent: *\nDisallow: /closed/"), Problem.ROBOTS),
        (Reply(body=b"User-agent: ArticleWatcher\nDisallow: /"), Problem.ROBOTS),
        (Reply(body=b"User-agent: *\nDisallow: /else/"), None),
        (Reply(status=404), None),
        (Reply(status=503), Problem.FAILING),
    ],
)
def test_robots_txt_is_respected(robots: Reply, expected: Problem | None):
    with serving_sources({"/robots.txt": robots, "/closed/page": PAGE}) as site:
        assert problem(site.url("/closed/page"), site.host) == expected
        assert ("/closed/page" in site.paths) == (expected is None)


@for_each("url")
def test_only_addresses_of_the_public_web_are_asked(url: str):
    assert problem(url, seconds=5) == Problem.ADDRESS


def test_a_redirect_into_the_own_network_is_not_followed():
    with serving_sources({}) as inner, serving_sources({}) as site:
        site.replies = {
            "/port": redirect(inner.url("/secret")),
            "/name": redirect(f"http://localhost:{inner.port}/secret"),
            "/metadata": redirect("http://169.254.169.254/latest/meta-data/"),
            "/mapped": redirect("http://[::ffff:10.0.0.1]/"),
            "/file": redirect("file:///etc/passwd"),
        }
        assert {problem(site.url(path), site.host) for path in site.replies} == {Problem.ADDRESS}
        assert inner.paths == []


def test_robots_txt_does_not_lead_into_the_own_network_either():
    with serving_sources({}) as inner, serving_sources({"/page": PAGE}) as site:
        site.replies["/robots.txt"] = redirect(inner.url("/secret"))
        assert problem(site.url("/page"), site.host) == Problem.ADDRESS
        assert inner.paths == []


def test_five_redirects_are_followed_and_no_more():
    with serving_sources({"/0": PAGE}) as site:
        site.replies |= {f"/{number}": redirect(f"/{number - 1}") for number in range(1, 7)}
        assert problem(site.url("/5"), site.host) is None
        assert problem(site.url("/6"), site.host) == Problem.REDIRECTS


def test_a_deep_address_that_leads_to_the_front_page_is_gone():
    with serving_sources({"/": PAGE, "/2014/report-of-mills": redirect("/")}) as site:
        assert problem(site.url("/2014/report-of-mills"), site.host) == Problem.GONE
        assert problem(site.url("/"), site.host) is None


@for_each(
    ("reply", "expected"),
    [
        (Reply(status=410), Problem.GONE),
        (Reply(status=403), Problem.FORBIDDEN),
        (Reply(status=500), Problem.FAILING),
        (Reply(status=429), Problem.FAILING),
        (Reply(body=b"\x89PNG\r\n", headers={"Content-Type": "image/png"}), Problem.FORMAT),
        (Reply(body=b"x" * (5 << 20) + b"x", headers=HTML), Problem.TOO_LARGE),
        (Reply(body=gzip.compress(b"x" * (6 << 20)), headers=HTML | {"Content-Encoding": "gzip"}), Problem.TOO_LARGE),
        (Reply(body=b"broken", headers=HTML | {"Content-Encoding": "gzip"}), Problem.BROKEN),
        (Reply(body=b"x", headers=HTML | {"Content-Encoding": "br"}), Problem.BROKEN),
        (Reply(headers=HTML), Problem.EMPTY),
        (Reply(body=b"<p>" * 100_000, headers=HTML), Problem.EMPTY),
    ],
)
def test_what_cannot_be_read_is_named(reply: Reply, expected: Problem):
    with serving_sources({"/page": reply}) as site:
        assert problem(site.url("/page"), site.host) == expected


def test_a_server_that_is_not_there_is_named():
    with serving_sources({}) as site:
        url, host = site.url("/page"), site.host
    assert problem(url, host) == Problem.UNREACHABLE


@for_each(
    ("behaviour", "in_own_process"),
    [
        (dripping(b"HTTP/1.1 200 OK\r\n"), True),
        (dripping(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 900000\r\n\r\n"), False),
        (flooding(b"HTTP/1.1 200 OK\r\n", b"X-Header: x\r\n"), False),
        (flooding(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"), False),
    ],
    ids=["a header that never ends", "a body that never ends", "headers without end", "chunks without end"],
)
def test_an_answer_without_end_is_given_up(behaviour: Behaviour, *, in_own_process: bool):
    reader = read_source if in_own_process else read_page  # which ends what httpx does not
    with serving(behaviour) as port:
        page = reader(f"http://127.0.0.1:{port}/a", contact=CONTACT, hosts=[f"127.0.0.1:{port}"], seconds=1)
        assert page.problem in (Problem.LATE, Problem.UNREACHABLE)


def test_a_page_in_a_frame_of_its_own_site_is_read():
    frame = Reply(body=b"<html><body><iframe src='/inner'></iframe></body></html>", headers=HTML)
    with serving_sources({"/outer": frame, "/inner": PAGE}) as site:
        assert "8,400 workers" in read(site.url("/outer"), site.host).passages[1].text


def test_a_long_page_is_partial_and_says_so():
    long = ARTICLE.format("And the river went on. " * 40_000).encode()
    with serving_sources({"/page": Reply(body=long, headers=HTML)}) as site:
        assert read(site.url("/page"), site.host).partial


def test_a_pdf_with_a_password_is_named():
    writer = PdfWriter()
    for page in PdfReader(io.BytesIO(pdf_of([["a line"]]))).pages:
        writer.add_page(page)
    writer.encrypt("secret", algorithm="RC4-128")
    locked = io.BytesIO()
    writer.write(locked)
    with serving_sources({"/page": Reply(body=locked.getvalue())}) as site:
        assert problem(site.url("/page"), site.host) == Problem.LOCKED


@for_each("address", ["8.8.8.8", "2606:4700:4700::1111"])
def test_public_addresses_are_public(address: str):
    assert is_public(address)


def test_an_address_of_no_archive_stays_as_it_is():
    assert unwrapped("https://example.org/2012/report") == "https://example.org/2012/report"


@for_each(("sentence", "expected"))
def test_a_page_in_another_language_states_a_number_by_year_unit_and_names(sentence: str, expected: tuple[str, ...]):
    old, new = (f"In 2014, there were {number} wolves in Brandenburg." for number in ("1,734", "1,374"))
    page = SourcePage(url="", title="Brandenburg", language="de", passages=(SourcePassage(text=sentence),))
    check = compare_source(page, *sides(old, new, "en"), title="Wolves of Brandenburg", language="en", at=AT)
    assert states(check.outcome) == {*expected}, check.text
