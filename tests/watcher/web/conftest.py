"""Provide the pages over an archive with revisions of one article, and over a small wiki with one not watched yet."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from snapshots import ApiToken, Archive, Scope, User
from tests.databases import empty_database
from tests.flows.harness import CHANGED, TEXT, WikiHarness, small_wiki
from tests.review_fixtures import NOW, a_site, a_watchlist, store_all
from tests.web_client import WebClient
from watcher.config import Watchlist
from watcher.model import (
    Article,
    Change,
    Comparison,
    Dialect,
    Finding,
    Kind,
    Location,
    Policy,
    Reason,
    Revision,
    Sentence,
    Severity,
    Snapshot,
)
from watcher.pipeline import compare
from watcher.services.history.ledger import record_history
from watcher.web import create_app
from watcher.web.auth.access import csrf_token

POLICY = Policy()
Visit = Callable[..., WebClient]
PAGE = Article(wiki="en", page_id=17, title="Bridge tolls")


def a_revision(number: int, **fields: Any) -> Revision:
    at = NOW - timedelta(hours=9 - number)
    return Revision(
        article=PAGE, id=number, parent_id=number - 1, at=at, **({"editor": "Ada", "comment": "an edit"} | fields)
    )


def differing_words(
    before: Snapshot, after: Snapshot, *, policy: Policy = POLICY, dialect: Dialect | None = None
) -> Comparison:
    """A pipeline in miniature: one finding for the text, and a minor one."""
    assert dialect is None or dialect.language == "en"
    old, new = Sentence(text=before.wikitext or ""), Sentence(text=after.wikitext or "")
    findings = tuple(
        Finding(
            rule="words",
            severity=severity,
            change=Change(kind=Kind.PROSE_CHANGED, old=old, new=new, location=Location(section=section)),
            reasons=(Reason(code="words", text=f"threshold {policy.threshold.label}"),),
            summary=f"Words changed: {new.text}",
        )
        for severity, section in ((Severity.LOW, ()), (Severity.HIGH, ("History",)))
    )
    return Comparison(findings=findings, article=before.revision.article, before=before.revision, after=after.revision)


def fill(archive: Archive, *texts: str | None, judged: bool = False) -> None:
    """Register the page and commit a check for each text; None is a text that the wiki hides.

    What is found is what the real pipeline finds where it is `judged`, else what `differing_words` does.
    """
    texts = [
        Snapshot(revision=a_revision(number, text_hidden=text is None), wikitext=text)
        for number, text in enumerate(texts, start=1)
    ]
    store_all(archive, PAGE, texts, compare if judged else differing_words, NOW)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    (tmp_path / "archive.db").write_bytes(empty_database())
    with Archive(f"sqlite:///{tmp_path / 'archive.db'}") as opened:
        yield opened


@pytest.fixture
def watchlist(tmp_path: Path) -> Watchlist:
    return a_watchlist(tmp_path, ("Bridge tolls", "Harbours"))


def sign_in(client: WebClient, scope: Scope, name: str = "reviewer") -> WebClient:
    """Give a client the session of a user with this scope; its forms are proved by a header, as scripts do it."""
    doors = client.app.state.authenticator
    if doors.accounts.user(name) is None:
        doors.accounts.add_user(User(name=name, scope=scope, at=NOW, password="!"))
    secret, now = doors.new_token(), doors.now()
    doors.accounts.open_session(secret, name, now, now + timedelta(days=1))
    client.cookies.set("watcher_session", secret)
    client.headers["x-csrf-token"] = csrf_token(secret)
    return client


@pytest.fixture
def visit(archive: Archive, watchlist: Watchlist) -> Visit:
    """A browser in front of the pages, signed in with a scope; None: nobody."""

    def client(
        *texts: str | None,
        host: str = "127.0.0.1:8080",
        at: datetime = NOW,
        scope: Scope | None = Scope.ADMIN,
        **changes: Any,
    ) -> WebClient:
        fill(archive, *texts)
        site = a_site(archive, replace(watchlist, **changes), compare=differing_words, now=lambda: at)
        record_history(archive, PAGE, Dialect(), at)
        made = WebClient(site, base_url=f"http://{host}", follow_redirects=False)
        return made if scope is None else sign_in(made, scope)

    return client


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WikiHarness]:
    """The wiki and what was found there, made once; tests get copies of the database."""
    with small_wiki(tmp_path_factory.mktemp("history")) as made:
        made.edit_and_check(TEXT, "Low tide")
        for text in (TEXT.replace("21 million", "19 million"), TEXT.replace("21 million", "30 million"), CHANGED):
            made.edit_and_check(text)
        yield made


@pytest.fixture
def world(history: WikiHarness, tmp_path: Path) -> WikiHarness:
    shutil.copy(history.folder / "watcher.db", tmp_path)
    history.wiki.recover()
    history.wiki.requests.clear()
    return WikiHarness(tmp_path, history.wiki, history.clock)


@pytest.fixture
def site(world: WikiHarness) -> Iterator[FastAPI]:
    with world.services() as services:
        yield create_app(services)


@pytest.fixture
def asking(site: FastAPI) -> Visit:
    """A program with a token of some scope; None: without any."""

    def client(scope: Scope | None = Scope.ADMIN) -> WebClient:
        made = WebClient(site, base_url="http://127.0.0.1", raise_server_exceptions=False)
        if scope is not None:
            accounts = site.state.authenticator.accounts
            if accounts.token(f"secret-{scope}") is None:
                accounts.add_token(
                    ApiToken(name=f"bot-{scope}", scope=scope, at=site.state.authenticator.now()), f"secret-{scope}"
                )
            made.headers["authorization"] = f"Bearer secret-{scope}"
        return made

    return client


@pytest.fixture
def bot(asking: Visit) -> WebClient:
    return asking()
