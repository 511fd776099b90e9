"""Kill every process again and again while pages change, and print a table of what is true in the end.

    python -m tests.chaos.run                            ten minutes, 500 pages
    python -m tests.chaos.run --seconds 50 --pages 60    the short form: two minutes in all on a machine that is free

Real parts: PostgreSQL, Prefect's server on it, two workers and a listener to edits on machines of their own (by name),
the replay wiki, a receiver. A worker is killed each minute with all its processes, the listener and Prefect's server
twice, PostgreSQL is restarted once, the wiki answers 503 for a while and later that its databases lag. The clock of one
worker is ten minutes ahead and, after its next start, behind (where libfaketime is installed). Half of the pages are a
list, which pages leave and come back to; of two workers, the one that just reads it is killed. Exits with 1 when a
promise was not kept.
"""

import argparse
import itertools
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from tests.chaos.destinations import Site
from tests.postgres import Cluster, Server, newest_binaries
from tests.simulators import FakeWikiServer, WebhookReceiver, WikiStore
from tests.waiting import wait_until

SEED = 20260304
LONG = 300.0  # seconds
TEXT = """'''Harbour {name}''' lies by the sea.

== Boats ==
In 2012, the survey counted {count} million boats in all harbours.<ref>{{{{cite web |title=Tidal survey
|url=https://survey.example.org/1}}}}</ref>

Every harbour keeps a table of its own on the wall.
"""
UNDONE = """
SELECT (SELECT count(*) FROM article a WHERE a.lease_owner IS NOT NULL)
     + (SELECT count(*) FROM delivery WHERE state = 'queued')
     + (SELECT count(*) FROM member WHERE NOT active)
     + (SELECT count(*) FROM watch_source WHERE lease_owner IS NOT NULL)
"""


def clock() -> datetime:
    return datetime.now(UTC)


def text_of(name: str, count: int) -> str:
    return TEXT.format(name=name, count=count)


@dataclass(slots=True)
class Story:
    """The log of the run, with the seconds since its start."""

    begun: float = field(default_factory=time.monotonic)
    kills: Counter[str] = field(default_factory=Counter)

    def report(self, what: str) -> None:
        print(f"{time.monotonic() - self.begun:7.1f} s  {what}", flush=True)


class Editors(threading.Thread):
    """Editors who change the figure of a random page, 1.5 times a second, until stopped."""

    def __init__(self, store: WikiStore, pages: int, pause: float) -> None:
        super().__init__(daemon=True)
        self._shelf, self._pages, self._pause = store, pages, pause
        self._lottery = random.Random(SEED)
        self._counts: Counter[int] = Counter()
        self.ended = threading.Event()
        self.edits = 0

    def run(self) -> None:
        while not self.ended.wait(self._lottery.expovariate(1 / self._pause)):
            page = self._lottery.randint(1, self._pages)
            self._counts[page] += self._lottery.randint(1, 9)
            self._shelf.edit(f"Sample {page}", text_of(str(page), 20 + self._counts[page]), editor="203.0.113.7")
            self.edits += 1


def plan(seconds: float) -> list[tuple[float, str]]:
    """Return the schedule of failures: (seconds from the start, failure)."""
    minute = min(60.0, seconds / 3)
    last = seconds if seconds >= LONG else 0.7 * seconds  # a short run could not recover in time from a late failure
    kills = [(minute * number, f"kill {number % 2}") for number in range(1, int(last / minute) + 1)]
    rest = [(0.25, "server"), (0.35, "503"), (0.5, "postgres"), (0.65, "server"), (0.75, "lag")]
    rest += [(0.3, "stream"), (0.6, "stream")]
    return sorted([(at - 1, what) for at, what in kills] + [(seconds * part, what) for part, what in rest])


