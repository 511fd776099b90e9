"""Build records for tests: only what matters to a test is named."""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, event

from snapshots import Archive, CheckResult, ClaimedMessage, NewDelivery, OutgoingAlert, outbox
from snapshots.backup import write_backup
from watcher.model import (
    Alert,
    Article,
    Change,
    Comparison,
    Finding,
    Kind,
    Location,
    Notice,
    Reason,
    Revision,
    Section,
    Severity,
    Snapshot,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PAGE = Article(wiki="en", page_id=17, title="Lighthouses")


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def a_revision(number: int, *, article: Article = PAGE, **fields: object) -> Revision:
    """Revision `number`, a minute after the one before."""
    base = {
        "parent_id": number - 1,
        "at": NOW + timedelta(minutes=number % 100_000),
        "editor": "Ada",
        "comment": f"edit {number}",
    }
    return Revision(article=article, id=number, **(base | fields))


def a_snapshot(number: int, text: str | None = None, *, article: Article = PAGE, **fields: object) -> Snapshot:
    wikitext = f"The {number} lamps of the coast." if text is None else text
    return Snapshot(revision=a_revision(number, article=article, **fields), wikitext=wikitext)


def a_hidden_snapshot(number: int) -> Snapshot:
    return Snapshot(revision=a_revision(number, text_hidden=True, editor=None, comment=None), wikitext=None)


def enqueue(archive: Archive, alert: Alert, deliveries: Sequence[NewDelivery], now: datetime = NOW) -> None:
    """Queue an alert that belongs to no comparison."""
    with archive.database.write() as session:
        outbox.queue(session, OutgoingAlert(alert=alert, deliveries=tuple(deliveries)), now)


def claim_all(archive: Archive, now: datetime, **lease: Any) -> tuple[ClaimedMessage, ...]:
    """Claim the next message of each destination."""
    return (*iter(lambda: archive.outbox.claim(now, **({"owner": "one"} | lease)), None),)


def deliver_all(archive: Archive, now: datetime) -> None:
    """Claim and send all messages that are due."""
    while message := archive.outbox.claim(now, owner="one"):
        archive.outbox.mark_sent(message, now)


def a_finding(summary: str = "a section is new", severity: Severity = Severity.HIGH) -> Finding:
    section = Section(path=("Coast", "North"), level=3)
    change = Change(kind=Kind.SECTION_ADDED, old=None, new=section, location=Location(section=("Coast", "North")))
    return Finding(
        rule="section_added",
        severity=severity,
        change=change,
        reasons=(Reason(code="section-added", text="it was not there before"),),
        summary=summary,
    )


def an_alert(number: int, *, article: Article = PAGE, key: str | None = None) -> Alert:
    notice = Notice(kind=Kind.SECTION_ADDED, severity=Severity.HIGH, section=("Coast",), summary="a section is new")
    return Alert(
        key=key or f"alert-{article.page_id}-{number}",
        article=article,
        before=a_revision(number - 1, article=article),
        after=a_revision(number, article=article),
        notices=(notice,),
        diff_url=f"https://wiki.example/?diff={number}",
    )


def new_deliveries(
    number: int, destinations: tuple[str, ...] = ("mail", "chat"), *, page_id: int = 17
) -> tuple[NewDelivery, ...]:
    return tuple(
        NewDelivery(destination=name, key=f"{page_id}:{number}:{name}", not_before=NOW) for name in destinations
    )


def a_check(number: int, *, article: Article = PAGE, first: int = 1) -> CheckResult:
    """The check that finds revision `number`; `first` is the baseline."""
    snapshots = (a_snapshot(number, article=article),)
    baseline = CheckResult(article=article, before=None, after=snapshots[0].revision, now=NOW, snapshots=snapshots)
    if number == first:
        return baseline
    before, findings = a_revision(number - 1, article=article), (a_finding(), a_finding("another"))
    deliveries = new_deliveries(number, page_id=article.page_id)
    return replace(
        baseline,
        before=before,
        comparison=Comparison(findings=findings, article=article, before=before, after=baseline.after),
        alerts=(OutgoingAlert(alert=an_alert(number, article=article), deliveries=deliveries),),
        parser="7",
        rules="3",
    )


def checked_up_to(archive: Archive, number: int, *, article: Article = PAGE) -> None:
    """Register the page and commit the checks of revisions 1 … number."""
    archive.articles.register(article, NOW)
    for item in range(1, number + 1):
        assert archive.comparisons.commit(a_check(item, article=article)) is not None


@contextmanager
def each_statement(seen: Callable[[Connection, str, Any], object]) -> Iterator[None]:
    """Show each statement with its connection and parameters before it is executed."""

    def listen(connection: Connection, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        seen(connection, statement, parameters)

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", listen)


def backup(archive: Archive) -> io.BytesIO:
    """A backup of it, ready to be read."""
    file = io.BytesIO()
    write_backup(archive, file, NOW)
    file.seek(0)
    return file
