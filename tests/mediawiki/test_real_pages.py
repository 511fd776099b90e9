"""Test how WikiClient finds the pages of a real MediaWiki, quirk by quirk."""

import pytest

from tests.cases import for_each, parametrize_each
from tests.mediawiki.wiki import RealWiki, Session, article_of, ids
from watcher.errors import Missing
from watcher.fetch import PageState, WikiClient
from watcher.model import Article

pytestmark = pytest.mark.mediawiki


@for_each(("title", "state", "expected", "redirected_to"))
def test_a_title_leads_to_its_page_or_to_the_reason_why_not(
    client: WikiClient, crossroads: dict[str, int], title: str, state: str, expected: str, redirected_to: str
) -> None:
    (page,) = client.latest([title])
    assert (page.requested, page.state.value, page.redirected_to or "") == (title, state, redirected_to)
    assert page.article == (Article(wiki="real", page_id=crossroads[expected], title=expected) if expected else None)
    assert (page.latest is not None) == bool(expected)


def test_a_title_of_more_than_255_bytes_is_invalid(client: WikiClient) -> None:
    assert client.latest(["x" * 256])[0].state is PageState.INVALID


@parametrize_each("name, text, model")
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
    assert [snapshot.revision.content_model for snapshot in client.revisions_since(article)] == ["wikitext", "text"]


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


def test_a_page_made_again_after_deletion_is_another_page(client: WikiClient, admin: Session, title: str) -> None:
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
    whole = list(client.revisions_since(article))
    last = whole[2].revision
    admin.delete(title)
    admin.undelete(
        title, timestamps="2020-01-01T00:00:00Z|2020-01-02T00:00:00Z|2020-01-04T00:00:00Z|2020-01-05T00:00:00Z"
    )
    with pytest.raises(Missing):
        client.revision(last.id)
    assert ids(client.revisions_since(article, last)) == ids(whole[3:])


def test_a_page_that_lost_its_latest_revisions_has_an_older_latest_one(
    client: WikiClient, admin: Session, wiki: RealWiki, title: str
) -> None:
    wiki.import_history(title, [{"at": f"2020-01-0{day}T00:00:00Z", "text": f"Day {day}."} for day in (1, 2)])
    article = article_of(client, title)
    first, last = client.revisions_since(article)
    admin.delete(title)
    admin.undelete(title, timestamps="2020-01-01T00:00:00Z")
    assert client.latest(page_ids=[article.page_id])[0].latest == first.revision.id
    assert list(client.revisions_since(article, last.revision)) == []
