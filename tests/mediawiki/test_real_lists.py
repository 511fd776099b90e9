"""Test lists of pages on a real MediaWiki: their members, the number of requests, and no alert for joining."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.mediawiki.wiki import RealWiki, Session
from tests.simulators import serve_answers
from watcher.cli import main
from watcher.config import remove_watch
from watcher.errors import Missing
from watcher.fetch import WikiClient
from watcher.fetch.pages import PageList
from watcher.fetch.transport import Login
from watcher.services.alerting.operator_alerts import queue_operator_alerts
from watcher.services.checks.check import check
from watcher.services.checks.page_lists import refresh_lists
from watcher.services.context import AppContext
from watcher.services.operations.startup import open_context

pytestmark = pytest.mark.mediawiki


class Traffic:
    """Counts requests."""

    def __init__(self) -> None:
        self.requests = 0

    def on_request(self, *_: object) -> None:
        self.requests += 1

    def on_wait(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def coast(real_wiki: RealWiki, alice: Session) -> str:
    """Categories that contain each other, a list page, a banner on talk pages, a redirect; the first category."""
    texts = {
        "Category:Coast": "[[Category:Lights]]",
        "Category:Lights": "[[Category:Coast]]",
        "Old light": "A light of 1850. [[Category:Coast]]",
        "New light": "A light of 1950. [[Category:Lights]]",
        "Far light": "A light of 1999.",
        "First light": "#REDIRECT [[Old light]]\n[[Category:Coast]]",
        "List of lights": "* [[Old light]]\n* [[First light]]\n* [[New light]]\n* [[Light to come]]\n* [[Help:Light]]",
        "Template:Coast project": "A project's banner.",
        "Talk:Old light": "{{Coast project}}",
        "Talk:First light": "{{Coast project}}",
        "Talk:Light to come": "{{Coast project}}",
        "New light/Keeper": "A keeper. {{Coast project}}",
    }
    for name, text in texts.items():
        alice.edit(name, text)
    real_wiki.maintain("runJobs", "--quiet")
    return "Coast"


def titles(client: WikiClient, kind: str, name: str, **more: Any) -> list[str]:
    pages = client.members(PageList(kind=kind, name=name, **more))
    return sorted({article.title for batch in pages for article in batch})


def test_each_kind_of_list_has_its_articles_without_redirects_and_missing_pages(
    coast: str, new_client: Callable[..., WikiClient]
):
    cases: list[tuple[str, str, dict[str, Any], list[str], int]] = [
        ("category", coast, {}, ["Old light"], 1),
        ("category", coast, {"depth": 5}, ["New light", "Old light"], 2),
        ("links", "List of lights", {}, ["New light", "Old light"], 1),
        ("template", "Coast project", {}, ["New light/Keeper", "Old light"], 2),
        ("prefix", "New li", {}, ["New light", "New light/Keeper"], 2),
        ("prefix", "Category:Li", {}, ["Category:Lights"], 2),
    ]
    for kind, name, more, expected, requests in cases:
        traffic = Traffic()
        client = new_client(traffic=traffic)
        assert (kind, titles(client, kind, name, **more), traffic.requests) == (kind, expected, requests)


def test_a_list_without_pages_is_refused_by_name(coast: str, client: WikiClient):
    assert coast
    for kind, name in (("category", "No such"), ("links", "No such"), ("template", "No such"), ("prefix", "No such")):
        with pytest.raises(Missing, match=f"{kind} 'No such' on real: has no page that can be watched"):
            titles(client, kind, name)


class World:
    """A watchlist with lists of the real wiki, a clock, and what is found out by a pass."""

    def __init__(self, folder: Path, wiki: RealWiki) -> None:
        self.path, self.wiki, self.time = folder / "watchlist.toml", wiki, datetime.now(UTC)

    def write(self, *watches: str, login: str = "") -> None:
        self.path.write_text(
            '[watcher]\ncontact = "mailto:tests@example.org"\nallowed_hosts = ["127.0.0.1"]\ngroup_by = []\n\n'
            f'[[wiki]]\nname = "real"\napi = "{self.wiki.api_url}"\n{login}\n'
            + "".join(f'\n[[watch]]\nsettle = "0"\n{watch}\n' for watch in watches)
            + '\n[[destination]]\nname = "inbox"\nurl = "json://127.0.0.1:9/"\n',
            encoding="utf-8",
        )

    def run(self, step: Callable[[AppContext], Any], **environ: str) -> Any:
        """One step, a day later: all lists are due."""
        self.time += timedelta(days=1)
        with open_context(self.path, environ, now=lambda: self.time, sleep=lambda _: None, attempts=1) as services:
            return step(services)

    def check(self, **environ: str) -> tuple[list[str], list[str], int]:
        """The lines about lists, the outcomes of checks as `state title`, and how many alerts are queued in all."""

        def step(services: AppContext) -> tuple[list[str], list[str], int]:
            lines = [refreshed.line for refreshed in refresh_lists(services)]
            outcomes = [outcome for batch in services.index.batches() for outcome in check(services, batch)]
            states = sorted(f"{outcome.state.value} {outcome.watch.title}" for outcome in outcomes)
            return lines, states, len(services.archive.outbox.newest())

        return self.run(step, **environ)  # type: ignore[no-any-return]


@pytest.fixture
def world(tmp_path: Path, wiki: RealWiki) -> World:
    return World(tmp_path, wiki)


def test_members_join_without_an_alert_leave_and_come_back(world: World, alice: Session):
    text = "In 2012, the survey counted 21 million boats in all harbours. [[Category:Harbours{}]]"
    for name in ("Harbour east", "Harbour west"):
        alice.edit(name, text.format(""))
    world.write('category = "Harbours"')
    assert world.check() == (
        ["category:Harbours: 2 members, 2 joined"],
        ["baseline Harbour east", "baseline Harbour west"],
        0,
    )
    alice.edit("Harbour north", text.format(""))  # joins
    alice.edit("Harbour east", text.format(" of old"))  # leaves
    lines, outcomes, alerts = world.check()
    assert lines == ["category:Harbours: 2 members, 1 joined, 1 left"]
    assert (outcomes, alerts) == (["baseline Harbour north", "unchanged Harbour west"], 0)
    alice.edit("Harbour east", text.format("").replace("21 million", "25 million"))  # comes back, with another figure
    lines, outcomes, alerts = world.check()
    assert lines == ["category:Harbours: 3 members, 1 came back"]
    assert (outcomes[0], alerts) == ("alert Harbour east", 1)


def test_a_category_or_the_pages_in_it_are_added_listed_and_removed(
    world: World, alice: Session, capsys: pytest.CaptureFixture[str]
):
    alice.edit("Category:Sluices", "All sluices.")
    alice.edit("Sluice", "A sluice of 1820. [[Category:Sluices]]")
    world.write('title = "Sluice of old"')

    def run(*words: str) -> tuple[object, str]:
        with pytest.raises(SystemExit) as ended:
            main([*words, "--watchlist", str(world.path)])
        return ended.value.code, "".join(capsys.readouterr())

    code, text = run("add", "Category:Sluices")
    assert (code, "say which is meant, --page for the page itself or --members" in text) == (2, True)
    assert run("add", "--page", "Category:Sluices")[0] == 0
    assert run("add", "--members", "Category:Sluices", "Category:No such")[0] == 2
    assert world.check()[0] == ["category:Sluices: 1 members, 1 joined"]
    listed = 'real  Sluice of old  settle = "0"\nreal  Category:Sluices\nreal  category:Sluices  1 member\n'
    assert run("list") == (0, listed)
    code, text = run("status")
    assert (code, "≡ category:Sluices: 1 members, read " in text) == (3, True)  # the page itself does not exist
    assert run("list", "category:Sluices") == (0, "Sluice\n")
    code, text = run("remove", "Sluice")
    assert (code, "or add it to `except` of 'category:Sluices'" in text) == (2, True)
    assert run("remove", "category:Sluices", "Category:Sluices")[0] == 0
    assert run("list") == (0, 'real  Sluice of old  settle = "0"\n')


def test_a_list_that_is_changed_is_followed_and_an_empty_one_is_not(world: World, alice: Session):
    for name in ("Buoy one", "Buoy two"):
        alice.edit(name, f"{name} is red.")
    alice.edit("List of buoys", "[[Buoy one]]")
    alice.edit("Talk:Buoy one", "{{Buoy project}}")
    alice.edit("Template:Buoy project", "A banner.")
    alice.edit("List of sections", "[[Buoy one]]\n== ''Red'' & old ==\n[[Buoy three]]\n=== Far ===\n[[Buoy two]]")
    world.write(*(f'links = "List of sections"\nsection = "{name}"' for name in ("red & old", "Blue")))
    lines, outcomes, _ = world.check()
    assert (lines[0], outcomes) == ("links:List of sections#red & old: 1 members, 1 joined", ["baseline Buoy two"])
    assert "links 'List of sections': has no section 'Blue'; correct it" in lines[1]
    assert "Blue" not in remove_watch(world.path.read_text("utf-8"), "real", "links:List of sections#Blue")
    (world.path.parent / "buoys.txt").write_text("# ours\nBuoy_one\nBuoy three\n", encoding="utf-8")
    world.write('file = "../elsewhere.txt"')
    assert "../elsewhere.txt: is outside the folder of the watchlist; move it there" in world.check()[0][0]
    world.write('links = "List of buoys"', 'template = "Buoy project"', 'file = "buoys.txt"')
    alike = [
        f"{key}: 1 members, 1 joined" for key in ("links:List of buoys", "template:Buoy project", "file:buoys.txt")
    ]
    assert world.check() == (alike, ["baseline Buoy one"], 0)
    alice.edit("List of buoys", "[[Buoy one]], [[Buoy two]]")
    alice.edit("Talk:Buoy two", "{{Buoy project}}")
    lines, outcomes, alerts = world.check()
    assert lines[:2] == [f"{key}: 2 members, 1 joined" for key in ("links:List of buoys", "template:Buoy project")]
    assert (outcomes, alerts) == (["unchanged Buoy one", "unchanged Buoy two"], 0)
    alice.edit("List of buoys", "(blanked)")
    (world.path.parent / "buoys.txt").write_text("Buoy three\n", encoding="utf-8")
    lines, outcomes, alerts = world.check()
    assert lines[0].startswith("links:List of buoys: links 'List of buoys' on real: has no page that can be watched")
    assert lines[2].startswith("file:buoys.txt: buoys.txt on real: has no page that can be watched")
    assert (outcomes, alerts) == (["unchanged Buoy one", "unchanged Buoy two"], 0)


def test_more_members_than_allowed_are_refused_and_the_others_stay(world: World, alice: Session):
    for name in ("Pier one", "Pier two", "Pier three"):
        alice.edit(name, "A pier. [[Category:Piers]]")
    world.write('category = "Piers"\nexcept = ["Pier t*"]')
    assert world.check()[0] == ["category:Piers: 1 members, 1 joined"]
    world.write('category = "Piers"\nlimit = 2')
    lines, outcomes, _ = world.check()
    (line,) = lines
    assert line.startswith("category:Piers: category:Piers on real: has more than 2 members; raise `limit` of its ")
    assert outcomes == ["unchanged Pier one"]
    assert world.run(lambda services: [source.error is not None for source in services.archive.members.sources()])


def test_search_watchlists_and_addresses_are_read_as_lists(
    world: World, alice: Session, real_wiki: RealWiki, bot_password: str
):
    for name in ("Lock one", "Lock two"):
        alice.edit(name, f"{name} is zylograph.")
    with real_wiki.session("Tide Bot") as bot:
        bot.do("watch", titles="Lock one|Lock to come", token=watch_token(bot))
        bot.do("options", optionname="watchlisttoken", optionvalue="t0ken-of-the-bot", token=bot.token)
    real_wiki.maintain("rebuildtextindex")  # of all pages: before there are 5000 more
    answers: dict[str, bytes | str] = {
        "/pagepile": b'{"wiki": "real", "pages": ["Lock_one", "Lock two"]}',
        "/petscan": b'{"*": [{"a": {"*": [{"title": "Lock_one", "namespace": 0}]}}]}',
    }
    with serve_answers(answers) as address:
        world.write(
            'search = "zylograph"', 'watchlist = "own"', 'watchlist = "Tide Bot"\ntoken = "env:TOKEN"',
            f'url = "{address}/pagepile"', f'url = "{address}/petscan"', f'url = "{address}/gone"', login=LOGIN,
        )  # fmt: skip
        lines, outcomes, alerts = world.check(BOT=bot_password, TOKEN="t0ken-of-the-bot")
    assert [line.partition(": ")[2] for line in lines[:5]] == [
        f"{count} members, {count} joined" for count in (2, 1, 1, 2, 1)
    ]
    assert "HTTP 404" in lines[5]
    assert (outcomes, alerts) == (["baseline Lock one", "baseline Lock two"], 0)
    assert world.run(lambda services: refresh_lists(services)[2].error, BOT=bot_password, TOKEN="t0ken-of-nobody")


@pytest.mark.slow
def test_a_category_of_5000_members_takes_ten_requests_or_one_with_higher_limits(
    real_wiki: RealWiki, bot_password: str, new_client: Callable[..., WikiClient]
):
    real_wiki.maintain("sql", text=many_members("Thousands", 5_000))
    traffic = Traffic()
    assert len(titles(new_client(traffic=traffic), "category", "Thousands")) == 5_000
    assert traffic.requests == 10
    traffic = Traffic()
    client = new_client(traffic=traffic, login=Login(username="Tide Bot@watcher", password=bot_password))
    assert len(client.latest(page_ids=range(10**6, 10**6 + 1_000))) == 1_000
    assert traffic.requests == 5  # token, login, rights, and two for the pages
    assert len(titles(client, "category", "Thousands")) == 5_000
    assert (traffic.requests, client.warnings) == (6, ())


def many_members(category: str, count: int) -> str:
    """SQL that makes pages of a category, as MediaWiki's tables have them; each has the text of the newest revision."""
    text = Path(__file__).with_name("many_members.sql").read_text(encoding="utf-8")
    made = f"page_title LIKE '{category}\\_%' ESCAPE '\\'"
    copied = "rev_comment_id, rev_actor, rev_timestamp, rev_minor_edit, rev_deleted, rev_len, rev_sha1"
    return text.format(category=category, count=count, made=made, copied=copied)


