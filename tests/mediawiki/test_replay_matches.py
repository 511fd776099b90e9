"""Test that the demo's wiki answers as a real MediaWiki does."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.cases import table
from tests.mediawiki.wiki import RealWiki, Session
from tests.simulators import FakeWikiServer, WikiStore

pytestmark = pytest.mark.mediawiki


@dataclass(frozen=True)
class Twins:
    """Both wikis after the same life; `real_ids` and `replay_ids` are revision ids in the same order."""

    real: RealWiki
    replay: FakeWikiServer
    real_ids: list[int]
    replay_ids: list[int]
    real_pages: dict[str, int]
    replay_pages: dict[str, int]


def live_real(wiki: RealWiki, admin: Session, image: Callable[[int], bytes]) -> list[int]:
    made = [admin.edit("Twin", f"Text {number}: café.", f"step {number}") for number in range(3)]
    with wiki.session("Vandal") as vandal:
        made.append(vandal.edit("Twin", "Bad.", "bad"))
    made.append(admin.edit("Twin", "Good.", "good", minor="1"))
    admin.hide([made[3]], "content|user|comment")
    wiki.import_history(
        "Old twin",
        [
            {"at": f"2020-01-01T00:00:{second:02}Z", "text": f"Old {number}" + " word" * 100, "comment": "c"}
            for number, second in enumerate((0, 0, 5, 7))
        ],
    )
    wiki.import_history("Old twin", [{"at": "2020-01-01T00:00:06Z", "text": "Between.", "comment": "c"}])
    admin.edit("Moving twin", "Moves.", "start")
    admin.move("Moving twin", "Moved twin")
    admin.edit("Way of twins", "#REDIRECT [[Twin#Part]]", "way")
    admin.edit("Circle of twins", "#REDIRECT [[Circle of twins 2]]", "way")
    admin.edit("Circle of twins 2", "#REDIRECT [[Circle of twins]]", "way")
    admin.edit("Way out of twins", "#REDIRECT [[wikipedia:Foo]]", "way")
    for colour in (11, 12):
        admin.upload("Twin chart.png", image(colour))
    admin.upload("Twin other.png", image(13))
    admin.edit("File:Twin old name.png", "#REDIRECT [[File:Twin chart.png]]", "way")
    return made


def live_replay(store: WikiStore, image: Callable[[int], bytes]) -> list[int]:
    made = [store.edit("Twin", f"Text {n}: café.", editor="Admin", comment=f"step {n}") for n in range(3)]
    made.append(store.edit("Twin", "Bad.", editor="Vandal", comment="bad"))
    made.append(store.edit("Twin", "Good.", editor="Admin", comment="good", minor=True))
    store.hide(made[3], "content", "user", "comment")
    for number, second in enumerate((0, 0, 5, 7)):
        at = datetime(2020, 1, 1, 0, 0, second, tzinfo=UTC)
        store.edit("Old twin", f"Old {number}" + " word" * 100, editor="Alice", comment="c", at=at)
    store.edit("Old twin", "Between.", editor="Alice", comment="c", at=datetime(2020, 1, 1, 0, 0, 6, tzinfo=UTC))
    store.edit("Moving twin", "Moves.", editor="Admin", comment="start")
    store.move("Moving twin", "Moved twin", editor="Admin")
    for name, target in (
        ("Way of twins", "Twin#Part"),
        ("Circle of twins", "Circle of twins 2"),
        ("Circle of twins 2", "Circle of twins"),
        ("Way out of twins", "wikipedia:Foo"),
    ):
        store.edit(name, f"#REDIRECT [[{target}]]", editor="Admin", comment="way", tags=("mw-new-redirect",))
    for colour in (11, 12):
        store.upload("Twin chart.png", image(colour))
    store.upload("Twin other.png", image(13))
    store.edit("File:Twin old name.png", "#REDIRECT [[File:Twin chart.png]]", editor="Admin", comment="way")
    return made


NAMES = (
    "Twin", "Old twin", "Moved twin", "Moving twin", "Way of twins", "Circle of twins", "Way out of twins",
)  # fmt: skip


@pytest.fixture(scope="module")
def twins(real_wiki: RealWiki, admin: Session, image: Callable[[int], bytes]) -> Iterator[Twins]:
    store = WikiStore(now=lambda: datetime.now(UTC))
    store.edit("Main Page", "Welcome.")
    made = live_real(real_wiki, admin, image)
    with FakeWikiServer(store) as replay:
        replayed = live_replay(store, image)
        pages = admin.ask(prop="info", titles="|".join(NAMES))["query"]["pages"]
        yield Twins(
            real_wiki, replay, made, replayed,
            {page["title"]: page["pageid"] for page in pages},
            {name: store.by_title[name].id for name in NAMES},
        )  # fmt: skip


SHORT = {
    "WALK": "WHOLE&rvdir=newer&rvlimit=50",
    "WHOLE": "REVISIONS&rvprop=EVERYTHING",
    "REVISIONS": "prop=revisions&rvslots=main",
    "IMAGES": "prop=imageinfo&iiprop=sha1&iilimit=1",
    "EVERYTHING": "NO_TEXT|content",
    "NO_TEXT": "ids|timestamp|user|comment|size|sha1|tags|flags|contentmodel",
    "NAMES": "|".join(NAMES),
}


def read_question(text: str) -> dict[str, str]:
    for short, long in SHORT.items():
        text = text.replace(short, long)
    return dict(part.split("=", 1) for part in text.split("&") if part)


QUESTIONS = {name: read_question(text) for name, text in table(__file__, "questions").items()}
QUESTIONS["51 titles"] = {"prop": "info", "titles": "|".join(f"T{number}" for number in range(51))}


def asked(question: dict[str, str], revisions: list[int], pages: dict[str, int]) -> dict[str, str]:
    """`question` with the ids of one of the twins."""

    def filled(value: str) -> str:
        parts = []
        for part in value.split("|"):
            known = re.fullmatch(r"R(\d)", part)
            parts.append(str(revisions[int(known.group(1))]) if known else part)
            if part.startswith("P:"):
                parts[-1] = str(pages[part[2:]])
        return "|".join(parts)

    always = {"action": "query", "format": "json", "formatversion": "2", "errorformat": "bc", "maxlag": "5"}
    return always | {name: filled(value) for name, value in question.items()}


# What no client of ours reads; of a page, unlike a revision, neither its content model.
UNREAD = frozenset(
    "contentformat docref imagerepository length new pagelanguage pagelanguagedir pagelanguagehtmlcode "
    "restrictiontypes tofragment tointerwiki".split()
)
UNREAD_OF_PAGES = UNREAD | {"contentmodel"}
KINDS = {"revid": "revision", "lastrevid": "revision", "parentid": "revision", "pageid": "page"}


class Normal:
    """Gives ids and times the numbers of their first appearance, and lists of titles one order."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, Any], str] = {}

    def __call__(self, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            unread = UNREAD_OF_PAGES if "title" in value else UNREAD
            return {name: self(part, name) for name, part in sorted(value.items()) if name not in unread}
        if isinstance(value, list):
            ordered = value if key == "revisions" else sorted(value, key=lambda part: json.dumps(_name(part)))
            return [self(part, key) for part in ordered]
        if key in KINDS and 0 < value < 99_000_000:
            return self.seen.setdefault((KINDS[key], value), f"{KINDS[key]} {len(self.seen)}")
        if key == "rvcontinue":
            return [
                self(int(part), "revid") if part.isdecimal() and len(part) < 14 else part for part in value.split("|")
            ]
        # Lives of today; imported ones keep their time.
        if key in ("timestamp", "touched", "iistart") and not value.startswith("2020"):
            return "a time"
        return value


def pretty(got: Any) -> str:
    return json.dumps(Normal()(got), indent=1, ensure_ascii=False)


def _name(part: Any) -> Any:
    return part.get("title", part.get("from", part.get("pageid"))) if isinstance(part, dict) else part


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_replay_answers_as_mediawiki_does(twins: Twins, name: str) -> None:
    real = httpx.get(
        twins.real.api_url, params=asked(QUESTIONS[name], twins.real_ids, twins.real_pages), trust_env=False
    )
    replay = httpx.get(
        twins.replay.api_url, params=asked(QUESTIONS[name], twins.replay_ids, twins.replay_pages), trust_env=False
    )
    # As text, for a failure then shows the lines that differ.
    assert pretty(replay.json()) == pretty(real.json())
    for header in ("content-type", "mediawiki-api-error", "retry-after", "x-database-lag"):
        assert replay.headers.get(header) == real.headers.get(header), header
    assert replay.status_code == real.status_code


def test_a_walk_continues_alike(twins: Twins) -> None:
    walks = []
    for url, pages in ((twins.real.api_url, twins.real_pages), (twins.replay.api_url, twins.replay_pages)):
        rest: dict[str, str] = {}
        texts, steps = [], 0
        while True:
            question = asked(QUESTIONS["two of a history"], [], pages) | rest
            got = httpx.get(url, params=question, trust_env=False).json()
            texts += [r["slots"]["main"]["content"][:5] for r in got["query"]["pages"][0]["revisions"]]
            steps += 1
            rest = got.get("continue", {})
            if not rest:
                break
        walks.append((texts, steps))
    assert walks[0] == walks[1]
    assert walks[0] == (["Old 0", "Old 1", "Old 2", "Betwe", "Old 3"], 3)


def test_an_answer_is_cut_short_alike(twins: Twins) -> None:
    answers = []
    try:
        twins.real.switches(largest=1500)
        twins.replay.largest = 1500
        for url, pages in ((twins.real.api_url, twins.real_pages), (twins.replay.api_url, twins.replay_pages)):
            question = asked(QUESTIONS["a history with one second twice"], [], pages)
            answers.append(pretty(httpx.get(url, params=question, trust_env=False).json()))
    finally:
        twins.real.switches()
        twins.replay.largest = 8 << 20
    assert answers[1] == answers[0]
    assert "truncated" in answers[0]


@pytest.mark.parametrize("lag", [4.5, 7.25, 30])
def test_lag_is_reported_alike(twins: Twins, lag: float) -> None:
    question = asked(QUESTIONS["newest without text"], [], {"Twin": 1})
    try:
        twins.real.switches(lag=lag)
        twins.replay.lag = lag
        real = httpx.get(twins.real.api_url, params=question, trust_env=False)
        replay = httpx.get(twins.replay.api_url, params=question, trust_env=False)
    finally:
        twins.real.switches()
        twins.replay.recover()
    assert replay.json().get("error", {}).get("info") == real.json().get("error", {}).get("info")
    for header in ("mediawiki-api-error", "retry-after", "x-database-lag"):
        assert replay.headers.get(header) == real.headers.get(header)


def test_what_the_replay_shows_of_itself_has_the_shape_of_mediawiki_s(twins: Twins) -> None:
    question = asked({"meta": "siteinfo", "siprop": "general|namespaces|namespacealiases|interwikimap"}, [], {})
    real = httpx.get(twins.real.api_url, params=question, trust_env=False).json()["query"]
    replay = httpx.get(twins.replay.api_url, params=question, trust_env=False).json()["query"]
    assert replay.keys() == real.keys()
    assert replay["general"].keys() <= real["general"].keys()
    for number, space in replay["namespaces"].items():
        own = {"name"} if space.get("canonical", "").startswith("Project") else set()
        assert {k: v for k, v in space.items() if k not in own}.items() <= real["namespaces"][number].items()
    for part in ("namespacealiases", "interwikimap"):
        assert replay[part][0].keys() <= real[part][0].keys()
