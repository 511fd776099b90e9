from collections.abc import Callable
from dataclasses import replace

from watcher.model import Article, Comparison, Revision
from watcher.report import Links
from watcher.report.links import revision_url

INDEX = "https://wiki.example.org/w/index.php"


def test_links_follow_the_forms_of_every_mediawiki(comparison: Callable[..., Comparison]):
    known = comparison()
    assert known.before
    assert known.after
    links = Links.on(INDEX, known)
    assert links.article_url == f"{INDEX}?curid=12"
    assert links.text_url(known.before) == f"{INDEX}?oldid=100"
    assert links.diff_url == f"{INDEX}?diff=104&oldid=100"
    assert links.editor_url(known.after) == f"{INDEX}?title=Special%3AContributions%2F203.0.113.9"
    assert links.page_url("File:A b?.svg") == f"{INDEX}?title=File%3AA_b%3F.svg"


def test_nothing_links_where_nothing_is_known():
    links = Links.on(INDEX, Comparison())
    assert links == Links(index_url=INDEX)
    assert Links().page_url("File:A.svg") is None


def test_a_hidden_editor_has_no_link(comparison: Callable[..., Comparison]):
    known = comparison()
    assert isinstance(known.after, Revision)
    hidden = Revision(
        article=Article(wiki="w", page_id=1, title="T"), id=1, parent_id=0, at=known.after.at, editor=None, comment=None
    )
    assert Links(index_url=INDEX).editor_url(hidden) is None


def test_half_a_surrogate_pair_in_a_title_still_makes_an_address():
    assert Links(index_url=INDEX).page_url("File:\ud800") == f"{INDEX}?title=File%3A%3F"


def test_an_edit_is_shown_against_the_one_before_it_and_the_first_as_its_text(comparison: Callable[..., Comparison]):
    edit = comparison().after
    assert edit
    assert revision_url(INDEX, edit) == f"{INDEX}?diff=104&oldid=103"
    assert revision_url(INDEX, replace(edit, parent_id=0)) == f"{INDEX}?oldid=104"


def test_a_picture_has_an_address_of_its_own():
    assert Links(index_url=INDEX).image_url("A b.svg") == f"{INDEX}?title=Special%3ARedirect%2Ffile%2FA_b.svg"
    assert Links().image_url("A.svg") is None
