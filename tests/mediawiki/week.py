"""Play a week of edits on a real MediaWiki and compare the alerts about each edit with the expected ones.

`python -m tests.mediawiki.week` prints the ledger; `week.toml` has the pages and the edits. The clock of the wiki
and of the checks is that of the file.
"""

import re
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tests.mediawiki.wiki import ACCOUNTS, RealWiki, Session
from watcher.model import Alert, AlertTopic, Notice, OperatorEvent, Severity
from watcher.services.alerting.delivery import deliver
from watcher.services.alerting.operator_alerts import queue_operator_alerts
from watcher.services.checks.check import check
from watcher.services.checks.page_lists import refresh_lists
from watcher.services.context import AppContext
from watcher.services.operations.startup import open_context

SCRIPT: Final = Path(__file__).with_suffix(".toml")
_PAUSE: Final = timedelta(minutes=15)  # between two checks
_CHECKS_AFTER: Final = 3  # an edit has settled by the second one
_LEFT: Final = frozenset({OperatorEvent.LIST_LEFT})
_JOINED: Final = frozenset({OperatorEvent.LIST_JOINED, OperatorEvent.LIST_RETURNED})


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekEdit:
    """An edit of the script; `change` is what it does to the page."""

    page: str
    at: datetime
    by: str
    do: str
    want: str
    contains: str
    comment: str
    change: dict[str, Any]

    def text_after(self, texts: Sequence[str]) -> str:
        """Return the page's text after the edit; `texts` are those before, oldest first. ValueError for a mistake."""
        text = texts[-1]
        if "restore" in self.change:
            return texts[-1 - int(self.change["restore"])]
        if "text" in self.change:
            return str(self.change["text"])
        if "append" in self.change:
            return f"{text.rstrip()}\n{self.change['append']}\n"
        for old, new in self.change.get("replace", ()):
            if text.count(old) != 1:
                raise ValueError(f"{self.page} at {self.at}: {old!r} stands there {text.count(old)} times")
            text = text.replace(old, new)
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekPage:
    """A page of the script; `settings` are those of its watch."""

    title: str
    text: str
    category: str
    settings: dict[str, Any]
    edits: tuple[WeekEdit, ...]


@dataclass(slots=True, kw_only=True)
class LedgerRow:
    """An edit with its revision, the number of its findings at the threshold, and what was sent about it.

    `events` are those of a page or a list of which a message tells, `named` the editors that the messages name.
    """

    edit: WeekEdit
    revision: int = 0
    findings: int = 0
    events: frozenset[OperatorEvent] = frozenset()
    sent: list[tuple[AlertTopic, Notice]] = field(default_factory=list)
    named: set[str] = field(default_factory=set)

    @property
    def is_alerted(self) -> bool:
        """Whether the change was reported, at least as medium."""
        return any(
            topic is not AlertTopic.RESOLVED
            and notice.severity >= Severity.MEDIUM
            and self.edit.contains in _words(notice)
            for topic, notice in self.sent
        )

    @property
    def is_resolved(self) -> bool:
        """Whether it was reported as ending an alert."""
        return any(topic is AlertTopic.RESOLVED for topic, _ in self.sent)

    @property
    def is_right(self) -> bool:
        """Whether the edit was reported as expected."""
        return {
            "alert": self.is_alerted,
            "notice": bool(self.sent),
            "resolution": self.is_resolved and not self.is_alerted,
            "silence": not self.sent,
        }[self.edit.want]

    @property
    def is_lost(self) -> bool:
        """Whether nothing was sent about an event, or about a finding that reaches the threshold."""
        return not self.sent and bool(self.findings or self.events)

    @property
    def is_doubled(self) -> bool:
        """Whether it was reported twice."""
        texts = Counter((topic is AlertTopic.RESOLVED, notice.summary) for topic, notice in self.sent)
        return any(count > 1 for count in texts.values())

    @property
    def has_wrong_editor(self) -> bool:
        """Whether it was attributed to somebody else."""
        return bool(self.named - {self.edit.by})

    @property
    def line(self) -> str:
        """The row as it is printed."""
        text = "; ".join(
            f"{'resolved' if topic is AlertTopic.RESOLVED else notice.severity.label}: {notice.summary}"
            for topic, notice in self.sent
        )
        faults = (("WRONG EDITOR", self.has_wrong_editor), ("LOST", self.is_lost), ("DOUBLED", self.is_doubled))
        marks = " ".join(mark for mark, holds in (("wrong", not self.is_right), *faults) if holds)
        edit = self.edit
        what = f"{edit.at:%a %H:%M} {edit.page}: {edit.do} by {edit.by}"
        return f"{what}: wanted {edit.want}, told {text or 'nothing'}: {marks or 'right'}"


