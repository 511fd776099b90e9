"""Test a real article on a real MediaWiki: what must alert does so once, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from snapshots import Archive
from tests.mediawiki.wiki import RealWiki, Session, png
from tests.shared_data import ARTICLE
from tests.simulators import ReceivedRequest, WebhookReceiver
from watcher.cli import main

pytestmark = pytest.mark.mediawiki

TITLE = "Human trafficking"
FIGURE, OTHER = "21 million victims", "25 million victims"


class Watching:
    """The article on the wiki, a watchlist for it, and the receiver of its alerts."""

    def __init__(self, folder: Path, wiki: RealWiki, editor: Session, receiver: WebhookReceiver) -> None:
        self.folder, self.wiki, self.editor, self.receiver = folder, wiki, editor, receiver
        self.text = ARTICLE.read_text(encoding="utf-8")
        self.path = folder / "watchlist.toml"
        self.path.write_text(
            '[watcher]\ncontact = "mailto:tests@example.org"\ngroup_by = []\n'
            f'[[wiki]]\nname = "real"\napi = "{wiki.api_url}"\n'
            f'[[watch]]\ntitle = "{TITLE}"\nsettle = "0"\n[[destination]]\nname = "inbox"\nurl = "{receiver.url}"\n'
        )

    def edit(self, text: str, summary: str = "") -> int:
        number = self.editor.edit(TITLE, text, summary)
        assert number, "the edit changed nothing"
        return number

    def check(self) -> tuple[ReceivedRequest, ...]:
        """`watcher check`, which must go well; the messages that it sent."""
        before = len(self.receiver.requests)
        with pytest.raises(SystemExit) as ended:
            main(["check", "--watchlist", str(self.path)])
        assert ended.value.code == 0
        return self.receiver.requests[before:]

    def stored(self) -> list[int]:
        with Archive(f"sqlite:///{self.folder / 'watcher.db'}") as archive:
            (article,) = archive.articles.list_all()
            return [revision.id for revision in archive.revisions.of_article(article)]


@pytest.fixture(scope="module")
def real_wiki(tmp_path_factory: pytest.TempPathFactory, installed_wiki: Path) -> Iterator[RealWiki]:
    if not ARTICLE.exists():
        pytest.skip(
            f"the article is not here ({ARTICLE.name}): set WATCHER_SHARED to the folder that has data/articles"
        )
    with RealWiki(tmp_path_factory.mktemp("mediawiki"), installed=installed_wiki) as wiki:
        yield wiki


@pytest.fixture
def watching(real_wiki: RealWiki, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Watching]:
    """The article, or another text, after its baseline, which told nobody."""
    with real_wiki.session("Alice") as alice, WebhookReceiver() as receiver:
        made = Watching(tmp_path, real_wiki, alice, receiver)
        made.text = getattr(request, "param", made.text)
        alice.edit(TITLE, made.text)
        assert made.check() == ()
        yield made


def test_one_changed_statistic_is_one_alert_that_says_all(watching: Watching, capsys: pytest.CaptureFixture):
    assert FIGURE in watching.text
    watching.edit(watching.text.replace(FIGURE, OTHER, 1))
    (letter,) = watching.check()
    message = letter.json["message"]
    print(message)
    assert letter.json["title"].startswith("Critical: ")
    for part in ("lead", "21 million → 25 million victims", "same source", OTHER, "Alice", "index.php?diff="):
        assert part in message
    assert "21 million → 25 million victims" in capsys.readouterr().out
    assert watching.check() == ()
    assert watching.check() == ()


@pytest.mark.parametrize("watching", ["Some words about ships.\n"], indirect=True)
def test_a_picture_uploaded_again_and_a_protection_are_reported_though_nobody_edits(watching: Watching):
    file = "Chart of a test.png"
    with watching.wiki.session("Admin") as admin:
        admin.upload(file, png(1))
        watching.edit(f"{watching.text}\n[[File:{file}|thumb|A chart.]]\n")
        watching.check()
        admin.upload(file, png(2))
        (letter,) = watching.check()
        assert f"another image under the name {file}" in letter.json["message"]
        assert "Admin" in letter.json["message"]
        assert watching.check() == ()
        watching.path.write_text(watching.path.read_text() + "operator = true\n")
        admin.do("protect", title=TITLE, protections="edit=sysop", reason="test", token=admin.token)
        (letter,) = watching.check()
        assert "not protected → edit: sysop" in letter.json["message"]
        admin.do("protect", title=TITLE, protections="edit=all", reason="test", token=admin.token)
        (letter,) = watching.check()
        assert "edit: sysop → not protected" in letter.json["message"]
        assert watching.check() == ()
