"""Provide the review pages over a real archive on SQLite, with three revisions of one article."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from snapshots import Archive, CheckResult, Scope, User
from tests.databases import empty_database
from tests.web_client import WebClient
from watcher.config import Watch, Watchlist, WikiSite
from watcher.config.validators import Secret
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
from watcher.pipeline import compare as compare_snapshots
from watcher.services.ledger import record_history
from watcher.web import create_app
from watcher.web.auth.authentication import csrf_token

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
POLICY = Policy()
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


def a_watchlist(path: Path, **more: Any) -> Watchlist:
    return Watchlist(
        path=path,
        contact="ops@example.org",
        database=Secret("sqlite:///archive.db"),
        reports=path,
        wikis=(WikiSite(name="en", api="https://wiki.example.org/w/api.php"),),
        watches=(Watch(wiki="en", title="Bridge tolls"), Watch(wiki="en", title="Harbours")),
        **more,
    )


def fill(archive: Archive, *texts: str | None, judged: bool = False) -> None:
    """Register the page and commit a check for each text; None is a text that the wiki hides.

    What is found is what the real pipeline finds where it is `judged`, else what `differing_words` does.
    """
    compare = compare_snapshots if judged else differing_words
    archive.articles.register(PAGE, NOW)
    before: Snapshot | None = None
    for number, text in enumerate(texts, start=1):
        after = Snapshot(revision=a_revision(number, text_hidden=text is None), wikitext=text)
        comparison = compare(before, after, policy=POLICY, dialect=Dialect()) if before else None
        archive.comparisons.commit(
            CheckResult(
                article=PAGE,
                before=before.revision if before else None,
                after=after.revision,
                now=NOW,
                snapshots=(after,),
                comparison=comparison,
            )
        )
        before = after
    archive.articles.record_check(PAGE, NOW, None)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    (tmp_path / "archive.db").write_bytes(empty_database())
    with Archive(f"sqlite:///{tmp_path / 'archive.db'}") as opened:
        yield opened


@pytest.fixture
def watchlist(tmp_path: Path) -> Watchlist:
    return a_watchlist(tmp_path)


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
def visit(archive: Archive, watchlist: Watchlist) -> Callable[..., WebClient]:
    """A browser in front of the pages, signed in with a scope; None: nobody."""

    def client(
        *texts: str | None,
        host: str = "127.0.0.1:8080",
        at: datetime = NOW,
        scope: Scope | None = Scope.ADMIN,
        **changes: Any,
    ) -> WebClient:
        fill(archive, *texts)
        site = create_app(archive, replace(watchlist, **changes), compare=differing_words, now=lambda: at)
        record_history(archive, PAGE, Dialect(), at)
        made = WebClient(site, base_url=f"http://{host}", follow_redirects=False)
        return made if scope is None else sign_in(made, scope)

    return client
