"""Provide a real MediaWiki for the tests of this folder; skip them with the reason if none can run."""

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.mediawiki.wiki import RealWiki, Session, png
from watcher.fetch import WikiClient


@pytest.fixture(scope="session")
def real_wiki(tmp_path_factory: pytest.TempPathFactory, installed_wiki: Path) -> Iterator[RealWiki]:
    """One wiki for all tests: each uses its own titles."""
    with RealWiki(tmp_path_factory.mktemp("mediawiki"), installed=installed_wiki) as wiki:
        yield wiki


@pytest.fixture
def wiki(real_wiki: RealWiki) -> Iterator[RealWiki]:
    """The wiki, with its switches reset before and after."""
    yield real_wiki
    real_wiki.switches()


@pytest.fixture(scope="session")
def admin(real_wiki: RealWiki) -> Iterator[Session]:
    with real_wiki.session("Admin") as session:
        yield session


@pytest.fixture(scope="session")
def alice(real_wiki: RealWiki) -> Iterator[Session]:
    with real_wiki.session("Alice") as session:
        yield session


@pytest.fixture
def title() -> str:
    """A title that no other test uses."""
    return f"Page of test {next(_numbers)}"


class WarnedClient(WikiClient):
    """A client that remembers each warning in the wiki's answers."""

    warnings: tuple[str, ...] = ()

    def request(self, *question: Any, **more: Any) -> dict[str, Any]:
        answer = super().request(*question, **more)
        self.warnings += tuple(f"{module}: {text}" for module, text in answer.get("warnings", {}).items())
        return answer


@pytest.fixture
def new_client(real_wiki: RealWiki) -> Iterator[Callable[..., WarnedClient]]:
    """Makes clients of the wiki that never wait."""
    made: list[WarnedClient] = []

    def make(**more: Any) -> WarnedClient:
        given: dict[str, Any] = {
            "api_url": real_wiki.api_url,
            "wiki": "real",
            "contact": "tests@example.org",
            "allowed_hosts": ["127.0.0.1"],
            "sleep": lambda _: None,
            "now": lambda: datetime.now(UTC),
        }
        made.append(WarnedClient(**(given | more)))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(new_client: Callable[..., WarnedClient]) -> WarnedClient:
    return new_client()


@pytest.fixture(scope="session")
def image() -> Callable[[int], bytes]:
    """Return a PNG of one colour."""
    return png


@pytest.fixture(scope="session")
def crossroads(alice: Session) -> dict[str, int]:
    """Pages and redirects of every kind; their page ids."""
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


_numbers = itertools.count(1)
