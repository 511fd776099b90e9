"""What WikiClient makes of a real MediaWiki, quirk by quirk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.mediawiki.wiki import ApiError, RealWiki, Session
from watcher.errors import Missing, Refused, Unavailable
from watcher.fetch import Page, PageState, WikiClient
from watcher.model import Article

pytestmark = pytest.mark.mediawiki


def article_of(client: WikiClient, title: str) -> Article:
    (page,) = client.latest([title])
    assert page.article is not None
    return page.article


def ids(snapshots: Any) -> list[int]:
    return [snapshot.revision.id for snapshot in snapshots]


# -- where pages stand ---------------------------------------------------------------


@pytest.fixture(scope="module")
def crossroads(alice: Session) -> dict[str, int]:
    """Pages and redirects of every sort; their page ids."""
    texts = {
        "Target": "Here.", "Way": "#REDIRECT [[Target#Part]]", "Way of two": "#REDIRECT [[Way]]",
        "Circle one": "#REDIRECT [[Circle two]]", "Circle two": "#REDIRECT [[Circle one]]",
        "Way to nothing": "#REDIRECT [[No such page]]", "Way out": "#REDIRECT [[wikipedia:Foo]]",
        "Way to a special page": "#REDIRECT [[Special:Version]]", "Way to style": "#REDIRECT [[MediaWiki:Common.css]]",
    }  # fmt: skip
    for name, text in texts.items():
        alice.edit(name, text)
    pages = alice.ask(prop="info", titles="|".join(texts))["query"]["pages"]
    return {page["title"]: page["pageid"] for page in pages}


@pytest.mark.parametrize(
    ("title", "state", "found", "redirected_to"),
    [
        ("Target", PageState.OK, "Target", None),
        ("target", PageState.OK, "Target", None),
        (" Target_ ", PageState.OK, "Target", None),
        ("\u200eTarget", PageState.OK, "Target", None),
        ("Target#Part", PageState.OK, "Target", None),
        ("Way", PageState.OK, "Target", "Target"),
        ("way of two", PageState.OK, "Target", "Target"),
        ("Circle one", PageState.REDIRECT, None, "Circle two"),
        ("Way to nothing", PageState.MISSING, None, "No such page"),
        ("Way out", PageState.INTERWIKI, None, "wikipedia:Foo"),
        ("No such page", PageState.MISSING, None, None),
        ("Cafe\u0301 nowhere", PageState.MISSING, None, None),
        ("Nowhere?a=1&b=2+3%", PageState.MISSING, None, None),
        ("wikipedia:foo_bar", PageState.INTERWIKI, None, None),
        ("Special:Version", PageState.SPECIAL, None, None),
        ("Media:A.png", PageState.SPECIAL, None, None),
        ("A[b]", PageState.INVALID, None, None),
        ("A|Target", PageState.INVALID, None, None),
        ("<b>", PageState.INVALID, None, None),
        ("A%20b", PageState.INVALID, None, None),
        ("x" * 256, PageState.INVALID, None, None),
        ("Talk:", PageState.INVALID, None, None),
        ("#Part", PageState.INVALID, None, None),
        ("", PageState.INVALID, None, None),
    ],
)
def test_a_title_leads_to_its_page_or_to_the_reason_why_not(
    client: WikiClient,
    crossroads: dict[str, int],
    title: str,
    state: PageState,
    found: str | None,
    redirected_to: str | None,
) -> None:
    (page,) = client.latest([title])
    assert (page.asked, page.state, page.redirected_to) == (title, state, redirected_to)
    assert page.article == (Article(wiki="real", page_id=crossroads[found], title=found) if found else None)
    assert (page.latest is not None) == (found is not None)


@pytest.mark.parametrize(
    ("name", "redirected_to"),
    [
        ("Way", "Target"),
        ("Way of two", "Target"),
        ("Circle one", "Circle two"),
        ("Way to nothing", "No such page"),
        ("Way out", "wikipedia:Foo"),
    ],
)
def test_a_redirect_asked_by_page_id_is_told_and_not_followed(
    client: WikiClient, crossroads: dict[str, int], name: str, redirected_to: str
) -> None:
    (page,) = client.latest(page_ids=[crossroads[name]])
    assert (page.state, page.redirected_to) == (PageState.REDIRECT, redirected_to)
    assert page.article == Article(wiki="real", page_id=crossroads[name], title=name)
    assert client.newest(page.article).wikitext.startswith("#REDIRECT")  # type: ignore[union-attr]


def test_unknown_page_ids_are_missing(client: WikiClient, crossroads: dict[str, int]) -> None:
    asked = [99_999_999, 0, -5, 2**63 - 1, 2**63, crossroads["Target"]]
    got = client.latest(page_ids=asked)
    assert [page.asked for page in got] == asked
    assert [page.state for page in got] == [PageState.MISSING] * 5 + [PageState.OK]


def test_any_number_of_pages_comes_back_in_the_order_asked(client: WikiClient, crossroads: dict[str, int]) -> None:
    titles = [f"Nowhere {number}" for number in range(120)]
    titles[3], titles[70], titles[119] = "way", "Target", "Target"
    got = client.latest(titles, [crossroads["Way"], crossroads["Target"]])
    assert [page.asked for page in got] == [*titles, crossroads["Way"], crossroads["Target"]]
    assert [number for number, page in enumerate(got) if page.state is not PageState.MISSING] == [3, 70, 119, 120, 121]


def test_51_titles_at_once_are_an_error_that_the_client_never_makes(alice: Session) -> None:
    with pytest.raises(ApiError, match="toomanyvalues"):
        alice.ask(prop="info", titles="|".join(f"Nowhere {number}" for number in range(51)))


@pytest.mark.parametrize(
    ("name", "text", "model"),
    [
        ("MediaWiki:Common.css", "body { color: #222; }", "css"),
        ("User:Admin/numbers.json", '{"a":1}', "json"),
        ("User:Admin/tool.js", "var a;", "javascript"),
    ],
)
def test_a_page_that_is_no_wikitext_says_so(
    client: WikiClient, admin: Session, name: str, text: str, model: str
) -> None:
    admin.edit(name, text)
    (page,) = client.latest([name])
    assert (page.state, page.content_model) == (PageState.NOT_WIKITEXT, model)
    assert page.article is not None
    assert client.newest(page.article).revision.content_model == model


def test_a_page_that_stops_being_wikitext_keeps_its_older_models(
    client: WikiClient, admin: Session, title: str
) -> None:
    admin.edit(title, "Words.")
    admin.do("changecontentmodel", title=title, model="text", token=admin.token)
    article = article_of(client, title)
    assert [snapshot.revision.content_model for snapshot in client.history(article)] == ["wikitext", "text"]


# -- walking through revisions ---------------------------------------------------------


def test_a_history_comes_whole_and_oldest_first(client: WikiClient, alice: Session, wiki: RealWiki, title: str) -> None:
    texts = ["One.", "Two: café 𝔘 \u202e\u00a0.", "", "Three\n\nlines"]
    made = [alice.edit(title, text, f"step {number}") for number, text in enumerate(texts)]
    with wiki.session() as nobody:
        made.append(nobody.edit(title, "By an address."))
    got = list(client.history(article_of(client, title)))
    assert ids(got) == made
    assert [snapshot.wikitext for snapshot in got] == [*texts, "By an address."]
    assert [snapshot.revision.editor for snapshot in got] == ["Alice"] * 4 + ["127.0.0.1"]
    assert [snapshot.revision.comment for snapshot in got][:4] == [f"step {number}" for number in range(4)]
    assert [snapshot.revision.parent_id for snapshot in got] == [0, *made[:-1]]
    for snapshot in got:
        assert snapshot.wikitext is not None
        text = snapshot.wikitext.encode()
        assert snapshot.revision.size == len(text)
        assert snapshot.revision.sha1 == hashlib.sha1(text).hexdigest()


def test_the_walk_begins_right_after_any_revision(client: WikiClient, alice: Session, title: str) -> None:
    for number in range(6):
        alice.edit(title, f"Text {number}.")
    article = article_of(client, title)
    whole = list(client.history(article))
    for number, snapshot in enumerate(whole):
        assert list(client.revisions_since(article, snapshot.revision)) == whole[number + 1 :]


def test_revisions_of_one_second_are_neither_lost_nor_repeated(client: WikiClient, wiki: RealWiki, title: str) -> None:
    same = "2020-02-02T02:02:02Z"
    wiki.import_history(title, [{"at": same, "text": f"Text {number}."} for number in range(4)])
    article = article_of(client, title)
    whole = ids(client.history(article))
    assert len(whole) == 4
    for number, snapshot in enumerate(client.history(article)):
        assert ids(client.revisions_since(article, snapshot.revision)) == whole[number + 1 :]


def test_the_order_is_that_of_time_though_an_import_gives_old_revisions_new_ids(
    client: WikiClient, wiki: RealWiki, title: str
) -> None:
    wiki.import_history(
        title, [{"at": "2019-01-01T00:00:00Z", "text": "B"}, {"at": "2021-01-01T00:00:00Z", "text": "D"}]
    )
    article = article_of(client, title)
    last = client.newest(article).revision
    wiki.import_history(
        title, [{"at": "2018-01-01T00:00:00Z", "text": "A"}, {"at": "2020-01-01T00:00:00Z", "text": "C"}]
    )
    got = list(client.history(article))
    assert [snapshot.wikitext for snapshot in got] == ["A", "B", "C", "D"]
    assert ids(got) != sorted(ids(got))
    assert list(client.revisions_since(article, last)) == []
    assert client.newest(article).revision.id == last.id
    assert [s.wikitext for s in client.revisions_since(article, got[1].revision)] == ["C", "D"]


def test_an_author_unknown_here_keeps_a_name(client: WikiClient, wiki: RealWiki, title: str) -> None:
    wiki.import_history(title, [{"at": "2019-01-01T00:00:00Z", "text": "A", "editor": "Somebody Else"}])
    assert client.newest(article_of(client, title)).revision.editor == "imported>Somebody Else"


def test_more_revisions_than_an_answer_holds_are_continued(client: WikiClient, wiki: RealWiki, title: str) -> None:
    steps = [
        {"at": f"2020-01-01T00:{number // 60:02}:{number % 60:02}Z", "text": f"Text {number}."} for number in range(117)
    ]
    wiki.import_history(title, steps)
    article = article_of(client, title)
    assert [s.wikitext for s in client.history(article)] == [f"Text {number}." for number in range(117)]
    assert len(ids(client.history(article, with_text=False))) == 117


def test_an_answer_cut_short_by_its_size_is_continued(
    new_client: Callable[..., WikiClient], wiki: RealWiki, title: str
) -> None:
    text = "A line of text that is repeated.\n" * 600
    wiki.import_history(
        title, [{"at": f"2020-01-01T00:00:{number:02}Z", "text": f"{text}{number}"} for number in range(9)]
    )
    client = new_client()
    article = article_of(client, title)
    wiki.switches(largest=50_000)
    assert [s.wikitext for s in client.history(article)] == [f"{text}{number}" for number in range(9)]
    assert any("truncated" in warning for warning in client.warnings)


def test_page_states_cut_short_by_their_size_are_continued(
    client: WikiClient, alice: Session, wiki: RealWiki, title: str
) -> None:
    titles = [f"{title} {number}" for number in range(9)]
    made = [alice.edit(name, "Short.") for name in titles]
    wiki.switches(largest=500)
    assert [page.latest for page in client.latest(titles)] == made
    assert any("truncated" in warning for warning in client.warnings)


def test_a_rollback_gives_back_the_text_and_says_so(
    client: WikiClient, admin: Session, alice: Session, wiki: RealWiki, title: str
) -> None:
    alice.edit(title, "A careful text.")
    with wiki.session("Vandal") as vandal:
        vandal.edit(title, "nonsense")
    admin.rollback(title, "Vandal")
    first, bad, back = client.history(article_of(client, title))
    assert (back.wikitext, back.revision.sha1) == (first.wikitext, first.revision.sha1)
    assert back.revision.sha1 != bad.revision.sha1
    assert "mw-rollback" in back.revision.tags


def test_a_walk_without_text_knows_all_but_the_text(client: WikiClient, alice: Session, title: str) -> None:
    alice.edit(title, "One.")
    alice.edit(title, "Two.", minor="1")
    article = article_of(client, title)
    whole = list(client.history(article))
    assert [s.revision for s in client.history(article, with_text=False)] == [s.revision for s in whole]
    assert [s.wikitext for s in client.history(article, with_text=False)] == [None, None]
    assert [s.revision.minor for s in whole] == [False, True]


# -- pages that move, go and come back -------------------------------------------------


def test_a_moved_page_keeps_its_id_and_gets_a_revision_of_the_same_text(
    client: WikiClient, admin: Session, title: str
) -> None:
    admin.edit(title, "A text that moves.")
    before = article_of(client, title)
    last = client.newest(before).revision
    admin.move(title, f"{title}, moved")
    (by_id,) = client.latest(page_ids=[before.page_id])
    (by_title,) = client.latest([title])
    assert by_id.article == Article(wiki="real", page_id=before.page_id, title=f"{title}, moved")
    assert (by_title.article, by_title.redirected_to) == (by_id.article, f"{title}, moved")
    (move,) = client.revisions_since(before, last)
    assert (move.wikitext, move.revision.sha1) == ("A text that moves.", last.sha1)
    assert move.revision.article.title == f"{title}, moved"


def test_a_page_that_became_a_redirect_is_news_by_page_id(client: WikiClient, alice: Session, title: str) -> None:
    alice.edit(title, "An article.")
    article = article_of(client, title)
    alice.edit(title, "#REDIRECT [[Main Page]]")
    (page,) = client.latest(page_ids=[article.page_id])
    assert (page.state, page.redirected_to, page.article) == (PageState.REDIRECT, "Main Page", article)


def test_a_deleted_page_is_missing_until_it_is_restored(client: WikiClient, admin: Session, title: str) -> None:
    made = [admin.edit(title, text) for text in ("One.", "Two.")]
    article = article_of(client, title)
    last = client.revision(made[0]).revision
    admin.delete(title)
    assert [page.state for page in client.latest([title], [article.page_id])] == [PageState.MISSING] * 2
    for ask in (
        lambda: client.newest(article),
        lambda: client.revision(made[1]),
        lambda: list(client.revisions_since(article, last)),
    ):
        with pytest.raises(Missing, match="on real"):
            ask()
    admin.undelete(title)
    assert client.latest(page_ids=[article.page_id])[0].latest == made[1]
    assert ids(client.revisions_since(article, last)) == made[1:]


def test_a_page_made_anew_after_deletion_is_another_page(client: WikiClient, admin: Session, title: str) -> None:
    admin.edit(title, "One.")
    old = article_of(client, title)
    admin.delete(title)
    admin.edit(title, "Anew.")
    by_title, by_id = client.latest([title], [old.page_id])
    assert by_id.state is PageState.MISSING
    assert by_title.article is not None
    assert by_title.article.page_id != old.page_id


def test_the_walk_goes_on_after_a_revision_that_the_wiki_knows_no_more(
    client: WikiClient, admin: Session, wiki: RealWiki, title: str
) -> None:
    steps = [{"at": f"2020-01-0{day}T00:00:00Z", "text": f"Day {day}."} for day in range(1, 6)]
    wiki.import_history(title, steps)
    article = article_of(client, title)
    whole = list(client.history(article))
    last = whole[2].revision
    admin.delete(title)
    admin.undelete(
        title, timestamps="2020-01-01T00:00:00Z|2020-01-02T00:00:00Z|2020-01-04T00:00:00Z|2020-01-05T00:00:00Z"
    )
    with pytest.raises(Missing):
        client.revision(last.id)
    assert ids(client.revisions_since(article, last)) == ids(whole[3:])


def test_the_walk_needs_no_id_that_the_wiki_knows(
    client: WikiClient, admin: Session, wiki: RealWiki, title: str
) -> None:
    wiki.import_history(title, [{"at": f"2020-01-0{day}T00:00:00Z", "text": f"Day {day}."} for day in (1, 2, 3)])
    article = article_of(client, title)
    whole = list(client.history(article))
    lost = replace(whole[1].revision, id=99_999_999)
    # What a walk that begins at an id gets; ours begins at the time.
    with pytest.raises(ApiError, match="badid_rvstartid"):
        admin.ask(prop="revisions", pageids=article.page_id, rvdir="newer", rvstartid=lost.id)
    assert ids(client.revisions_since(article, lost)) == ids(whole[2:])


def test_a_page_that_lost_its_latest_revisions_has_an_older_latest_one(
    client: WikiClient, admin: Session, wiki: RealWiki, title: str
) -> None:
    wiki.import_history(title, [{"at": f"2020-01-0{day}T00:00:00Z", "text": f"Day {day}."} for day in (1, 2)])
    article = article_of(client, title)
    first, last = client.history(article)
    admin.delete(title)
    admin.undelete(title, timestamps="2020-01-01T00:00:00Z")
    assert client.latest(page_ids=[article.page_id])[0].latest == first.revision.id
    assert list(client.revisions_since(article, last.revision)) == []


def test_an_unknown_revision_is_missing(client: WikiClient) -> None:
    for number in (99_999_999, 2**63 - 1):
        with pytest.raises(Missing, match=f"revision {number} on real"):
            client.revision(number)


# -- what the wiki hides ---------------------------------------------------------------


@pytest.mark.parametrize("suppress", [False, True])
@pytest.mark.parametrize("what", ["content", "user", "comment", "content|user|comment"])
def test_hidden_values_are_none_and_the_revision_is_still_there(
    client: WikiClient, admin: Session, wiki: RealWiki, title: str, what: str, *, suppress: bool
) -> None:
    admin.edit(title, "One.")
    with wiki.session("Vandal") as vandal:
        bad = vandal.edit(title, "Private: 555-0100", "about somebody")
    last = admin.edit(title, "Two.")
    admin.hide([bad], what, suppress=suppress)
    article = article_of(client, title)
    for got in (list(client.history(article))[1], client.revision(bad)):
        assert got.revision.id == bad
        assert got.wikitext == (None if "content" in what else "Private: 555-0100")
        assert got.revision.text_hidden == ("content" in what)
        assert (got.revision.sha1 is None) == ("content" in what)
        assert got.revision.editor == (None if "user" in what else "Vandal")
        assert got.revision.comment == (None if "comment" in what else "about somebody")
        assert got.revision.size == 17
    (bare,) = [s for s in client.history(article, with_text=False) if s.revision.id == bad]
    assert bare.revision.text_hidden == ("content" in what)
    assert ids(client.revisions_since(article, client.revision(bad).revision)) == [last]


# -- moods of the wiki -----------------------------------------------------------------


def test_a_wiki_that_lags_is_waited_for_as_long_as_it_asks(
    new_client: Callable[..., WikiClient], wiki: RealWiki
) -> None:
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            wiki.switches()

    wiki.switches(lag=7.25)
    client = new_client(sleep=sleep, jitter=lambda: 0.0)
    assert client.latest(["Main Page"])[0].state is PageState.OK
    assert waits == [5.0, 5.0]


def test_a_wiki_that_goes_on_lagging_is_unavailable(new_client: Callable[..., WikiClient], wiki: RealWiki) -> None:
    wiki.switches(lag=30)
    with pytest.raises(Unavailable, match=r'"Main Page" on real: the wiki answers maxlag: .*30 seconds') as trouble:
        new_client(attempts=2).latest(["Main Page"])
    assert trouble.value.retry_after == 5.0


def test_a_little_lag_is_no_trouble(client: WikiClient, wiki: RealWiki) -> None:
    wiki.switches(lag=4.9)
    assert client.latest(["Main Page"])[0].state is PageState.OK


def test_a_closed_wiki_refuses(client: WikiClient, wiki: RealWiki) -> None:
    wiki.switches(closed=True)
    with pytest.raises(Refused, match="readapidenied"):
        client.latest(["Main Page"])


@pytest.mark.parametrize("path", ["/w/index.php", "/w/nothing.php", "/"])
def test_a_url_that_is_not_the_api_is_told_so(new_client: Callable[..., WikiClient], wiki: RealWiki, path: str) -> None:
    other = new_client(api_url=f"http://127.0.0.1:{wiki.port}{path}")
    with pytest.raises(Exception, match="API URL"):
        other.latest(["Main Page"])


def test_a_wiki_that_is_not_up_is_unavailable(new_client: Callable[..., WikiClient]) -> None:
    with pytest.raises(Unavailable, match="check the network"):
        new_client(api_url="http://127.0.0.1:9/w/api.php").latest(["Main Page"])


# -- pictures and names ----------------------------------------------------------------


def test_a_picture_has_the_sha1_of_its_current_version(
    client: WikiClient, admin: Session, picture: Callable[[int], bytes]
) -> None:
    for colour in (1, 2):
        admin.upload("Chart of test.png", picture(colour))
    admin.upload("Other of test.png", picture(3))
    admin.edit("File:Old name of test.png", "#REDIRECT [[File:Chart of test.png]]")
    current = hashlib.sha1(picture(2)).hexdigest()
    # Alone, the wiki offers to continue with the older version.
    assert client.pictures(["Chart of test.png"]) == {"Chart of test.png": current}
    many = [f"Nowhere {number}.png" for number in range(60)]
    names = [
        "chart_of test.png",
        "File:Chart of test.png",
        "Image:Old name of test.png",
        "Other of test.png",
        "a|b",
        *many,
    ]
    got = client.pictures(names)
    assert list(got) == names
    assert list(got.values()) == [current] * 3 + [hashlib.sha1(picture(3)).hexdigest()] + [None] * 61


def test_pictures_cut_short_by_their_size_are_continued(
    client: WikiClient, admin: Session, wiki: RealWiki, picture: Callable[[int], bytes]
) -> None:
    names = [f"Small {number}.png" for number in range(6)]
    for number, name in enumerate(names):
        admin.upload(name, picture(100 + number))
    wiki.switches(largest=220)
    assert list(client.pictures(names).values()) == [hashlib.sha1(picture(100 + n)).hexdigest() for n in range(6)]
    assert any("truncated" in warning for warning in client.warnings)


def test_the_wiki_s_own_names_are_read(client: WikiClient) -> None:
    dialect = client.site()
    assert dialect.language == "en"
    assert set(dialect.file_namespaces) == {"file", "image", "bild"}
    assert dialect.category_namespaces == ("category",)
    assert "wikipedia" in dialect.interwiki


def test_no_question_of_the_client_makes_the_wiki_warn(
    client: WikiClient, crossroads: dict[str, int], picture: Callable[[int], bytes], admin: Session
) -> None:
    admin.upload("Calm.png", picture(7))
    pages: tuple[Page, ...] = client.latest(["Target", "Way", "Cafe\u0301"], list(crossroads.values()))
    article = pages[0].article
    assert article is not None
    last = client.newest(article).revision
    list(client.history(article))
    list(client.history(article, with_text=False))
    list(client.revisions_since(article, last))
    client.revision(last.id)
    client.pictures(["Calm.png"])
    client.site()
    assert client.warnings == ()


def test_times_are_utc(client: WikiClient, wiki: RealWiki, title: str) -> None:
    wiki.import_history(title, [{"at": "2020-06-01T10:00:00Z", "text": "A"}])
    assert client.newest(article_of(client, title)).revision.at == datetime(2020, 6, 1, 10, tzinfo=UTC)
