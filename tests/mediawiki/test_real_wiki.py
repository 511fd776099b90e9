"""Test what a real MediaWiki tells of itself, its images, changes, log and accounts, and what alerts say of it."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.mediawiki.wiki import RealWiki, Session, article_of
from tests.shared_data import ARTICLE
from tests.simulators import FakeWikiServer, WebhookReceiver, WikiStore
from watcher.cli import main
from watcher.fetch import Page, RecentChanges, WikiClient
from watcher.services.context import clock

pytestmark = pytest.mark.mediawiki


@pytest.mark.parametrize("path", ["/w/index.php", "/w/nothing.php", "/"])
def test_a_url_that_is_not_the_api_is_named_as_such(
    new_client: Callable[..., WikiClient], wiki: RealWiki, path: str
) -> None:
    other = new_client(api_url=f"http://127.0.0.1:{wiki.port}{path}")
    with pytest.raises(Exception, match="API URL"):
        other.latest(["Main Page"])


def test_a_picture_has_the_sha1_of_its_current_version(
    client: WikiClient, admin: Session, image: Callable[[int], bytes]
) -> None:
    for colour in (1, 2):
        admin.upload("Chart of test.png", image(colour))
    admin.upload("Other of test.png", image(3))
    admin.edit("File:Old name of test.png", "#REDIRECT [[File:Chart of test.png]]")
    current = hashlib.sha1(image(2)).hexdigest()
    # Alone, the wiki offers to continue with the older version.
    assert client.image_digests(["Chart of test.png"]) == {"Chart of test.png": current}
    many = [f"Nowhere {number}.png" for number in range(60)]
    names = [
        "chart_of test.png",
        "File:Chart of test.png",
        "Image:Old name of test.png",
        "Other of test.png",
        "a|b",
        *many,
    ]
    got = client.image_digests(names)
    assert list(got) == names
    assert list(got.values()) == [current] * 3 + [hashlib.sha1(image(3)).hexdigest()] + [None] * 61


def test_the_wiki_s_own_names_are_read(client: WikiClient) -> None:
    dialect = client.site()
    assert dialect.language == "en"
    assert set(dialect.file_namespaces) == {"file", "image", "bild"}
    assert dialect.category_namespaces == ("category",)
    assert "wikipedia" in dialect.interwiki


def test_no_question_of_the_client_makes_the_wiki_warn(
    client: WikiClient, crossroads: dict[str, int], image: Callable[[int], bytes], admin: Session
) -> None:
    admin.upload("Calm.png", image(7))
    pages: tuple[Page, ...] = client.latest(["Target", "Way", "Cafe\u0301"], list(crossroads.values()))
    article = pages[0].article
    assert article is not None
    last = client.newest(article).revision
    list(client.revisions_since(article))
    list(client.revisions_since(article, with_text=False))
    list(client.revisions_since(article, last))
    client.revision(last.id)
    client.image_digests(["Calm.png"])
    client.site()
    assert client.render(article).revision_id == client.render(article, again=True).revision_id == last.id
    assert client.render(article, revision_id=last.id).html
    assert client.newest_edits(["Target", "No such page"]) == {"Target": last}
    assert client.last_edits(article)[0].revision == last
    assert client.warnings == ()


def test_edits_moves_and_deletions_pass_by_once_each(client: WikiClient, admin: Session) -> None:
    changes = RecentChanges(client.recent, datetime.now(UTC))
    changes.poll()

    def passes_by(title: str) -> bool:
        """Whether it comes: the wiki lists a change a moment after it has answered."""
        polls = (changes.poll() for _ in range(200))
        return any(event.title == title for poll in polls for event in poll)

    admin.edit("Passing page", "One.", "start")
    assert passes_by("Passing page")
    admin.move("Passing page", "Passed page")
    assert passes_by("Passing page")
    # With a page its own entries go; the deletion is an entry of the log.
    admin.delete("Passed page")
    assert passes_by("Passed page")
    assert changes.poll() == ()


def test_the_uploads_of_a_file_have_their_sizes_and_small_copies(
    client: WikiClient, admin: Session, image: Callable[[int], bytes]
) -> None:
    for colour in (21, 22):
        admin.upload("Sized.png", image(colour))
    versions = client.versions("Sized.png", thumbnails=True)
    assert [(version.editor, version.size, version.width, version.height) for version in versions] == [
        ("Admin", len(image(22)), 2, 2),
        ("Admin", len(image(21)), 2, 2),
    ]
    assert all(version.thumbnail and version.thumbnail.startswith("http") for version in versions)
    assert {version.thumbnail for version in client.versions("Sized.png")} == {None}


def test_the_wiki_knows_every_form_of_address_that_reviewers_are_given(
    client: WikiClient, wiki: RealWiki, alice: Session, title: str
) -> None:
    first = alice.edit(title, "== A ==\nIt has 21 boats.\n")
    second = alice.edit(title, "== A ==\nIt has 25 boats.\n")
    page = article_of(client, title).page_id
    addresses = {
        f"curid={page}&action=edit&section=1": "wpTextbox1",
        f"curid={page}&veaction=edit&section=1": "25 boats",
        f"curid={page}&action=edit&undoafter={first}&undo={second}": "It has 21 boats",
        f"curid={page}&action=history": f"oldid={first}",
        f"diff={second}&oldid={first}&diffmode=visual": "diffchange",
        f"title=Talk:{title.replace(' ', '_')}": f"<title>Talk:{title}",
        f"title=Special:TalkPage/Template:{title.replace(' ', '_')}": "/wiki/Template_talk:Page",
        "title=Special%3AContributions%2FAlice": "mw-contributions",
        "title=User_talk%3AAlice": "User talk:Alice",
        "title=Special%3ALog&type=block&page=User%3AAlice": "Block log",
    }
    for query, words in addresses.items():
        answer = httpx.get(f"http://127.0.0.1:{wiki.port}/w/index.php?{query}", follow_redirects=True)
        assert words in answer.text, query


@pytest.mark.skipif(not ARTICLE.is_file(), reason="the real article is not here: set WATCHER_SHARED")
def test_one_changed_statistic_of_a_real_article_is_one_alert_that_says_all(
    wiki: RealWiki, alice: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, path = ARTICLE.read_text(encoding="utf-8"), tmp_path / "watchlist.toml"
    alice.edit("Human trafficking", text)
    with WebhookReceiver() as receiver:
        path.write_text(
            '[watcher]\ncontact = "mailto:tests@example.org"\ngroup_by = []\n'
            f'[[wiki]]\nname = "real"\napi = "{wiki.api_url}"\n[[watch]]\ntitle = "Human trafficking"\nsettle = "0"\n'
            f'[[destination]]\nname = "inbox"\nurl = "{receiver.url}"\n'
        )

        def messages() -> int:
            """Check, which must go well; how many messages were sent until now."""
            with pytest.raises(SystemExit) as ended:
                main(["check", "--watchlist", str(path)])
            assert ended.value.code == 0
            return len(receiver.requests)

        assert messages() == 0
        alice.edit("Human trafficking", text.replace("21 million victims", "25 million victims", 1))
        assert [messages(), messages()] == [1, 1]
    answer = receiver.requests[0].json
    assert answer["title"].startswith("Critical: ")
    for part in ("lead", "21 million → 25 million victims", "same source", "Alice", "index.php?diff="):
        assert part in answer["message"]
    assert "21 million → 25 million victims" in capsys.readouterr().out


def test_the_log_names_action_actor_and_reason(client: WikiClient, admin: Session, title: str) -> None:
    admin.edit(title, "Some text.")
    admin.do("protect", title=title, protections="edit=sysop", reason="Edit war", token=admin.token)
    admin.do("protect", title=title, protections="edit=all", token=admin.token)
    admin.do("delete", title=title, reason="Not a topic", token=admin.token)
    admin.undelete(title)
    deletions = client.log_entries(title, "delete")
    assert [entry.action for entry in deletions] == ["delete/restore", "delete/delete"]
    assert deletions[1].comment == "Not a topic"
    assert deletions[1].user
    assert deletions[0].id > deletions[1].id
    assert [entry.action for entry in client.log_entries(title, "protect")] == ["protect/unprotect", "protect/protect"]


def test_a_move_is_logged_under_the_former_title(client: WikiClient, admin: Session, title: str) -> None:
    admin.edit(title, "Some text.")
    admin.move(title, f"{title} moved")
    assert [entry.action for entry in client.log_entries(title, "move")] == ["move/move"]
    assert client.log_entries(f"{title} moved", "move") == ()


def test_a_hidden_revision_is_in_the_deletion_log(client: WikiClient, admin: Session, title: str) -> None:
    number = admin.edit(title, "Some text.")
    admin.edit(title, "Another text.")
    admin.hide([number], "content")
    assert [entry.action for entry in client.log_entries(title, "delete")] == ["delete/revision"]


ADDRESS = "127.0.0.1"


@pytest.fixture(scope="module")
def aged(real_wiki: RealWiki) -> RealWiki:
    """The wiki with accounts that are not new, all but one."""
    for name in ("Alice", "Bob", "Tide Bot"):
        real_wiki.describe_account(name, "20150101000000", 500)
    real_wiki.describe_account("Newcomer", "20150101000000", 3)
    return real_wiki


def test_a_temporary_account_is_named_as_such(aged: RealWiki, client: WikiClient, title: str) -> None:
    aged.switches(temporary=True)
    try:
        with aged.session() as nobody:
            nobody.edit(title, "In 2012 the survey counted 21 million boats.")
    finally:
        aged.switches()
    (snapshot,) = client.revisions_since(article_of(client, title))
    assert snapshot.revision.account == "temporary"


def test_accounts_are_described_by_the_wiki(aged: RealWiki, client: WikiClient) -> None:
    accounts = client.accounts(["Alice", "Tide Bot", "Newcomer", "Admin", "Nobody of that name", ADDRESS])
    assert sorted(accounts) == ["Admin", "Alice", "Newcomer", "Tide Bot"]
    assert {name for name, account in accounts.items() if account.bot} == {"Tide Bot"}
    assert accounts["Tide Bot"].groups == ("bot", "autoconfirmed")
    assert "sysop" in accounts["Admin"].groups
    now = clock()
    assert {name for name, account in accounts.items() if account.is_new(now)} == {"Newcomer", "Admin"}
    assert aged.api_url


def test_the_replay_describes_accounts_as_the_wiki_does(aged: RealWiki) -> None:
    question = {
        "action": "query", "format": "json", "formatversion": "2", "list": "users",
        "ususers": f"Alice|Nobody of that name|{ADDRESS}", "usprop": "groups|rights|registration|editcount",
    }  # fmt: skip
    store = WikiStore(now=clock)
    store.edit("Tide", "Text.", editor="Alice")
    with FakeWikiServer(store) as replay:
        both = [httpx.get(url, params=question, trust_env=False).json() for url in (aged.api_url, replay.api_url)]
    real, fake = (  # in no particular order
        {user["name"]: {key: type(value) for key, value in user.items()} for user in answer["query"]["users"]}
        for answer in both
    )
    assert fake == real
