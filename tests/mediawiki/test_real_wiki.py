"""Test what a real MediaWiki tells WikiClient of itself, its images and its changes, and what alerts of it say."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.mediawiki.wiki import RealWiki, Session, article_of
from tests.shared_data import ARTICLE
from tests.simulators import WebhookReceiver
from watcher.cli import main
from watcher.fetch import Page, RecentChanges, WikiClient

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
        f"title=Talk:{title}": "Talk:",
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