def _words(notice: Notice) -> str:
    return " ".join(filter(None, (notice.summary, notice.old_text, notice.new_text)))


def read_script(path: Path = SCRIPT) -> tuple[WeekPage, ...]:
    """Read the pages with their edits."""
    pages = []
    for page in tomllib.loads(path.read_text(encoding="utf-8"))["page"]:
        edits = tuple(
            WeekEdit(
                page=page["title"],
                at=edit["at"],
                by=edit["by"],
                do=edit["do"],
                want=edit["want"],
                contains=edit.get("contains", ""),
                comment=edit.get("comment", ""),
                change={key: edit[key] for key in ("replace", "restore", "append", "text", "move") if key in edit},
            )
            for edit in page["edits"]
        )
        settings = {key: page[key] for key in ("trusted", "routine") if key in page}
        pages.append(
            WeekPage(
                title=page["title"],
                text=page["text"],
                category=page.get("category", ""),
                settings=settings,
                edits=edits,
            )
        )
    return tuple(pages)


class Week:
    """A week on a wiki with its watchlist in a folder."""

    def __init__(self, wiki: RealWiki, folder: Path, pages: Sequence[WeekPage]) -> None:
        self.wiki, self.path, self.pages = wiki, folder / "watchlist.toml", pages
        self.rows = [LedgerRow(edit=edit) for page in pages for edit in page.edits]
        self.rows.sort(key=lambda row: row.edit.at)
        self.time = self.rows[0].edit.at - timedelta(hours=1)
        self._titles = {page.title: page.title for page in pages}
        self._texts = {page.title: [page.text] for page in pages}
        self._sessions: dict[str, Session] = {}

    def play(self, progress: Callable[[str], None] = lambda _: None) -> list[LedgerRow]:
        """Make all edits with the checks between them; returns the ledger."""
        self._write_watchlist()
        for name in ACCOUNTS:
            self.wiki.describe_account(name, "20150101000000", 3 if name == "Newcomer" else 500)
            self._sessions[name] = self.wiki.session(name)
            assert self._sessions[name].token
        try:
            self._set_time(self.time)
            for page in self.pages:
                self._sessions["Admin"].edit(page.title, page.text)
            self._run_jobs()
            self._check(self.time)
            waiting = self.rows[:]
            for tick in self._ticks():
                while waiting and waiting[0].edit.at <= tick:
                    self._make(waiting.pop(0))
                self._check(tick)
                progress(f"{tick:%a %H:%M}")
        finally:
            for session in self._sessions.values():
                session.__exit__()
        return self.rows

    def _ticks(self) -> Iterator[datetime]:
        """Yield the times of the checks that find something to do."""
        begin = self.time
        ticks = {
            begin + _PAUSE * (-((begin - row.edit.at) // _PAUSE) + number)
            for row in self.rows
            for number in range(_CHECKS_AFTER)
        }
        yield from sorted(ticks)

    def _write_watchlist(self) -> None:
        watches = []
        # Pages of one category are one watch.
        for page in {page.category or page.title: page for page in self.pages}.values():
            named = f'category = "{page.category}"\nrefresh = "15m"' if page.category else f'title = "{page.title}"'
            settings = "".join(f"{key} = {value}\n" for key, value in page.settings.items())
            watches.append(f"\n[[watch]]\n{named}\n{settings}")
        self.path.write_text(
            '[watcher]\ncontact = "mailto:tests@example.org"\nallowed_hosts = ["127.0.0.1"]\ngroup_by = []\n'
            f'[[wiki]]\nname = "real"\napi = "{self.wiki.api_url}"\n{"".join(watches)}\n'
            '[[destination]]\nname = "inbox"\nurl = "json://127.0.0.1:9/"\n',
            encoding="utf-8",
        )

    def _set_time(self, at: datetime) -> None:
        self.time = at
        self.wiki.switches(time=f"{at.astimezone(UTC):%Y%m%d%H%M%S}")

    def _run_jobs(self) -> None:
        self.wiki.maintain("runJobs", "--quiet")

    def _make(self, row: LedgerRow) -> None:
        edit, session = row.edit, self._sessions[row.edit.by]
        self._set_time(edit.at)
        title, texts = self._titles[edit.page], self._texts[edit.page]
        if target := edit.change.get("move"):
            session.move(title, target)
            self._titles[edit.page] = target
            texts.append(texts[-1])
            row.events = frozenset({OperatorEvent.PAGE_MOVED})
            return
        text = edit.text_after(texts)
        row.revision = session.edit(title, text, edit.comment)
        assert row.revision, f"{edit.page} at {edit.at}: nothing was changed"
        was_member, is_member = ("[[Category:" in each for each in (texts[-1], text))
        texts.append(text)
        if was_member is not is_member:
            row.events = _JOINED if is_member else _LEFT
            self._run_jobs()

    def _check(self, at: datetime) -> None:
        self._set_time(at)
        with open_context(self.path, {}, now=lambda: self.time, sleep=lambda _: None, attempts=1) as services:
            refresh_lists(services)
            for outcome in check(services, [watch for batch in services.index.batches() for watch in batch]):
                if outcome.failed:
                    raise RuntimeError(outcome.text) from outcome.error
                for finding in outcome.comparison.at_least(outcome.watch.threshold) if outcome.comparison else ():
                    for row in self._made_by([edit.id for edit in finding.edits]) if not finding.filtered else ():
                        row.findings += 1
            queue_operator_alerts(services)
            self._deliver(services)

    def _deliver(self, services: AppContext) -> None:
        deliver(
            services.archive.outbox,
            services.watchlist.destinations,
            now=lambda: self.time,
            owner="week",
            send=self._record_all,
        )

    def _record_all(self, alerts: Sequence[Alert], *_: object, **__: object) -> None:
        for alert in alerts:
            self._record(alert)

    def _record(self, alert: Alert) -> None:
        for notice in alert.notices:
            for row in self._about(alert, notice):
                row.sent.append((alert.topic, notice))
                named = {edit.editor or "" for edit in notice.edits} or set(
                    re.findall(r"\bby ([A-Z][\w ]*)", notice.summary)
                )
                # If a finding is attributed to several edits, any of them may be the right one.
                row.named |= named if row.edit.by not in named else {row.edit.by}

    def _about(self, alert: Alert, notice: Notice) -> Iterator[LedgerRow]:
        """Yield the edits that a notice is about: those that it names, or the last one that made such an event."""
        if isinstance(notice.kind, OperatorEvent):
            titles = {alert.article.title, *notice.section}
            made = [row for row in self.rows if row.edit.at <= self.time and notice.kind in row.events]
            yield from [row for row in made if {row.edit.page, row.edit.change.get("move")} & titles][-1:]
            return
        yield from self._made_by([edit.id for edit in notice.edits] or [alert.after.id])

    def _made_by(self, revisions: Sequence[int]) -> list[LedgerRow]:
        """Return the row of the newest of some edits, which completed what they changed together."""
        return [row for row in self.rows if row.revision and row.revision == max(revisions, default=0)]


def totals(rows: Sequence[LedgerRow]) -> dict[str, tuple[int, int]]:
    """Count the correct results by expected result, and the edits with each kind of fault."""
    counts = {}
    for want, name in (
        ("alert", "alerts"),
        ("notice", "notices"),
        ("silence", "silences"),
        ("resolution", "resolutions"),
    ):
        chosen = [row for row in rows if row.edit.want == want]
        counts[f"{name} right"] = sum(row.is_right for row in chosen), len(chosen)
    for name, holds in (
        ("lost", [row.is_lost for row in rows]),
        ("doubled", [row.is_doubled for row in rows]),
        ("wrong editor", [row.has_wrong_editor for row in rows]),
    ):
        counts[name] = sum(holds), len(rows)
    return counts


def main() -> int:
    """Play the week, print its ledger and the totals; return the number of edits reported wrongly."""
    if reason := RealWiki.missing():
        print(reason, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder, RealWiki(Path(folder) / "wiki") as wiki:
        rows = Week(wiki, Path(folder), read_script()).play(lambda tick: print(tick, file=sys.stderr))
    for row in rows:
        print(row.line)
    print()
    for name, (count, among) in totals(rows).items():
        print(f"{name}: {count} of {among}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