@dataclass(slots=True, kw_only=True)
class Chaos:
    """All parts of the run."""

    site: Site
    postgres: Server
    wiki: FakeWikiServer
    receiver: WebhookReceiver
    database: str
    pages: int
    seconds: float
    story: Story

    def write_watchlist(self) -> None:
        watches = "".join(
            f'\n[[watch]]\nwiki = "w"\ntitle = "Sample {number}"\nsettle = "0"\nevery = "1m"\n'
            for number in range(2, self.pages + 1, 2)
        )
        self.write_list()
        (self.site.folder / "watchlist.toml").write_text(
            '[watcher]\ncontact = "mailto:tests@example.org"\ndatabase = "env:WATCHER_DATABASE"\n'
            f'allowed_hosts = ["127.0.0.1:{self.wiki.port}"]\ngroup_wait = "10s"\ngroup_interval = "20s"\n\n'
            f'[[wiki]]\nname = "w"\napi = "{self.wiki.api_url}"\nlanguage = "en"\n{watches}\n'
            '[[watch]]\nfile = "pages.txt"\nrefresh = "10s"\nsettle = "0"\nevery = "1m"\n\n'
            f'[[destination]]\nname = "inbox"\nurl = "{self.receiver.url}"\noperator = false\n',
            encoding="utf-8",
        )

    def write_list(self, left_out: int = 0) -> None:
        """Write the list with the other half of the pages; with `left_out`, without a fourth of them."""
        numbers = (number for number in range(1, self.pages + 1, 2) if number % 8 != left_out)
        draft = self.site.folder / "pages.new"
        draft.write_text("".join(f"Sample {number}\n" for number in numbers), encoding="utf-8")
        draft.replace(self.site.folder / "pages.txt")

    def set_up(self) -> None:
        """Start everything, and wait until every page has its baseline."""
        self.write_watchlist()
        self.story.report(f"start: {self.pages} pages, load {os.getloadavg()[0]:.1f}")
        self.site.server.start()
        done = self.site.run("watcher", "check", seconds=600)
        assert done.returncode == 0, done.stderr[-2000:]
        self.story.report("every page has its baseline")
        self.site.wait_for_server()
        if self.seconds >= LONG:
            self.site.deploy({"check": 30, "deliver": 40, "watchdog": 120}, reservation=120)
        else:
            self.site.deploy({"check": 12, "deliver": 15, "watchdog": 60}, reservation=30)
        self.story.report("deployed")
        for program in (*self.site.workers, self.site.stream):
            program.start()

    def go_wrong(self) -> None:
        begun, lists = time.monotonic(), itertools.cycle((1, 3, 5, 7))
        for at, what in plan(self.seconds):
            time.sleep(max(0.0, begun + at - time.monotonic()))
            self._do(what)
            self.write_list(left_out=next(lists))
        time.sleep(max(0.0, begun + self.seconds - time.monotonic()))
        self.write_list()

    def _do(self, what: str) -> None:
        kind, _, which = what.partition(" ")
        self.story.kills[kind] += 1
        short = self.seconds / 30
        actions: dict[str, Callable[[], None]] = {
            "kill": lambda: self._kill(int(which)),
            "server": self._restart_server,
            "stream": self._restart_stream,
            "postgres": self._restart_postgres,
            "503": lambda: self._mood("503", short, lambda: self.wiki.refuse(10**9, retry_after="2")),
            "lag": lambda: self._mood("maxlag", short, lambda: setattr(self.wiki, "lag", 30.0)),
        }
        actions[kind]()

    def _kill(self, number: int) -> None:
        reader = self._reader()
        worker = next((worker for worker in self.site.workers if reader.startswith(f"{worker.name}-")), None)
        self.story.kills["in a refresh"] += worker is not None
        worker = worker or self.site.workers[number]
        what = ", in the middle of a refresh" if reader else ""
        self.story.report(f"SIGKILL to {worker.name}{what}: {worker.kill()} processes")
        worker.start()
        if worker.skew:
            self.story.report(f"the clock of {worker.name} is wrong by {worker.skew}")

    def _reader(self) -> str:
        """Wait for a worker that reads the list, and return its name; "" if there is none."""
        end = time.monotonic() + self.seconds / 20
        while time.monotonic() < end:
            with suppress(psycopg.Error):
                for (owner,) in self.rows("SELECT lease_owner FROM watch_source WHERE lease_owner IS NOT NULL"):
                    return str(owner)
        return ""

    def _restart_server(self) -> None:
        self.story.report(f"SIGKILL to Prefect's server: {self.site.server.kill()} processes")
        self.site.server.start()

    def _restart_stream(self) -> None:
        self.story.report(f"SIGKILL to the listener: {self.site.stream.kill()} processes")
        self.site.stream.start()

    def _restart_postgres(self) -> None:
        self.postgres.stop()
        self.postgres.start()
        self.story.report("PostgreSQL restarted")

    def _mood(self, name: str, seconds: float, begin: Callable[[], None]) -> None:
        begin()
        self.story.report(f"the wiki answers {name} for {seconds:.0f} s")
        threading.Timer(seconds, self.wiki.recover).start()

    def revive_for_ever(self, ended: threading.Event) -> None:
        """Do what systemd does: restart a worker that ended because it could not reach its server."""
        while not ended.wait(3):
            for program in self.site.programs:
                if program.revive():
                    self.story.report(f"{program.name} had ended by itself; started again")

    def reap_for_ever(self, ended: threading.Event, silence: int) -> None:
        """Do what the systemd timer does."""
        while not ended.wait(45 if self.seconds >= LONG else 30):
            done = self.site.run("watcher", "reap", "--silence", f"{silence}s", "--pending", "60s", check=False)
            for line in done.stdout.splitlines():
                if "nothing to reap" not in line:
                    self.story.kills["reaped"] += "is now Crashed" in line
                    self.story.report(f"reaped: {line}")

    # What is true in the end

    def rows(self, question: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.database, connect_timeout=10) as connection:
            return connection.execute(question).fetchall()

    def wait_until_done(self, timeout: float) -> float:
        """Seconds until every page is judged up to its newest revision and every message sent; at most `patience`."""
        begun = time.monotonic()
        wait_until(self.is_done, timeout)
        return time.monotonic() - begun

    def is_done(self) -> bool:
        with suppress(psycopg.Error):
            return self.behind() == 0 and self.rows(UNDONE) == [(0,)]
        return False

    def behind(self) -> int:
        """Pages whose cursor is not the wiki's newest revision."""
        cursors = dict(self.rows("SELECT page_id, cursor FROM article"))
        with self.wiki.store.lock:
            newest = {leaf.id: leaf.latest.id for leaf in self.wiki.store.by_id.values()}
        return sum(cursors.get(number) != latest for number, latest in newest.items())


