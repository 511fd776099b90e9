"""Test what a real MediaWiki says of accounts, and that the replay says it alike."""

import httpx
import pytest

from tests.mediawiki.wiki import RealWiki, article_of
from tests.simulators import FakeWikiServer, WikiStore
from watcher.fetch import WikiClient
from watcher.services.context import clock

pytestmark = pytest.mark.mediawiki

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
