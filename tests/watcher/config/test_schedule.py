"""Test when messages are due: daily digests, quiet hours, and changes of clocks."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tests.cases import for_each
from watcher.config import Destination, after_quiet_hours, delivery_time
from watcher.config.schedule import Digest, QuietHours, digest, next_digest, quiet, timezone
from watcher.config.validators import Secret
from watcher.model import Alert, Article, Kind, Notice, Revision, Severity

ARTICLE = Article(wiki="w", page_id=7, title="Tide")
BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def an_alert(severity: Severity) -> Alert:
    revision = Revision(article=ARTICLE, id=1, parent_id=0, at=at("2026-01-01T00:00"), editor="Marian", comment=None)
    notice = Notice(kind=Kind.STATISTIC_CHANGED, severity=severity, section=(), summary="1 → 2 wells")
    return Alert(key="a", article=ARTICLE, before=revision, after=revision, notices=(notice,), diff_url="")


@for_each(("setting", "zone", "now", "sent"))
def test_a_digest_is_sent_at_its_next_local_time(setting: str, zone: str, now: str, sent: str):
    assert next_digest(digest(setting), zone, at(now)) == at(sent)


@pytest.mark.parametrize(
    ("clock", "day", "times"),
    [
        # 29 March 2026: 02:00 becomes 03:00 in Berlin; 25 October: 03:00 becomes 02:00
        ("02:30", "2026-03-28", ["2026-03-28T01:30", "2026-03-29T01:30", "2026-03-30T00:30", "2026-03-31T00:30"]),
        ("02:30", "2026-10-24", ["2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30", "2026-10-27T01:30"]),
        ("08:00", "2026-03-28", ["2026-03-28T07:00", "2026-03-29T06:00", "2026-03-30T06:00", "2026-03-31T06:00"]),
    ],
)
def test_a_change_of_clocks_neither_drops_nor_doubles_a_digest(clock: str, day: str, times: list[str]):
    now, sent = at(f"{day}T00:00"), []
    for _ in times:
        now = next_digest(digest(f"daily {clock}"), BERLIN, now)
        sent.append(now)
    assert sent == [at(timestamp) for timestamp in times]


@pytest.mark.parametrize("zone", [BERLIN, "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"])
def test_every_day_of_a_year_has_one_digest(zone: str):
    now, last = at("2026-01-01T00:00"), at("2027-01-01T00:00")
    days = []
    while (now := next_digest(digest("daily 02:15"), zone, now)) < last:
        days.append(now)
    assert len(days) == 365
    gaps = {later - earlier for earlier, later in pairwise(days)}
    assert min(gaps) >= timedelta(hours=23)
    assert max(gaps) <= timedelta(hours=25)


@for_each(("hours", "now", "sent"))
def test_quiet_hours_put_off_to_their_end(hours: str, now: str, sent: str):
    assert after_quiet_hours(quiet(hours), BERLIN, at(now)) == at(sent)


def test_without_quiet_hours_nothing_is_put_off():
    assert after_quiet_hours(None, BERLIN, at("2026-01-05T03:00")) == at("2026-01-05T03:00")


NIGHT = at("2026-03-04T03:00")
DESTINATION = Destination(name="a", url=Secret("json://a"))
DAILY = DESTINATION.model_copy(update={"digest": Digest(at=at("2026-01-01T08:00").time())})
SLEEPER = DESTINATION.model_copy(
    update={"quiet": QuietHours(start=at("2026-01-01T22:00").time(), end=at("2026-01-01T07:00").time())}
)


@for_each(
    ("destination", "severity", "due", "in_digest"),
    [
        (DESTINATION, Severity.LOW, "2026-03-04T03:00", False),
        (DAILY, Severity.CRITICAL, "2026-03-04T08:00", True),
        (DAILY.model_copy(update={"critical_bypass": True}), Severity.HIGH, "2026-03-04T08:00", True),
        (DAILY.model_copy(update={"critical_bypass": True}), Severity.CRITICAL, "2026-03-04T03:00", False),
        (SLEEPER, Severity.CRITICAL, "2026-03-04T07:00", False),
        (SLEEPER.model_copy(update={"critical_bypass": True}), Severity.CRITICAL, "2026-03-04T03:00", False),
    ],
)
def test_an_alert_is_due_when_its_destination_wants_it(
    destination: Destination, severity: Severity, due: str, *, in_digest: bool
):
    assert delivery_time(destination, an_alert(severity), NIGHT) == (at(due), in_digest)


@for_each(
    "setting", ["", "08:00", "daily", "daily 8:00", "daily 24:00", "weekly 08:00", "weekly xx 08:00", "hourly", 8, None]
)
def test_what_is_no_digest_is_named(setting: object):
    with pytest.raises(ValueError, match='write "daily 08:00"'):
        digest(setting)


@for_each("setting", ["", "22:00", "22-07", "22:00-25:00", "07:00-07:00", 7, None])
def test_what_is_no_stretch_of_hours_is_named(setting: object):
    with pytest.raises(ValueError, match="22:00-07:00"):
        quiet(setting)


@for_each("zone", ["", "Mars/Olympus", "../etc/passwd", "/etc/localtime", 1, None, "Europe/"])
def test_what_is_no_time_zone_is_named(zone: object):
    with pytest.raises(ValueError, match="is no time zone"):
        timezone(zone)


def test_a_time_zone_is_kept_by_its_name():
    assert timezone(BERLIN) == BERLIN