def promises(chaos: Chaos) -> list[tuple[str, object, bool]]:
    """Return what was promised, what was found, and whether they agree."""
    with chaos.wiki.store.lock:
        made = [saved.id for leaf in chaos.wiki.store.by_id.values() for saved in leaf.revisions]
    stored = Counter(int(str(row[0])) for row in chaos.rows("SELECT revision_id FROM revision"))
    missing, twice = set(made) - stored.keys(), [number for number, count in stored.items() if count > 1]
    steps = chaos.rows(
        "SELECT c.article_id, b.revision_id, a.revision_id FROM comparison c JOIN revision b ON b.id = c.before_id "
        "JOIN revision a ON a.id = c.after_id ORDER BY c.article_id, c.id"
    )
    broken = sum(item[0] == two[0] and item[2] != two[1] for item, two in itertools.pairwise(steps))
    states = Counter(str(row[0]) for row in chaos.rows("SELECT state FROM delivery"))
    own = "SELECT DISTINCT coalesce(nullif(batch, ''), key) FROM delivery WHERE state = 'sent'"
    sent = {str(row[0]) for row in chaos.rows(own)}
    letters = Counter(str(letter.header("X-Idempotency-Key")) for letter in chaos.receiver.accepted)
    unreported = chaos.rows(
        "SELECT count(*) FROM comparison c WHERE worst >= 3 AND NOT EXISTS (SELECT 1 FROM alert a "
        "WHERE a.comparison_id = c.id)"
    )
    moves = dict(chaos.rows("SELECT kind, count(*) FROM event WHERE event_group = 'left' GROUP BY kind"))
    members = chaos.rows("SELECT count(*), count(*) FILTER (WHERE active) FROM member")[0]
    tracked = chaos.rows("SELECT count(*) FROM article WHERE lease_owner IS NOT NULL AND lease_until > now()")
    return [
        ("revisions made, each stored", f"{len(made)}, {len(made) - len(missing)}", not missing),
        ("revisions stored twice", len(twice), not twice),
        ("pages behind the wiki", chaos.behind(), chaos.behind() == 0),
        ("comparisons, gaps or overlaps between them", f"{len(steps)}, {broken}", broken == 0 and len(steps) > 0),
        ("comparisons worth an alert that have none", unreported[0][0], unreported == [(0,)]),
        ("alerts by state", dict(states), set(states) <= {"sent", "replaced"} and states["sent"] > 0),
        ("messages, some of several alerts", len(sent), 0 < len(sent) <= states["sent"]),
        ("messages sent that did not arrive", len(sent - letters.keys()), not sent - letters.keys()),
        ("messages that nobody queued", len(letters.keys() - sent), not letters.keys() - sent),
        ("messages that arrived twice, with the same key", sum(count > 1 for count in letters.values()), True),
        (
            "members that left the list, and that came back",
            moves,
            moves.get("left") == moves.get("returned") and (bool(moves) or chaos.seconds < LONG),
        ),
        ("members of the list in the end", members[1], members == ((chaos.pages + 1) // 2,) * 2),
        ("leases left", tracked[0][0], tracked == [(0,)]),
        ("requests to the wiki at once, at most", chaos.wiki.most_at_once, chaos.wiki.most_at_once <= 2),
    ]


def runs_of_prefect(chaos: Chaos, prefect: str) -> list[tuple[str, object, bool]]:
    """How Prefect's runs ended, and which did not."""
    with psycopg.connect(prefect, connect_timeout=10) as connection:
        states = dict(connection.execute("SELECT state_type::text, count(*) FROM flow_run GROUP BY 1").fetchall())
        stuck = connection.execute(
            "SELECT count(*) FROM flow_run WHERE state_type IN ('RUNNING', 'PENDING') "
            "AND state_timestamp < now() - interval '3 minutes'"
        ).fetchone()
    ended = {name: count for name, count in sorted(states.items()) if name != "SCHEDULED"}
    return [
        ("Prefect's runs by state", ended, True),
        ("of them marked by `watcher reap`", chaos.story.kills["reaped"], True),
        ("runs stuck in Running or Pending", stuck[0] if stuck else "?", stuck == (0,)),
    ]


def lags(chaos: Chaos) -> str:
    """Seconds from an edit to its judgement."""
    result = chaos.rows(
        "SELECT round(extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY c.at - r.at))), "
        "round(extract(epoch FROM percentile_cont(0.95) WITHIN GROUP (ORDER BY c.at - r.at))), "
        "round(extract(epoch FROM max(c.at - r.at))) FROM comparison c JOIN revision r ON r.id = c.after_id"
    )
    return " / ".join(str(value) for value in result[0])


@contextmanager
def built(pages: int, seconds: float) -> Iterator[tuple[Chaos, str]]:
    """Set up the parts of the run, and remove them afterwards."""
    binaries = newest_binaries()
    if binaries is None:
        sys.exit("no PostgreSQL: run tests/postgres_install.sh")
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="watcher-chaos-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        rows = Path(tempfile.mkdtemp(prefix="watcher-postgres-"))
        stack.callback(shutil.rmtree, rows, ignore_errors=True)
        postgres = Server(binaries, rows)
        postgres.start()
        stack.callback(postgres.stop)
        for name in ("watcher", "prefect"):
            Cluster(url=postgres.url).run(f"CREATE DATABASE {name}")
        plain = postgres.url.replace("+psycopg", "")
        store = WikiStore(now=clock)
        store.sow(pages, lambda number: text_of(str(number), 20), at=datetime(2026, 1, 1, tzinfo=UTC))
        wiki, receiver = stack.enter_context(FakeWikiServer(store)), stack.enter_context(WebhookReceiver())
        site = Site(
            folder,
            prefect_database=plain.replace("postgresql:", "postgresql+asyncpg:").replace("/postgres", "/prefect"),
            watcher_database=postgres.url.replace("/postgres", "/watcher"),
        )
        for program in site.programs:
            stack.callback(program.stop)
        yield (
            Chaos(
                site=site,
                postgres=postgres,
                wiki=wiki,
                receiver=receiver,
                database=plain.replace("/postgres", "/watcher"),
                pages=pages,
                seconds=seconds,
                story=Story(),
            ),
            plain.replace("/postgres", "/prefect"),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600.0, help="how long things go wrong")
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--patience", type=float, default=240.0, help="seconds for making up afterwards")
    settings = parser.parse_args()
    silence = 100 if settings.seconds >= LONG else 45
    with built(settings.pages, settings.seconds) as (chaos, prefect):
        chaos.set_up()
        editors, ended = Editors(chaos.wiki.store, settings.pages, pause=0.66), threading.Event()
        reaper = threading.Thread(target=chaos.reap_for_ever, args=(ended, silence), daemon=True)
        reviver = threading.Thread(target=chaos.revive_for_ever, args=(ended,), daemon=True)
        for thread in (editors, reaper, reviver):
            thread.start()
        chaos.go_wrong()
        editors.ended.set()
        editors.join()
        chaos.story.report(f"nothing goes wrong any more, nobody edits: {chaos.behind()} pages are behind")
        waited = chaos.wait_until_done(settings.patience)
        ended.set()
        reaper.join()
        reviver.join()
        result = promises(chaos)
        result += runs_of_prefect(chaos, prefect)
        chaos.story.report(f"all made up {waited:.0f} s after the end; load {os.getloadavg()[0]:.1f}")
        actions = {name: count for name, count in chaos.story.kills.items() if name != "reaped"}
        print(
            f"\n{editors.edits} edits of {settings.pages} pages in {settings.seconds:.0f} s; what went wrong: {actions}"
        )
        print(f"seconds from edit to judgement, median / 95 % / longest: {lags(chaos)}\n")
        for promise, value, kept in result:
            print(f"{'✓' if kept else '✗'} {promise:52} {value}")
    sys.exit(0 if all(kept for _, _, kept in result) else 1)


if __name__ == "__main__":
    main()
