"""Test how WikiClient walks the revisions of a real MediaWiki, quirk by quirk."""

import hashlib
from collections.abc import Callable

import pytest

from tests.mediawiki.wiki import RealWiki, Session, article_of, ids
from watcher.fetch import WikiClient

pytestmark = pytest.mark.mediawiki


def test_a_history_comes_whole_and_oldest_first(client: WikiClient, alice: Session, wiki: RealWiki, title: str) -> None:
    texts = ["One.", "Two: café 𝔘 \u202e\u00a0.", "", "Three\n\nlines"]
    made = [alice.edit(title, text, f"step {number}") for number, text in enumerate(texts)]
    with wiki.session() as nobody:
        made.append(nobody.edit(title, "By an address."))
    got = list(client.revisions_since(article_of(client, title)))
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
    whole = list(client.revisions_since(article))
    for number, snapshot in enumerate(whole):
        assert list(client.revisions_since(article, snapshot.revision)) == whole[number + 1 :]


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
    got = list(client.revisions_since(article))
    assert [snapshot.wikitext for snapshot in got] == ["A", "B", "C", "D"]
    assert ids(got) != sorted(ids(got))
    assert list(client.revisions_since(article, last)) == []
    assert client.newest(article).revision.id == last.id
    assert [s.wikitext for s in client.revisions_since(article, got[1].revision)] == ["C", "D"]


def test_an_author_unknown_here_keeps_a_name(client: WikiClient, wiki: RealWiki, title: str) -> None:
    wiki.import_history(title, [{"at": "2019-01-01T00:00:00Z", "text": "A", "editor": "Somebody Else"}])
    assert client.newest(article_of(client, title)).revision.editor == "imported>Somebody Else"


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
    assert [s.wikitext for s in client.revisions_since(article)] == [f"{text}{number}" for number in range(9)]
    assert any("truncated" in warning for warning in client.warnings)


def test_a_rollback_gives_back_the_text_and_says_so(
    client: WikiClient, admin: Session, alice: Session, wiki: RealWiki, title: str
) -> None:
    alice.edit(title, "A careful text.")
    with wiki.session("Vandal") as vandal:
        vandal.edit(title, "nonsense")
    admin.rollback(title, "Vandal")
    first, bad, back = client.revisions_since(article_of(client, title))
    assert (back.wikitext, back.revision.sha1) == (first.wikitext, first.revision.sha1)
    assert back.revision.sha1 != bad.revision.sha1
    assert "mw-rollback" in back.revision.tags


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
    for got in (list(client.revisions_since(article))[1], client.revision(bad)):
        assert got.revision.id == bad
        assert got.wikitext == (None if "content" in what else "Private: 555-0100")
        assert got.revision.text_hidden == ("content" in what)
        assert (got.revision.sha1 is None) == ("content" in what)
        assert got.revision.editor == (None if "user" in what else "Vandal")
        assert got.revision.comment == (None if "comment" in what else "about somebody")
        assert got.revision.size == 17
    (bare,) = [s for s in client.revisions_since(article, with_text=False) if s.revision.id == bad]
    assert bare.revision.text_hidden == ("content" in what)
    assert ids(client.revisions_since(article, client.revision(bad).revision)) == [last]