def membership_notices(services: AppContext) -> list[str]:
    """What the outbox holds about members of lists, oldest first."""
    queue_operator_alerts(services)
    alerts = [delivery.alert for delivery in services.archive.outbox.newest()][::-1]
    notices = [(alert.article.title, notice) for alert in alerts for notice in alert.notices]
    lines = [f"{title}: {notice.summary}" for title, notice in notices if notice.kind.value.startswith("list.")]
    return [re.sub(r"20[-0-9]+ [0-9]+:[0-9]+ UTC", "(time)", line) for line in lines]


def test_the_destinations_of_a_list_are_told_who_took_a_page_out_of_it_and_who_put_it_back(
    world: World, alice: Session, wiki: RealWiki
):
    text = "In 2012, the survey counted 21 million boats in all harbours. {}"
    for name in ("Lock east", "Lock west"):
        alice.edit(name, text.format("[[Category:Locks]]"))
    alice.edit("List of locks", "* [[Lock east]] [[Lock to come]]")
    world.write('category = "Locks"', 'links = "List of locks"')
    assert world.check()[2] == len(world.run(membership_notices)) == 0
    with wiki.session("Nobody") as stranger:
        stranger.edit("Lock west", text.format(""), summary="tidy")
    world.check()
    (left,) = world.run(membership_notices)
    assert left == "Lock west: the page left category:Locks, which ends its watch, by 127.0.0.1: “tidy”, (time)"
    alice.edit("Lock west", text.format("[[category: locks|w]]"), summary="belongs here")
    alice.edit("Lock west", text.format("[[category: locks|w]] More."))
    alice.edit("List of locks", "* [[Lock east]]\n* [[Lock west|the western one]] [[Lock to come]]", summary="both")
    world.check()
    assert world.run(membership_notices)[1:] == [
        "Lock west: the page came back to category:Locks, by Alice: “belongs here”, (time)",
        "Lock west: the page joined links:List of locks, by Alice: “both”, (time)",
    ]
    alice.edit("Lock to come", "A lock.")  # to which the list links already
    world.check()
    assert world.run(membership_notices)[-1] == "Lock to come: the page joined links:List of locks"


