"""Test edits of several people within one check on a real MediaWiki: each finding names its own editor."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.mediawiki.wiki import RealWiki, article_of
from tests.simulators import FakeWikiServer, WebhookReceiver, WikiStore
from tests.smtp_server import PostOffice
from tests.watcher.web.conftest import WebClient
from watcher.fetch import WikiClient
from watcher.services.check import check
from watcher.services.context import clock
from watcher.services.delivery import deliver_due
from watcher.services.startup import open_context
from watcher.web.app import create_app

pytestmark = pytest.mark.mediawiki

SUBJECTS = ("boats", "sailors", "harbours", "lighthouses", "pilots")
EDITORS = ("Alice", "Bob", "Newcomer", "Tide Bot", None)  # None: nobody is signed in
ADDRESS = "127.0.0.1"
NAMES = tuple(name or ADDRESS for name in EDITORS)
KINDS = {"Alice": "registered", "Bob": "registered", "Newcomer": "new", "Tide Bot": "bot", ADDRESS: "unregistered"}


def an_article(changed: int) -> str:
    """An article in which the first statistics, as many as `changed`, have other values."""
    return "".join(
        f"== About {subject} ==\nIn 2012 the survey counted {number + (4 if number - 21 < changed else 0)} million "
        f"{subject}.<ref>https://survey.example.org/{subject}</ref>\n\n"
        for number, subject in enumerate(SUBJECTS, 21)
    )


VALUES = {f"{number + 4} million {subject}": NAMES[number - 21] for number, subject in enumerate(SUBJECTS, 21)}
"""What each editor wrote."""


@dataclass(frozen=True, kw_only=True)
class FiveEdits:
    """What was sent about the five edits, and the review pages."""

    site: WebClient
    payload: dict[str, Any]
    mail: str
    ids: list[int]


def editor_beside(text: str, value: str) -> str:
    """The first of the editors' names after a value that a page shows; addresses of links are no names."""
    shown = re.sub("<[^>]*>", "", text)
    rest = shown[shown.index(value) :]
    return min((name for name in NAMES if name in rest), key=rest.index)


@pytest.fixture(scope="module")
def aged(real_wiki: RealWiki) -> RealWiki:
    """The wiki with accounts that are not new, all but one."""
    for name in ("Alice", "Bob", "Tide Bot"):
        real_wiki.describe_account(name, "20150101000000", 500)
    real_wiki.describe_account("Newcomer", "20150101000000", 3)
    return real_wiki


def edit_as(wiki: RealWiki, editor: str | None, title: str, text: str) -> int:
    flags = {"Bob": {"minor": "1"}, "Tide Bot": {"bot": "1"}}.get(editor or "", {})
    with wiki.session(editor) as session:
        return session.edit(title, text, f"figures of {editor or 'a reader'}", **flags)


@pytest.fixture(scope="module")
def five_edits(aged: RealWiki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FiveEdits]:
    title = "Five edits"
    with WebhookReceiver() as receiver, PostOffice() as office:
        path = tmp_path_factory.mktemp("edits") / "watchlist.toml"
        path.write_text(
            f'[watcher]\ncontact = "mailto:tests@example.org"\nbase_url = "http://127.0.0.1:8765"\ngroup_by = []\n'
            f'[[wiki]]\nname = "real"\napi = "{aged.api_url}"\n[[watch]]\ntitle = "{title}"\nsettle = "0"\n'
            f'[[destination]]\nname = "hook"\nurl = "{receiver.url}"\npayload = "json"\n'
            f'[[destination]]\nname = "mail"\nurl = "{office.url}"\n'
        )
        edit_as(aged, "Alice", title, an_article(0))
        with open_context(path, os.environ, now=clock) as services:
            list(check(services, services.watchlist.watches))
            ids = [edit_as(aged, name, title, an_article(number)) for number, name in enumerate(EDITORS, 1)]
            list(check(services, services.watchlist.watches))
            assert deliver_due(services).errors == ()
            (mail,) = office.mails
            body = mail.get_body(("html",))
            assert body
            (request,) = receiver.requests
            site = WebClient(create_app(services), base_url="http://127.0.0.1:8765")
            yield FiveEdits(payload=request.json, mail=body.get_content(), site=site, ids=ids)


def test_each_finding_is_sent_with_its_own_editor(five_edits: FiveEdits) -> None:
    findings = five_edits.payload["alerts"][0]["findings"]
    assert [len(finding["edits"]) for finding in findings] == [1] * 5
    assert {finding["new"]["text"]: finding["edits"][0]["editor"] for finding in findings} == VALUES
    edits = {finding["edits"][0]["id"]: finding["edits"][0] for finding in findings}
    assert [edits[number]["account"] for number in five_edits.ids] == list(KINDS.values())
    assert [edits[number]["bot"] for number in five_edits.ids] == [False, False, False, True, None]
    assert [edits[number]["minor"] for number in five_edits.ids] == [False, True, False, False, False]
    assert {value: editor_beside(five_edits.mail, value) for value in VALUES} == VALUES
    mail = re.sub("<[^>]*>", "", five_edits.mail)
    for shown in ("Bob (minor edit)", "Newcomer (new account)", "Tide Bot (bot)", f"{ADDRESS} (unregistered)"):
        assert shown in mail


def test_each_finding_is_shown_with_its_own_editor(five_edits: FiveEdits) -> None:
    site = five_edits.site
    items = site.get("/api/v1/findings").json()["items"]
    revisions = {item["summary"].partition(" → ")[2].partition(" (")[0]: item["finding"]["revision"] for item in items}
    assert {value: revision["editor"] for value, revision in revisions.items()} == VALUES
    assert {revision["editor"]: revision["account"] for revision in revisions.values()} == KINDS
    for value, name in VALUES.items():
        (item,) = site.get("/api/v1/findings", params={"editor": name}).json()["items"]
        assert value in item["summary"]
        page = site.get(f"/finding/{item['id']}").text
        assert name in re.sub("<[^>]*>", "", page.partition('id="edit-title"')[2].partition("</section>")[0])
    queue = site.get("/").text
    assert {value: editor_beside(queue, value) for value in VALUES} == VALUES
    report = site.get(f"/comparison/{items[0]['comparison_id']}").text.partition('id="findings"')[2]
    assert {value: editor_beside(report, value) for value in VALUES} == VALUES
    for shown in ("Tide Bot</a> (bot; ", "Newcomer</a> (new account; ", f"{ADDRESS}</a> (unregistered)"):
        assert shown in re.sub("</?bdi>", "", report)


def test_a_temporary_account_is_named_as_such(aged: RealWiki, client: WikiClient, title: str) -> None:
    aged.switches(temporary=True)
    try:
        edit_as(aged, None, title, an_article(0))
    finally:
        aged.switches()
    (snapshot,) = client.history(article_of(client, title))
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