LOGIN = 'username = "Tide Bot@watcher"\npassword = "env:BOT"'


@pytest.fixture(scope="module")
def bot_password(real_wiki: RealWiki) -> str:
    """The bot password `watcher` of an account with higher limits."""
    password = "b0t" * 12
    grants = "basic,highvolume,viewmywatchlist"
    real_wiki.maintain("createBotPassword", "--appid", "watcher", "--grants", grants, "Tide Bot", password)
    return password


def watch_token(session: Session) -> str:
    return str(session.ask(meta="tokens", type="watch")["query"]["tokens"]["watchtoken"])


def test_a_private_wiki_behind_basic_authentication_is_watched(world: World, wiki: RealWiki, bot_password: str):
    wiki.switches(closed=True, basic="door:s3cret of the door")
    world.write('title = "Main Page"', login=f'{LOGIN}\nbasic_auth = "env:DOOR"')
    assert "HTTP 401" in world.run(refused, BOT=bot_password, DOOR="door:knock")
    assert world.check(BOT=bot_password, DOOR="door:s3cret of the door")[1] == ["baseline Main Page"]


def refused(services: AppContext) -> str:
    (outcome,) = check(services, services.watchlist.watches)
    assert "knock" not in outcome.text
    return outcome.text


def test_a_private_wiki_is_watched_by_an_account_whose_session_ends_in_the_middle(
    world: World, alice: Session, wiki: RealWiki, bot_password: str
):
    for number in range(3):
        alice.edit(f"Vault {number}", "In 2012, it held 21 million coins. [[Category:Vaults]]")
    wiki.switches(closed=True)
    world.write('category = "Vaults"')
    lines, outcomes, _ = world.check()
    assert "readapidenied" in lines[0]
    assert outcomes == []

    world.write('category = "Vaults"', login=LOGIN)
    assert world.check(BOT=bot_password)[1] == [f"baseline Vault {number}" for number in range(3)]
    alice.edit("Vault 0", "In 2012, it held 25 million coins. [[Category:Vaults]]")

    def pass_with_a_lost_session(services: AppContext) -> list[str]:
        refreshed = [result.error for result in refresh_lists(services)]
        wiki.maintain("invalidateUserSessions", "--user", "Tide Bot")
        outcomes = [outcome for batch in services.index.batches() for outcome in check(services, batch)]
        return [f"{outcome.state.value} {outcome.watch.title}" for outcome in outcomes] + [str(refreshed)]

    assert sorted(world.run(pass_with_a_lost_session, BOT=bot_password)) == [
        "[None]", "alert Vault 0", "unchanged Vault 1", "unchanged Vault 2",
    ]  # fmt: skip
